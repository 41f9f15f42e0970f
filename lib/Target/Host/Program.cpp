//===- Program.cpp - Encoded programs of the host -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Host/Program.h"

#include "garam/Target/ProgramFields.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace garam::host {

static constexpr uint32_t magic = 0x54534847; // "GHST" in memory
static constexpr uint16_t majorVersion = 2;
static constexpr uint16_t minorVersion = 0;

std::string getKernelSymbol(unsigned kernel) {
  return ("garam_kernel_" + Twine(kernel)).str();
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

static bool isWritable(MemoryRole role) {
  return role == MemoryRole::Output || role == MemoryRole::Scratch ||
         role == MemoryRole::State;
}

static Error verifyArgument(const Program &program, const Argument &argument,
                            const Twine &where) {
  if (argument.segment >= program.segments.size())
    return createStringError(where + " uses segment " +
                             Twine(argument.segment) + " of " +
                             Twine(program.segments.size()));
  const DeviceSegment &segment = program.segments[argument.segment];
  if (argument.offset > segment.size ||
      argument.size > segment.size - argument.offset)
    return createStringError(where + " uses " + Twine(argument.size) +
                             " bytes at " + Twine(argument.offset) +
                             " of segment '" + segment.name + "', which has " +
                             Twine(segment.size));
  if (argument.isWritten && !isWritable(segment.role))
    return createStringError(where + " writes segment '" + segment.name +
                             "', which is only to be read");
  return Error::success();
}

Error verify(const Program &program) {
  for (const auto &[number, kernel] : enumerate(program.kernels))
    if (kernel.parts == 0)
      return createStringError("kernel " + Twine(number) + " has no parts");
  for (const auto &[number, step] : enumerate(program.steps)) {
    if (step.kernel >= program.kernels.size())
      return createStringError("step " + Twine(number) + " calls kernel " +
                               Twine(step.kernel) + " of " +
                               Twine(program.kernels.size()));
    for (const Argument &argument : step.arguments)
      if (Error error =
              verifyArgument(program, argument, "step " + Twine(number)))
        return error;
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

/// The order of all fields, for an IO of ProgramFields.h.
template <typename IO, typename P>
static void visitFields(IO &io, P &program) {
  io.constant("magic", magic);
  io.constant("major_version", majorVersion);
  uint16_t readableVersion = minorVersion; // whatever its number
  io.number("minor_version", readableVersion);
  io.text("processor", program.processor);
  io.list("features", program.features,
          [&](auto &feature) { io.text("feature", feature); });
  visitSegments(io, program.segments);
  io.list("kernels", program.kernels, [&](auto &kernel) {
    io.number("parts", kernel.parts);
    io.number("workspace_bytes", kernel.workspaceBytes);
  });
  io.list("steps", program.steps, [&](auto &step) {
    io.number("kernel", step.kernel);
    io.number("operations", step.work.operations);
    io.number("functions", step.work.functions);
    io.number("macs", step.work.macs);
    io.number("read_bytes", step.work.readBytes);
    io.number("written_bytes", step.work.writtenBytes);
    io.list("arguments", step.arguments, [&](auto &argument) {
      io.number("segment", argument.segment);
      io.number("offset", argument.offset);
      io.number("size", argument.size);
      io.number("is_written", argument.isWritten);
    });
  });
  io.data("object", program.object);
}

Expected<std::vector<uint8_t>> encode(const Program &program) {
  if (Error error = verify(program))
    return std::move(error);
  FieldWriter writer(/*unit=*/1);
  visitFields(writer, program);
  return writer.takeBytes();
}

Expected<Program> decode(ArrayRef<uint8_t> bytes) {
  FieldReader reader(bytes, /*unit=*/1);
  Program program;
  visitFields(reader, program);
  if (Error error = reader.finish())
    return std::move(error);
  if (Error error = verify(program))
    return std::move(error);
  return program;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

void print(const Program &program, raw_ostream &os) {
  os << "processor ";
  os.write_escaped(program.processor) << "\nfeatures ";
  os.write_escaped(join(program.features, " ")) << '\n';
  for (const auto &[number, segment] : enumerate(program.segments)) {
    os << "segment " << number << " " << getName(segment.role) << " "
       << segment.size << " '";
    os.write_escaped(segment.name) << "'\n";
  }
  os << "object " << program.object.size() << " bytes\n";
  for (const auto &[number, kernel] : enumerate(program.kernels))
    os << getKernelSymbol(number) << ": parts " << kernel.parts << " workspace "
       << kernel.workspaceBytes << "\n";
  for (const auto &[number, step] : enumerate(program.steps)) {
    os << "step " << number << ": " << getKernelSymbol(step.kernel) << "(";
    interleaveComma(step.arguments, os, [&](const Argument &argument) {
      os << (argument.isWritten ? "write " : "read ") << argument.segment << "["
         << argument.offset << " +" << argument.size << "]";
    });
    const Work &work = step.work;
    os << ") operations " << work.operations << " functions " << work.functions
       << " macs " << work.macs << " read " << work.readBytes << " written "
       << work.writtenBytes << "\n";
  }
}

} // namespace garam::host
