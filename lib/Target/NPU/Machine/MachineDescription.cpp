//===- MachineDescription.cpp - What a target file says of an NPU ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Machine/MachineDescription.h"

#include "llvm/ADT/STLExtras.h"

namespace garam::npu {

const ArrayMode *MachineDescription::findMode(ElementType type) const {
  if (type == ElementType::U8)
    type = ElementType::I8; // one mode serves both signs
  auto it = llvm::find_if(
      tensor.modes, [&](const ArrayMode &mode) { return mode.type == type; });
  return it == tensor.modes.end() ? nullptr : &*it;
}

double MachineDescription::getPeakMACsPerSecond(ElementType type) const {
  const ArrayMode *mode = findMode(type);
  if (!mode)
    return 0;
  double block =
      tensor.grid ? double(tensor.grid->blockHeight) * tensor.grid->blockWidth
                  : 1;
  return clockHz * cores * tensor.units * mode->reduction * mode->outputs *
         block;
}

} // namespace garam::npu
