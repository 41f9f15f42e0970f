//===- Program.h - Encoded programs of the host -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A program of the host is a list of steps, each the call of a native function
// (a kernel) on fixed parts of segments, and one relocatable ELF object with
// the kernels. The binary form is in docs/isa/host.md. Times come from the
// steps' work, so that a program can be timed without its object being looked
// at.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_HOST_PROGRAM_H
#define GARAM_TARGET_HOST_PROGRAM_H

#include "garam/Target/DeviceProgram.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace garam::host {

/// A part of a segment that a kernel gets the address of.
struct Argument {
  uint32_t segment = 0;
  uint64_t offset = 0, size = 0; // bytes
  bool isWritten = false;

  bool operator==(const Argument &other) const {
    return segment == other.segment && offset == other.offset &&
           size == other.size && isWritten == other.isWritten;
  }
};

/// What a step does, as the machine's time is counted.
struct Work {
  uint64_t operations = 0; // arithmetic; a multiply-accumulate is two
  uint64_t functions = 0;  // exponentials and the like
  uint64_t macs = 0;
  uint64_t readBytes = 0, writtenBytes = 0;

  bool operator==(const Work &other) const {
    return operations == other.operations && functions == other.functions &&
           macs == other.macs && readBytes == other.readBytes &&
           writtenBytes == other.writtenBytes;
  }
};

/// A function of the object.
struct Kernel {
  /// How often it is called for a step, at the same time if one likes: each
  /// call makes a part of the results.
  uint32_t parts = 1;
  /// Bytes of memory that a call has for itself.
  uint64_t workspaceBytes = 0;

  bool operator==(const Kernel &other) const {
    return parts == other.parts && workspaceBytes == other.workspaceBytes;
  }
};

/// The calls of a kernel.
struct Step {
  uint32_t kernel = 0;
  Work work;
  std::vector<Argument> arguments;

  bool operator==(const Step &other) const {
    return kernel == other.kernel && work == other.work &&
           arguments == other.arguments;
  }
};

struct Program {
  /// The processor that the object is for, as LLVM names it, and what it must
  /// have, as LLVM names its features.
  std::string processor;
  std::vector<std::string> features;
  std::vector<DeviceSegment> segments;
  std::vector<Kernel> kernels;
  std::vector<Step> steps;
  std::vector<uint8_t> object;
};

/// The symbol of a kernel in the object:
/// void (void *const *arguments, uint64_t part).
std::string getKernelSymbol(unsigned kernel);

/// Encodes a program that `verify` accepts.
llvm::Expected<std::vector<uint8_t>> encode(const Program &program);

/// Decodes what `encode` wrote; the bytes may come from a stranger. The object
/// is not looked at.
llvm::Expected<Program> decode(llvm::ArrayRef<uint8_t> bytes);

/// Kernels and segments exist, kernels have parts, arguments lie in their
/// segments, and only outputs, state and scratch memory are written.
llvm::Error verify(const Program &program);

/// Writes the program as text, one step a line.
void print(const Program &program, llvm::raw_ostream &os);

} // namespace garam::host

#endif // GARAM_TARGET_HOST_PROGRAM_H
