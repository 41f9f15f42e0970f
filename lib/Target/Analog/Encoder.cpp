//===- Encoder.cpp - Analog programs to bytes -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Analog/Encoding.h"

#include "Layout.h"

namespace garam::analog {

std::vector<uint8_t> encode(const Program &program) {
  FieldWriter writer(layout::wordBytes);
  layout::visitProgram(writer, program);
  return writer.takeBytes();
}

} // namespace garam::analog
