//===- RegionQueries.h - What devices say of regions ------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_HETERO_TRANSFORMS_REGIONQUERIES_H
#define GARAM_LIB_DIALECT_HETERO_TRANSFORMS_REGIONQUERIES_H

#include "PlacementGraph.h"
#include "garam/Dialect/Hetero/Transforms/Passes.h"
#include "garam/Target/DeviceTarget.h"

#include <map>

namespace garam::hetero {

/// Answers of devices by what was asked, which a fingerprint of 128 bits stands
/// for: target, options and the operations of a function. They are good for as
/// long as the context lives, whose attributes and types are in it by address.
struct DeviceAnswers {
  using Key = std::pair<uint64_t, uint64_t>;

  /// Their parts are of an equal region.
  std::map<Key, std::optional<DeviceEstimate>> estimates;
  /// Of regions of which the locations count too.
  std::map<Key, std::optional<DeviceEstimate>> estimatesWithParts;
  /// The first of a region's refusals, if there are any. Its location is that
  /// of an equal region.
  std::map<Key, std::optional<Refusal>> firstRefusals;
  /// Of whole functions, of which the locations count too.
  std::map<Key, std::vector<Refusal>> refusals;
};

/// Asks devices about regions of one function, once for equal ones.
class RegionQueries {
public:
  RegionQueries(const SharedOps &shared, const DeviceCompileOptions &options,
                DeviceAnswers &answers)
      : shared(shared), options(options), answers(answers) {}

  /// Whether a device has failed to answer for a fault of the compiler, which
  /// is reported; it was taken to refuse nothing.
  bool hasFaults() const { return hasFailed; }

  /// What `ops`, in the function's order, cost as one program on a device;
  /// nothing when it cannot say, as when its memories are too small.
  const std::optional<DeviceEstimate> &
  getEstimate(DeviceTargetAttrInterface target,
              llvm::ArrayRef<mlir::Operation *> ops);
  /// The same, with parts that name the nodes of `ops`.
  const std::optional<DeviceEstimate> &
  getEstimateWithParts(DeviceTargetAttrInterface target,
                       llvm::ArrayRef<mlir::Operation *> ops);
  /// The time of that.
  std::optional<double> getSeconds(DeviceTargetAttrInterface target,
                                   llvm::ArrayRef<mlir::Operation *> ops);
  /// What a device refuses of `ops` as one program.
  std::vector<Refusal> getRefusals(DeviceTargetAttrInterface target,
                                   llvm::ArrayRef<mlir::Operation *> ops);
  /// The first of that, or nothing; only its words are of `ops`.
  const std::optional<Refusal> &
  getFirstRefusal(DeviceTargetAttrInterface target,
                  llvm::ArrayRef<mlir::Operation *> ops);
  /// What a device refuses of all that `function` does.
  llvm::ArrayRef<Refusal> getRefusals(DeviceTargetAttrInterface target,
                                      mlir::func::FuncOp function);

private:
  llvm::SmallVector<Refusal> ask(DeviceTargetAttrInterface target,
                                 mlir::func::FuncOp function);

  const SharedOps &shared;
  const DeviceCompileOptions &options;
  DeviceAnswers &answers;
  bool hasFailed = false;
};

} // namespace garam::hetero

#endif // GARAM_LIB_DIALECT_HETERO_TRANSFORMS_REGIONQUERIES_H
