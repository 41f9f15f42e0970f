//===- Version.h - Version of Garam -----------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_VERSION_H
#define GARAM_SUPPORT_VERSION_H

#include <string>

namespace garam {

/// "0.1.0".
std::string getVersion();
/// "garam 0.1.0", as device binaries and reports name their maker.
std::string getProducer();

} // namespace garam

#endif // GARAM_SUPPORT_VERSION_H
