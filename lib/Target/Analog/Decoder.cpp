//===- Decoder.cpp - Bytes to analog programs -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Analog/Encoding.h"

#include "Layout.h"

namespace garam::analog {

llvm::Expected<Program> decode(llvm::ArrayRef<uint8_t> bytes) {
  FieldReader reader(bytes, layout::wordBytes);
  Program program;
  layout::visitProgram(reader, program);
  if (llvm::Error error = reader.finish())
    return std::move(error);
  return program;
}

} // namespace garam::analog
