//===- LoadedProgram.h - An NPU program at run time -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_LOADEDPROGRAM_H
#define GARAM_LIB_TARGET_NPU_LOADEDPROGRAM_H

#include "garam/Target/Device.h"
#include "garam/Target/LoadedProgram.h"
#include "garam/Target/NPU/Machine/ISA.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"

namespace garam::npu {

/// Decodes `code` and refuses a program that writes what it may only read.
llvm::Expected<std::unique_ptr<LoadedProgram>>
loadProgram(llvm::ArrayRef<uint8_t> code, llvm::MemoryBufferRef target);

/// The segments that a program declares.
std::vector<DeviceSegment> listSegments(const Program &program);

/// The bytes of SRAM that an instance of `program` keeps, and those that it may
/// use in a run, which instances that keep nothing there share: all.
std::vector<ResidentRange> listResidents(const Program &program,
                                         const MachineDescription &machine);

/// Writes that are compared with each other: some 100 MB of them, and more than
/// any network has. A program of a few words may claim 2^24 a queue.
constexpr size_t maxComparedWrites = 1 << 22;

/// The program as a run finds it whose weights are on the chip from the run
/// before: without the transfers from the constant segment whose destination
/// nothing else in the program writes. The program itself when more than
/// `maxWrites` executions of commands write on-chip memory.
Program removeResidentTransfers(const Program &program,
                                size_t maxWrites = maxComparedWrites);

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_LOADEDPROGRAM_H
