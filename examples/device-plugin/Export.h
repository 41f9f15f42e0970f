//===- Export.h - From planned chains to a program --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef ABACUS_EXPORT_H
#define ABACUS_EXPORT_H

#include "Abacus.h"
#include "Machine.h"

namespace abacus {

/// The segments of a function's program, in the order that Garam asks for:
/// weights if there are any, inputs, outputs, others.
struct Segments {
  explicit Segments(mlir::func::FuncOp function);

  uint32_t inputs, outputs, scratch; // the first of each
};

/// Of a tensor, whose elements are float32.
uint64_t getBytes(mlir::Type type);

/// The program of a function of chains and weights with places, checked and
/// encoded, with all that goes into the binary beside it. The weights refer to
/// attributes of the function's context, which must outlive them.
mlir::FailureOr<garam::DeviceProgram> exportProgram(mlir::func::FuncOp function,
                                                    const Machine &machine);

} // namespace abacus

#endif // ABACUS_EXPORT_H
