//===- CheckTiles.cpp - Which functions become programs -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CheckTiles.h"

#include "garam/Dialect/Analog/Utils/MatrixReader.h"
#include "garam/Support/RawElements.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Target/NonFiniteWeights.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace mlir;

namespace garam::analog {

Value getOrigin(Value tensor) {
  while (isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(
      tensor.getDefiningOp()))
    tensor = tensor.getDefiningOp()->getOperand(0);
  return tensor;
}

/// A conductance is neither infinite nor no number. Weights that are in tiles
/// are few enough to look at them before they are written, so that the node can
/// still go elsewhere.
static LogicalResult checkWeights(MatrixOp matrix,
                                  const MachineDescription &machine) {
  ArrayRef<char> bytes = getRawElements(matrix.getValue())->bytes;
  std::optional<NonFiniteWeight> found = findNonFinite(
      matrix.getValue(), DataType::Float32,
      ArrayRef(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()),
      /*mayBeBounds=*/false);
  if (!found)
    return success();
  std::string index;
  llvm::raw_string_ostream os(index);
  llvm::interleaveComma(found->index, os);
  return emitRefusal(
      {matrix.getLoc(),
       "its weight" +
           (found->tensor.empty() ? "" : " '" + found->tensor + "'") + " is " +
           (std::isnan(found->value) ? "NaN" : "infinite") + " at [" + index +
           "], which no cell of '" + machine.name + "' can be programmed to"});
}

static LogicalResult checkTile(TileOp tile, const MachineDescription &machine,
                               llvm::SmallDenseSet<int64_t> &cores) {
  const CrossbarDescription &crossbar = machine.crossbar;
  int64_t core = tile.getCore();
  if (core < 0 || core >= int64_t(machine.cores))
    return tile.emitError("is on core ")
           << core << ", '" << machine.name << "' has cores 0 to "
           << machine.cores - 1;
  TileType type = tile.getType();
  if (type.getRows() > int64_t(crossbar.rows) ||
      type.getColumns() > int64_t(crossbar.columns))
    return tile.emitError("is a tile of ")
           << type.getRows() << " x " << type.getColumns()
           << " cells, a crossbar of '" << machine.name << "' has "
           << crossbar.rows << " x " << crossbar.columns;
  if (!cores.insert(core).second)
    return tile.emitError("is on core ")
           << core << ", whose crossbar holds an earlier tile";
  return success();
}

/// Tensors of floats are then arguments or made by analog.rescale: other
/// operations that are known make none. Sums are split into tiles: an
/// analog.multiply is not known here.
static LogicalResult checkOperation(Operation *op,
                                    const MachineDescription &machine,
                                    llvm::SmallDenseSet<int64_t> &cores) {
  if (auto tile = dyn_cast<TileOp>(op);
      tile && failed(checkTile(tile, machine, cores)))
    return failure();
  if (auto matrix = dyn_cast<MatrixOp>(op)) {
    if (matrix.getLevels() != machine.crossbar.levels)
      return op->emitError("has ")
             << matrix.getLevels() << " levels, '" << machine.name << "' has "
             << machine.crossbar.levels;
    if (!areLoaded(matrix.getValue()))
      return op->emitError("holds weights whose elements are not loaded");
    if (failed(checkWeights(matrix, machine)))
      return failure();
  }
  if (auto rescale = dyn_cast<RescaleOp>(op)) {
    if (rescale.getBias() && !areLoaded(*rescale.getBias()))
      return op->emitError("holds a bias whose elements are not loaded");
  }
  bool isKnown =
      isa<MatrixOp, ConvertOp, TileOp, ReadOp, AccumulateOp, RescaleOp,
          tensor::CollapseShapeOp, tensor::ExpandShapeOp, func::ReturnOp>(op);
  return isKnown ? success()
                 : op->emitError("is no operation of products split into "
                                 "tiles");
}

LogicalResult checkTiles(func::FuncOp function,
                         const MachineDescription &machine) {
  if (!function.getBody().hasOneBlock())
    return function.emitError("has control flow, needed a sequence of products "
                              "split into tiles");
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !tensor.hasStaticShape() || tensor.getNumElements() == 0 ||
        !tensor.getElementType().isIntOrFloat())
      return function.emitError("input #")
             << i << ": found " << type
             << ", needed a shape of fixed dimensions of at least 1";
  }
  Block &body = function.getBody().front();
  llvm::SmallDenseSet<int64_t> cores;
  for (Operation &op : body)
    if (failed(checkOperation(&op, machine, cores)))
      return failure();
  llvm::SmallDenseSet<Value> seen;
  for (Value result : body.getTerminator()->getOperands()) {
    Value origin = getOrigin(result);
    if (!origin.getDefiningOp<RescaleOp>() || !seen.insert(origin).second)
      return body.getTerminator()->emitError(
          "returns what no analog.rescale of its own makes");
  }
  return success();
}

} // namespace garam::analog
