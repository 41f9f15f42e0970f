//===- Version.cpp - Version of Garam -------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/Version.h"

namespace garam {

// CMake passes the project's version.
std::string getVersion() { return GARAM_VERSION; }

std::string getProducer() { return "garam " + getVersion(); }

} // namespace garam
