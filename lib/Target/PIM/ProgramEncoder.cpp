//===- ProgramEncoder.cpp - HBM-PIM programs to bytes ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ProgramLayout.h"

namespace garam::pim {

std::vector<uint8_t> encode(const Program &program) {
  FieldWriter writer(layout::wordBytes);
  // The fields are shown as places, for the decoder to fill.
  Program copy = program;
  layout::visitFields(writer, copy);
  return writer.takeBytes();
}

} // namespace garam::pim
