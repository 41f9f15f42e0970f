//===- NativeCodeScope.cpp - Whose code runs ------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/NativeCodeScope.h"

#include <csignal>

namespace garam {

/// A signal handler has no other way to know.
static volatile std::sig_atomic_t &getState() {
  static thread_local volatile std::sig_atomic_t isIn = 0;
  return isIn;
}

NativeCodeScope::NativeCodeScope() { getState() = 1; }
NativeCodeScope::~NativeCodeScope() { getState() = 0; }

bool isInNativeCode() { return getState() != 0; }

} // namespace garam
