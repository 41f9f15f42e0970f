//===- WeightCheck.h - Weights that are not finite on devices ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DRIVER_WEIGHTCHECK_H
#define GARAM_LIB_DRIVER_WEIGHTCHECK_H

#include "garam/Container/Image.h"
#include "mlir/IR/BuiltinOps.h"

#include <memory>
#include <mutex>

namespace garam {

/// Looks at weights as they are written, while they are at hand.
class WeightCheck {
public:
  /// Wraps the functions of `image` that write weights.
  explicit WeightCheck(ImageSource &image);

  /// Reports a warning, in an order that writing does not decide, for each
  /// weight that is not finite on its device: at the nodes of `module` that the
  /// weight is for.
  void warn(mlir::ModuleOp module) const;

private:
  struct Entry {
    std::string device;
    std::vector<std::string> nodes;
    std::mutex mutex; // of what follows: one constant may be written twice
    std::optional<NonFiniteWeight> found;
  };
  void wrap(std::vector<DeviceConstant> &constants, llvm::StringRef device);

  /// Written by the functions, each its own.
  std::vector<std::unique_ptr<Entry>> entries;
};

} // namespace garam

#endif // GARAM_LIB_DRIVER_WEIGHTCHECK_H
