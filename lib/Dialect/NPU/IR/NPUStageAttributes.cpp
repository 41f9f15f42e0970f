//===- NPUStageAttributes.cpp - Decisions that stages carry ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The passes between stages and commands leave their decisions as attributes
// of the stages. A dump of a stage can be edited and fed back in, so they are
// verified wherever they stand.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/IR/NPU.h"

using namespace mlir;

namespace garam::npu {
namespace {

/// npu.split, npu.tile, npu.grain: a count of at least 1 for each loop.
LogicalResult verifyCounts(Operation *op, NamedAttribute named,
                           ArrayRef<int64_t> sizes) {
  auto counts = dyn_cast<DenseI64ArrayAttr>(named.getValue());
  if (!counts || counts.size() != static_cast<int64_t>(sizes.size()))
    return op->emitOpError("needs '")
           << named.getName().getValue() << "' to be an array of "
           << sizes.size() << " i64, got: " << named.getValue();
  for (int64_t count : counts.asArrayRef())
    if (count < 1)
      return op->emitOpError("needs '")
             << named.getName().getValue() << "' of at least 1, got: " << count;
  return success();
}

/// npu.layouts: for each result a permutation of its dimensions.
LogicalResult verifyLayouts(Operation *op, NamedAttribute named) {
  auto layouts = dyn_cast<ArrayAttr>(named.getValue());
  if (!layouts || layouts.size() != op->getNumResults())
    return op->emitOpError("needs one of 'npu.layouts' a result, got: ")
           << named.getValue();
  for (auto [attribute, result] : llvm::zip(layouts, op->getResults())) {
    auto layout = dyn_cast<DenseI64ArrayAttr>(attribute);
    auto type = dyn_cast<RankedTensorType>(result.getType());
    bool isPermutation =
        layout && type && layout.size() == type.getRank() &&
        llvm::all_of(llvm::seq<int64_t>(0, type.getRank()), [&](int64_t dim) {
          return llvm::is_contained(layout.asArrayRef(), dim);
        });
    if (!isPermutation)
      return op->emitOpError("needs 'npu.layouts' to be permutations of the "
                             "results' dimensions, got: ")
             << attribute;
  }
  return success();
}

/// npu.homes: the name of a memory for each result.
LogicalResult verifyHomes(Operation *op, NamedAttribute named) {
  static constexpr StringRef names[] = {"split", "replicated", "shared", "dram",
                                        "output"};
  auto homes = dyn_cast<ArrayAttr>(named.getValue());
  if (!homes || homes.size() != op->getNumResults())
    return op->emitOpError("needs one of 'npu.homes' a result, got: ")
           << named.getValue();
  for (auto [attribute, result] : llvm::zip(homes, op->getResults())) {
    auto home = dyn_cast<StringAttr>(attribute);
    if (!home || !llvm::is_contained(names, home.getValue()))
      return op->emitOpError("needs 'npu.homes' of split, replicated, shared, "
                             "dram, output, got: ")
             << attribute;
    bool isReturned = llvm::any_of(result.getUsers(), [](Operation *user) {
      return user->hasTrait<OpTrait::ReturnLike>();
    });
    if (home.getValue() == "output" && !isReturned)
      return op->emitOpError(
          "has the home \"output\" for a result that is not returned");
  }
  return success();
}

} // namespace

LogicalResult NPUDialect::verifyOperationAttribute(Operation *op,
                                                   NamedAttribute named) {
  StringRef name = named.getName().getValue();
  bool isCounts =
      name == "npu.split" || name == "npu.tile" || name == "npu.grain";
  if (!isCounts && name != "npu.layouts" && name != "npu.homes")
    return success();
  ArrayRef<int64_t> sizes;
  if (auto contract = dyn_cast<ContractOp>(op))
    sizes = contract.getSizes();
  else if (auto vector = dyn_cast<VectorOp>(op))
    sizes = vector.getSizes();
  else
    return op->emitOpError("has '") << name
                                    << "', which is for npu.contract "
                                       "and npu.vector";
  if (isCounts)
    return verifyCounts(op, named, sizes);
  return name == "npu.layouts" ? verifyLayouts(op, named)
                               : verifyHomes(op, named);
}

} // namespace garam::npu
