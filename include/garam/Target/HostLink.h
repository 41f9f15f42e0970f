//===- HostLink.h - Links between machines and their host -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_HOSTLINK_H
#define GARAM_TARGET_HOSTLINK_H

#include <cstdint>

namespace garam {

/// A link between a machine and its host.
struct HostLink {
  double bytesPerSecond = 0;
  double seconds = 0; // of a transfer of no bytes
  double joulePerByte = 0;

  /// Time of moving `bytes` at once.
  double getSeconds(uint64_t bytes) const {
    return seconds + bytes / bytesPerSecond;
  }
};

} // namespace garam

#endif // GARAM_TARGET_HOSTLINK_H
