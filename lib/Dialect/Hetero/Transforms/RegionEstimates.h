//===- RegionEstimates.h - What regions cost on devices ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_HETERO_TRANSFORMS_REGIONESTIMATES_H
#define GARAM_LIB_DIALECT_HETERO_TRANSFORMS_REGIONESTIMATES_H

#include "PlacementGraph.h"
#include "garam/Target/DeviceTarget.h"

#include <map>

namespace garam::hetero {

/// Asks devices for the time of regions, once for equal ones.
class RegionEstimates {
public:
  RegionEstimates(const SharedOps &shared, const DeviceCompileOptions &options)
      : shared(shared), options(options) {}

  /// Seconds that `ops`, in the function's order, take as one program on a
  /// device; nothing when it cannot say, as when its memories are too small.
  std::optional<double> getSeconds(DeviceTargetAttrInterface target,
                                   llvm::ArrayRef<mlir::Operation *> ops);

private:
  /// Of a target and a fingerprint of operations (128 bits).
  using Key = std::tuple<const void *, uint64_t, uint64_t>;

  const SharedOps &shared;
  const DeviceCompileOptions &options;
  std::map<Key, std::optional<double>> known;
};

} // namespace garam::hetero

#endif // GARAM_LIB_DIALECT_HETERO_TRANSFORMS_REGIONESTIMATES_H
