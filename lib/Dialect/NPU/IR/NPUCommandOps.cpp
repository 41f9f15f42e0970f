//===- NPUCommandOps.cpp - Commands of the NPU on buffers -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/IR/NPU.h"

using namespace mlir;

namespace garam::npu {

LogicalResult BufferOp::verify() {
  bool isLocal = getSpace() == SpaceKind::local;
  bool isDRAM = getSpace() == SpaceKind::dram;
  if (getSize() < 0)
    return emitOpError("needs a size of at least 0 bytes, got: ") << getSize();
  if (isLocal != getCores().has_value())
    return emitOpError("needs 'cores' in local memory, and only there");
  if (isLocal && getCores()->empty())
    return emitOpError("needs at least one core");
  if (isDRAM != getSegment().has_value())
    return emitOpError("needs 'segment' in DRAM, and only there");
  if (getParts() && !isDRAM)
    return emitOpError("holds constants outside of DRAM");
  return success();
}

LogicalResult SegmentOp::verify() {
  static constexpr StringRef roles[] = {"constant", "parameter", "state",
                                        "input",    "output",    "scratch"};
  if (!llvm::is_contained(roles, getRole()))
    return emitOpError("needs a role of constant, parameter, state, input, "
                       "output, scratch, got: ")
           << getRole();
  return success();
}

} // namespace garam::npu
