//===- PartShares.cpp - The time of a region by its units -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "PartShares.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace garam::hetero {

/// How often the bodies of an operation's loops run, or the elements that it
/// makes.
static double countPoints(Operation *op) {
  double points = 1;
  if (auto linalg = dyn_cast<linalg::LinalgOp>(op)) {
    for (int64_t size : linalg.getStaticLoopRanges())
      points *= ShapedType::isDynamic(size) ? 1 : size;
    return points;
  }
  for (Type type : op->getResultTypes())
    if (auto tensor = dyn_cast<RankedTensorType>(type);
        tensor && tensor.hasStaticShape())
      points += tensor.getNumElements();
  return points;
}

SmallVector<double> shareParts(const PlacementGraph &graph,
                               ArrayRef<unsigned> inside,
                               ArrayRef<EstimatedPart> parts) {
  llvm::StringMap<unsigned> places; // in `inside`, by node
  SmallVector<double> points, seconds(inside.size(), 0);
  for (auto [place, unit] : llvm::enumerate(inside)) {
    for (StringRef node : graph.units[unit].nodes)
      places[node] = place;
    points.push_back(0);
    for (Operation *op : graph.units[unit].ops)
      points.back() += countPoints(op);
  }
  for (const EstimatedPart &part : parts) {
    llvm::SmallSetVector<unsigned, 4> fused;
    double sum = 0;
    for (const std::string &node : part.nodes)
      if (auto place = places.find(node); place != places.end())
        if (fused.insert(place->second))
          sum += points[place->second];
    // Loops over nothing take no time.
    for (unsigned place : fused)
      if (sum > 0)
        seconds[place] += part.seconds * points[place] / sum;
  }
  return seconds;
}

} // namespace garam::hetero
