//===- Specification.h - Tables of docs/isa/npu.md --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_UNITTESTS_TARGET_NPU_SPECIFICATION_H
#define GARAM_UNITTESTS_TARGET_NPU_SPECIFICATION_H

#include "../SpecificationPage.h"

namespace garam::npu::test {

/// The specification of the instruction set.
class Specification : public garam::test::SpecificationPage {
public:
  static const Specification &get();

private:
  Specification();
};

} // namespace garam::npu::test

#endif // GARAM_UNITTESTS_TARGET_NPU_SPECIFICATION_H
