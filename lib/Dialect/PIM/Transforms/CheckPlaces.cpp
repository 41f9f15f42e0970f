//===- CheckPlaces.cpp - Whether kernels have rows of the device ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A place is written in the IR, where an edit can make it another than the one
// that the machine and the shape need. Streams would then address other rows
// than there are, or those of another kernel.
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"
#include "Machine.h"

using namespace mlir;

namespace garam::pim {

namespace {

/// Rows [begin, end) of all banks of a rank.
struct Rows {
  Operation *kernel = nullptr;
  int64_t rank = 0, begin = 0, end = 0;
  /// Nothing is kept there between kernels.
  bool isShared = false;
};

} // namespace

static InFlightDiagnostic &operator<<(InFlightDiagnostic &diagnostic,
                                      const Rows &rows) {
  return diagnostic << "rows " << rows.begin << " to " << rows.end - 1
                    << " of rank " << rows.rank;
}

static LogicalResult checkCut(GemvOp gemv, const MachineDescription &machine) {
  GemvPlacementAttr place = *gemv.getPlacement();
  GemvTiling tiling = getTiling(gemv, machine);
  if (tiling.splits * tiling.groups >
      std::max<uint64_t>(machine.geometry.channels, tiling.groups))
    return gemv.emitOpError("is cut into more parts than there are channels");
  int64_t rows = tiling.getRows(machine.geometry);
  if (place.getSplits() != int64_t(tiling.splits) ||
      place.getSlots() != int64_t(tiling.slots) || place.getRows() != rows)
    return gemv.emitOpError("needs a place of ")
           << rows << " rows, " << tiling.splits << " splits and "
           << tiling.slots << " slots, got: " << place;
  // A walk over tiles begins in an even row.
  if (place.getRow() % 2 != 0)
    return gemv.emitOpError("needs a place from an even row on, got: ")
           << place;
  return success();
}

static void appendRows(GemvOp gemv, const MachineDescription &,
                       SmallVectorImpl<Rows> &rows) {
  GemvPlacementAttr place = *gemv.getPlacement();
  rows.push_back({gemv, place.getRank(), place.getRow(),
                  place.getRow() + place.getRows(), /*isShared=*/false});
}

static void appendRows(ElementwiseOp kernel, const MachineDescription &machine,
                       SmallVectorImpl<Rows> &rows) {
  ElementwisePlacementAttr place = *kernel.getPlacement();
  int64_t size = getTiling(kernel, machine).getRows(machine.geometry);
  for (auto [operand, row] :
       llvm::zip_equal(kernel.getOperands(), place.getOperands()))
    rows.push_back(
        {kernel, place.getRank(), row, row + size, !getConstant(operand)});
  rows.push_back({kernel, place.getRank(), place.getResult(),
                  place.getResult() + size, /*isShared=*/true});
}

static LogicalResult checkBounds(const Rows &rows,
                                 const MachineDescription &machine) {
  int64_t ranks = machine.geometry.ranks;
  int64_t most = machine.getOperandRows();
  if (rows.rank < ranks && rows.end <= most)
    return success();
  InFlightDiagnostic diagnostic =
      rows.kernel->emitOpError("has a place beyond the ");
  diagnostic << most << " rows of each of " << ranks
             << " ranks that instructions address: ";
  return diagnostic << rows;
}

static LogicalResult reportOverlap(const Rows &rows) {
  InFlightDiagnostic diagnostic = rows.kernel->emitOpError("shares some of ");
  return diagnostic << rows << " with what must not lie there";
}

/// What kernels keep overlaps with nothing, and the operands and the result of
/// one kernel not with each other.
static LogicalResult checkOverlaps(SmallVector<Rows> all) {
  llvm::stable_sort(all, [](const Rows &a, const Rows &b) {
    return std::tie(a.rank, a.begin) < std::tie(b.rank, b.begin);
  });
  int64_t rank = -1, ownEnd = 0, sharedEnd = 0;
  llvm::SmallDenseMap<Operation *, int64_t> kernelEnds;
  for (const Rows &rows : all) {
    if (rows.rank != rank)
      ownEnd = sharedEnd = 0;
    rank = rows.rank;
    int64_t &kernelEnd = kernelEnds[rows.kernel];
    if (rows.begin < std::max(ownEnd, kernelEnd) ||
        (!rows.isShared && rows.begin < sharedEnd))
      return reportOverlap(rows);
    kernelEnd = rows.end;
    int64_t &end = rows.isShared ? sharedEnd : ownEnd;
    end = std::max(end, rows.end);
  }
  return success();
}

LogicalResult checkPlaces(ArrayRef<Operation *> kernels,
                          const MachineDescription &machine) {
  SmallVector<Rows> all;
  for (Operation *op : kernels) {
    if (auto gemv = dyn_cast<GemvOp>(op)) {
      if (failed(checkCut(gemv, machine)))
        return failure();
      appendRows(gemv, machine, all);
    } else {
      appendRows(cast<ElementwiseOp>(op), machine, all);
    }
  }
  for (const Rows &rows : all)
    if (failed(checkBounds(rows, machine)))
      return failure();
  return checkOverlaps(std::move(all));
}

} // namespace garam::pim
