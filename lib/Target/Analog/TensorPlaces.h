//===- TensorPlaces.h - Where tensors of a function lie ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_ANALOG_TENSORPLACES_H
#define GARAM_LIB_TARGET_ANALOG_TENSORPLACES_H

#include "garam/Target/DeviceProgram.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace garam::analog {

struct TensorPlace {
  uint32_t segment = 0;
  uint64_t offset = 0; // bytes
};

/// Gives each tensor of a function of `analog.rescale` a place: arguments and
/// results in segments of their own, others in a scratch segment, where tensors
/// that are not needed at the same time share bytes.
class TensorPlaces {
public:
  explicit TensorPlaces(mlir::func::FuncOp function);

  TensorPlace get(mlir::Value tensor) const;
  /// The constant segment, of size 0, inputs, outputs, scratch if needed.
  const std::vector<DeviceSegment> &getSegments() const { return segments; }
  /// Of all segments.
  uint64_t getBytes() const;

private:
  void placeScratch(mlir::func::FuncOp function);

  std::vector<DeviceSegment> segments;
  llvm::DenseMap<mlir::Value, TensorPlace> places;
};

} // namespace garam::analog

#endif // GARAM_LIB_TARGET_ANALOG_TENSORPLACES_H
