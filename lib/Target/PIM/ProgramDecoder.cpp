//===- ProgramDecoder.cpp - Bytes to HBM-PIM programs ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ProgramLayout.h"

namespace garam::pim {

llvm::Expected<Program> decodeProgram(llvm::ArrayRef<uint8_t> bytes) {
  FieldReader reader(bytes, layout::wordBytes);
  Program program;
  layout::visitFields(reader, program);
  if (llvm::Error error = reader.finish())
    return std::move(error);
  return std::move(program);
}

} // namespace garam::pim
