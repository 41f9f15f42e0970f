//===- DriverModel.h - What the issuer of a stream computes -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_SIMULATOR_DRIVERMODEL_H
#define GARAM_LIB_TARGET_PIM_SIMULATOR_DRIVERMODEL_H

#include "garam/Target/PIM/Program.h"
#include "garam/Target/RunMemory.h"

namespace garam::pim {

/// The processor that controls the device: its buffer of fp16 bursts, and its
/// commands of a program that passes its check.
class DriverModel {
public:
  DriverModel(const Driver &driver, uint32_t stagingBursts,
              const RunMemory &memory)
      : driver(driver), staging(stagingBursts), memory(memory) {}

  std::vector<Burst> &getStaging() { return staging; }

  void execute(const ConvertCommand &convert);
  void execute(const ReduceCommand &reduce);
  void execute(const StoreCommand &store);

  double getSeconds(const ConvertCommand &convert) const;
  double getSeconds(const ReduceCommand &reduce) const;
  double getSeconds(const StoreCommand &store) const;

  /// Conversions and additions.
  static uint64_t countOperations(const ConvertCommand &convert);
  static uint64_t countOperations(const ReduceCommand &reduce);
  static uint64_t countOperations(const StoreCommand &store);

private:
  float load(const TensorPlace &tensor, uint64_t element) const;
  void store(const TensorPlace &tensor, uint64_t element, float value);

  const Driver &driver;
  std::vector<Burst> staging;
  const RunMemory &memory;
};

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_SIMULATOR_DRIVERMODEL_H
