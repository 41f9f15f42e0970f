//===- Program.cpp - Encoded programs of the host -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Host/Program.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/DataExtractor.h"
#include "llvm/Support/EndianStream.h"

using namespace llvm;

namespace garam::host {

static constexpr uint32_t magic = 0x54534847; // "GHST" in memory
static constexpr uint16_t majorVersion = 1;
static constexpr uint16_t minorVersion = 0;

std::string getKernelSymbol(unsigned kernel) {
  return ("garam_kernel_" + Twine(kernel)).str();
}

SmallVector<int64_t, 4> getDenseStrides(const TensorType &type) {
  SmallVector<int64_t, 4> strides(type.shape.size());
  int64_t stride = getByteWidth(type.type);
  for (size_t dim = strides.size(); dim-- > 0; stride *= type.shape[dim])
    strides[dim] = stride;
  return strides;
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
  for (const auto &[number, step] : enumerate(program.steps)) {
    if (step.kernel >= program.numKernels)
      return createStringError("step " + Twine(number) + " calls kernel " +
                               Twine(step.kernel) + " of " +
                               Twine(program.numKernels));
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

namespace {

class ProgramWriter {
public:
  explicit ProgramWriter(SmallVectorImpl<char> &bytes)
      : stream(bytes), writer(stream, endianness::little) {}

  void write(const Program &program);

private:
  void text(StringRef text) {
    writer.write<uint32_t>(text.size());
    stream << text;
  }

  raw_svector_ostream stream;
  support::endian::Writer writer;
};

} // namespace

void ProgramWriter::write(const Program &program) {
  writer.write(magic);
  writer.write(majorVersion);
  writer.write(minorVersion);
  text(program.processor);
  writer.write<uint32_t>(program.features.size());
  for (const std::string &feature : program.features)
    text(feature);
  writer.write<uint32_t>(program.segments.size());
  for (const DeviceSegment &segment : program.segments) {
    writer.write<uint8_t>(static_cast<uint8_t>(segment.role));
    writer.write<uint64_t>(segment.size);
    text(segment.name);
  }
  writer.write<uint32_t>(program.numKernels);
  writer.write<uint32_t>(program.steps.size());
  for (const Step &step : program.steps) {
    writer.write<uint32_t>(step.kernel);
    for (uint64_t count :
         {step.work.operations, step.work.functions, step.work.macs,
          step.work.readBytes, step.work.writtenBytes})
      writer.write<uint64_t>(count);
    writer.write<uint32_t>(step.arguments.size());
    for (const Argument &argument : step.arguments) {
      writer.write<uint32_t>(argument.segment);
      writer.write<uint64_t>(argument.offset);
      writer.write<uint64_t>(argument.size);
      writer.write<uint8_t>(argument.isWritten);
    }
  }
  writer.write<uint64_t>(program.object.size());
  stream.write(reinterpret_cast<const char *>(program.object.data()),
               program.object.size());
}

Expected<std::vector<uint8_t>> encode(const Program &program) {
  if (Error error = verify(program))
    return std::move(error);
  SmallVector<char, 0> bytes;
  ProgramWriter(bytes).write(program);
  return std::vector<uint8_t>(bytes.begin(), bytes.end());
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

namespace {

class ProgramReader {
public:
  explicit ProgramReader(ArrayRef<uint8_t> bytes)
      : data(bytes, /*IsLittleEndian=*/true, /*AddressSize=*/8), cursor(0) {}
  ~ProgramReader() { consumeError(cursor.takeError()); }

  Expected<Program> read();

private:
  /// Every error but one of the bytes' end.
  Error fail(const Twine &message) {
    return createStringError("at byte " + Twine(cursor.tell()) + ": " +
                             message);
  }
  /// A count of things that take `bytes` at least; 0 where that is too many.
  uint64_t count(uint64_t count, uint64_t bytes);
  std::string text();
  Error readHeader(Program &program);
  Error readSegments(Program &program);
  Error readSteps(Program &program);

  DataExtractor data;
  DataExtractor::Cursor cursor;
  bool isTooLong = false;
};

} // namespace

uint64_t ProgramReader::count(uint64_t count, uint64_t bytes) {
  if (cursor && count <= (data.size() - cursor.tell()) / bytes)
    return count;
  isTooLong = true;
  return 0;
}

std::string ProgramReader::text() {
  uint64_t length = count(data.getU32(cursor), 1);
  return data.getBytes(cursor, length).str();
}

Error ProgramReader::readHeader(Program &program) {
  if (data.getU32(cursor) != magic)
    return fail("no program of a host");
  uint16_t major = data.getU16(cursor);
  data.getU16(cursor);
  if (major != majorVersion)
    return fail("version " + Twine(major) + " of a host program, needed " +
                Twine(majorVersion));
  program.processor = text();
  program.features.resize(count(data.getU32(cursor), sizeof(uint32_t)));
  for (std::string &feature : program.features)
    feature = text();
  return Error::success();
}

Error ProgramReader::readSegments(Program &program) {
  constexpr uint64_t leastBytes = 13; // role, size, length of the name
  program.segments.resize(count(data.getU32(cursor), leastBytes));
  for (DeviceSegment &segment : program.segments) {
    uint8_t role = data.getU8(cursor);
    if (role >= numMemoryRoles)
      return fail("role " + Twine(unsigned(role)) +
                  " of a segment, needed less than " + Twine(numMemoryRoles));
    segment.role = static_cast<MemoryRole>(role);
    segment.size = data.getU64(cursor);
    segment.name = text();
  }
  return Error::success();
}

Error ProgramReader::readSteps(Program &program) {
  constexpr uint64_t leastStepBytes = 48, argumentBytes = 21;
  program.numKernels = data.getU32(cursor);
  program.steps.resize(count(data.getU32(cursor), leastStepBytes));
  for (Step &step : program.steps) {
    step.kernel = data.getU32(cursor);
    for (uint64_t *number :
         {&step.work.operations, &step.work.functions, &step.work.macs,
          &step.work.readBytes, &step.work.writtenBytes})
      *number = data.getU64(cursor);
    step.arguments.resize(count(data.getU32(cursor), argumentBytes));
    for (Argument &argument : step.arguments) {
      argument.segment = data.getU32(cursor);
      argument.offset = data.getU64(cursor);
      argument.size = data.getU64(cursor);
      uint8_t isWritten = data.getU8(cursor);
      if (isWritten > 1)
        return fail("an argument that is neither read nor written");
      argument.isWritten = isWritten;
    }
  }
  return Error::success();
}

Expected<Program> ProgramReader::read() {
  Program program;
  for (auto part : {&ProgramReader::readHeader, &ProgramReader::readSegments,
                    &ProgramReader::readSteps})
    if (Error error = (this->*part)(program))
      return std::move(error);
  uint64_t size = count(data.getU64(cursor), 1);
  StringRef object = data.getBytes(cursor, size);
  if (Error error = cursor.takeError())
    return std::move(error);
  if (isTooLong)
    return createStringError("it ends before all that it counts");
  if (cursor.tell() != data.size())
    return fail("bytes behind the program's end");
  program.object.assign(object.bytes_begin(), object.bytes_end());
  return program;
}

Expected<Program> decode(ArrayRef<uint8_t> bytes) {
  Expected<Program> program = ProgramReader(bytes).read();
  if (!program)
    return program.takeError();
  if (Error error = verify(*program))
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
  os << "object " << program.object.size() << " bytes, " << program.numKernels
     << " kernels\n";
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
