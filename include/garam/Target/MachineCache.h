//===- MachineCache.h - Machines of target attributes -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A target attribute holds the text of its file. Placement asks devices about
// hundreds of regions, and each question runs passes that need the machine:
// the dialect of the attribute keeps what the text was read as.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_MACHINECACHE_H
#define GARAM_TARGET_MACHINECACHE_H

#include "mlir/IR/Attributes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/DialectInterface.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/Error.h"

#include <mutex>

namespace garam {

/// The machines that the targets of a dialect are, which several threads may
/// ask for.
template <typename Machine>
class MachineCache
    : public mlir::DialectInterface::Base<MachineCache<Machine>> {
public:
  explicit MachineCache(mlir::Dialect *dialect)
      : mlir::DialectInterface::Base<MachineCache<Machine>>(dialect) {}

  /// The machine that `target` is, for which `read` is called until it has
  /// succeeded.
  llvm::Expected<Machine>
  get(mlir::Attribute target,
      llvm::function_ref<llvm::Expected<Machine>()> read) const {
    std::lock_guard<std::mutex> lock(mutex);
    if (auto known = machines.find(target); known != machines.end())
      return known->second;
    llvm::Expected<Machine> machine = read();
    if (machine)
      machines.try_emplace(target, *machine);
    return machine;
  }

private:
  mutable std::mutex mutex;
  mutable llvm::DenseMap<mlir::Attribute, Machine> machines;
};

/// The machine that `target` is: what `read` returns, or has returned before
/// where the dialect of `target` keeps it.
template <typename Machine>
llvm::Expected<Machine>
readMachineOnce(mlir::Attribute target,
                llvm::function_ref<llvm::Expected<Machine>()> read) {
  if (auto *cache =
          target.getDialect()
              .template getRegisteredInterface<MachineCache<Machine>>())
    return cache->get(target, read);
  return read();
}

} // namespace garam

#endif // GARAM_TARGET_MACHINECACHE_H
