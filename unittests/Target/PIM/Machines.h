//===- Machines.h - Devices for tests ---------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_UNITTESTS_TARGET_PIM_MACHINES_H
#define GARAM_UNITTESTS_TARGET_PIM_MACHINES_H

#include "garam/Target/PIM/Machine/MachineDescription.h"

namespace garam::pim::test {

/// The text of targets/NAME.yaml.
std::string readTarget(llvm::StringRef name);

/// What targets/hbm-pim.yaml describes, with other numbers of channels and
/// ranks.
MachineDescription describeMachine(uint32_t channels, uint32_t ranks);

} // namespace garam::pim::test

#endif // GARAM_UNITTESTS_TARGET_PIM_MACHINES_H
