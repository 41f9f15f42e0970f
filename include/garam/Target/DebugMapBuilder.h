//===- DebugMapBuilder.h - Where commands come from -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_DEBUGMAPBUILDER_H
#define GARAM_TARGET_DEBUGMAPBUILDER_H

#include "garam/Target/DeviceProgram.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/StringMap.h"

namespace garam {

/// Where a dense tensor lies in a segment of a program, and what writes it
/// last.
struct DenseValue {
  uint32_t segment = 0;
  uint64_t offset = 0;
  DataType type = DataType::Float32;
  uint32_t lane = 0, command = 0;
};

/// Collects the debug map of a program while its commands are listed.
class DebugMapBuilder {
public:
  /// Numbers of the nodes that `loc` names, new ones if need be.
  llvm::SmallVector<uint32_t, 1> getNodes(mlir::Location loc);
  /// The next command of a lane carries out `nodes`. Gives its number.
  uint32_t addCommand(uint32_t lane, llvm::SmallVector<uint32_t, 1> nodes);
  /// The output of a node that an operation at `loc` makes, if it is one, and
  /// if it has so many elements of such a kind: integers stay integers.
  void addValue(mlir::Location loc, int64_t elements, const DenseValue &value);

  /// With `lanes` lanes, the last ones perhaps empty.
  DebugMap take(uint32_t lanes);

private:
  DebugMap map;
  llvm::StringMap<uint32_t> numbers; // of nodes
};

} // namespace garam

#endif // GARAM_TARGET_DEBUGMAPBUILDER_H
