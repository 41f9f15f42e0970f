//===- NarrowElements.h - Elements of less than a byte ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// On devices integers of less than 8 bits are those of 8 bits with the same
// value, and float4_e2m1fn is float8_e4m3fn, which has all of its values.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_RUNTIME_NARROWELEMENTS_H
#define GARAM_LIB_RUNTIME_NARROWELEMENTS_H

#include "garam/Support/Tensor.h"

namespace garam {

/// From a type with isSubByte() to what a device computes with, byte by byte.
/// Bits above the element's are not read.
void widenElements(llvm::ArrayRef<uint8_t> elements, DataType type,
                   llvm::MutableArrayRef<uint8_t> result);

/// The way back. Numbers that the type has not, which no program makes, lose
/// their upper bits.
void narrowElements(llvm::ArrayRef<uint8_t> bytes, DataType type,
                    llvm::MutableArrayRef<uint8_t> result);

} // namespace garam

#endif // GARAM_LIB_RUNTIME_NARROWELEMENTS_H
