//===- Values.h - Values of nodes during a run ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_ANALOG_SIMULATOR_VALUES_H
#define GARAM_LIB_TARGET_ANALOG_SIMULATOR_VALUES_H

#include "garam/Target/DeviceProgram.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

#include <map>

namespace garam::analog {

/// Copies values out of segments when the last command that writes them ends.
/// On this device a value is one piece, row major, with one last write.
class ValueRecorder {
public:
  ValueRecorder(llvm::ArrayRef<DeviceValue> values,
                std::function<void(const Tensor &)> onValue);

  /// After a command of a lane. Fails on a value that leaves its segment.
  llvm::Error handle(
      uint32_t lane, uint32_t command,
      llvm::function_ref<llvm::ArrayRef<uint8_t>(uint32_t)> getSegment) const;

private:
  std::multimap<std::pair<uint32_t, uint32_t>, const DeviceValue *> byWriter;
  std::function<void(const Tensor &)> onValue;
};

} // namespace garam::analog

#endif // GARAM_LIB_TARGET_ANALOG_SIMULATOR_VALUES_H
