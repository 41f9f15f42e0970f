//===- CompiledProgram.h - Result of compiling for the NPU ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_COMPILEDPROGRAM_H
#define GARAM_TARGET_NPU_COMPILEDPROGRAM_H

#include "garam/Target/DeviceProgram.h"
#include "garam/Target/NPU/Machine/ISA.h"
#include "garam/Target/NPU/MemoryPlan.h"

namespace garam::npu {

/// The last command of a queue that writes something.
struct LastWrite {
  uint32_t queue = 0, command = 0; // the command's number in it as stored
  uint32_t execution = 1;          // of the command, counted from 1
};

/// A box of a value in one memory, and what makes it.
struct CompiledPiece {
  Address address;                       // of the element at `low`
  llvm::SmallVector<int64_t, 4> strides; // bytes
  llvm::SmallVector<int64_t, 4> low, sizes;
  std::vector<LastWrite> lastWrites; // one a queue
};

/// An output of an ONNX node that some memory holds for a while.
struct CompiledValue {
  std::string name;
  ElementType type = ElementType::I8;
  llvm::SmallVector<int64_t, 4> shape;
  std::vector<CompiledPiece> pieces; // disjoint, together the whole tensor
};

struct CompiledProgram {
  /// Segment 0 is the constant segment when there is one; then the inputs in
  /// order, the outputs in order, the scratch segment.
  Program program;
  MemoryPlan plan;
  std::vector<DeviceConstant> constants; // of segment 0, in order of offset
  /// Ids of the ONNX nodes that commands come from.
  std::vector<std::string> nodes;
  /// origins[q][k]: the nodes (numbers into `nodes`) of command k of queue q,
  /// as stored (loops not expanded). Waits and signals have those of the
  /// command that they serve.
  std::vector<std::vector<llvm::SmallVector<uint32_t, 1>>> origins;
  std::vector<CompiledValue> values;
};

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_COMPILEDPROGRAM_H
