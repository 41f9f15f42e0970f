//===- Version.cpp - Version of Garam -------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/Version.h"

#include "garam/Config.h"

namespace garam {

std::string getVersion() { return GARAM_VERSION_STRING; }

std::string getProducer() { return "garam " + getVersion(); }

} // namespace garam
