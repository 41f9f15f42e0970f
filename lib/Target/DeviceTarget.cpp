//===- DeviceTarget.cpp - The compiler's side of a device -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DeviceTarget.h"

#include "garam/Target/DeviceTarget.cpp.inc"
