//===- Specification.cpp - Tables of docs/isa/npu.md ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Specification.h"

using namespace garam::npu::test;

const Specification &Specification::get() {
  static const Specification specification;
  return specification;
}

Specification::Specification()
    : SpecificationPage(GARAM_SOURCE_DIR "/docs/isa/npu.md") {}
