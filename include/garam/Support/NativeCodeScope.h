//===- NativeCodeScope.h - Whose code runs ----------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_NATIVECODESCOPE_H
#define GARAM_SUPPORT_NATIVECODESCOPE_H

namespace garam {

/// While one lives, this thread executes native code of a device binary, which
/// may be a stranger's: a crash is that code's. They do not nest.
class NativeCodeScope {
public:
  NativeCodeScope();
  ~NativeCodeScope();
  NativeCodeScope(const NativeCodeScope &) = delete;
  NativeCodeScope &operator=(const NativeCodeScope &) = delete;
};

/// Whether this thread does so now. Safe in a signal handler.
bool isInNativeCode();

} // namespace garam

#endif // GARAM_SUPPORT_NATIVECODESCOPE_H
