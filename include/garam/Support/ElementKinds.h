//===- ElementKinds.h - What element types are ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// How the bits of a DataType are read, and its number in ONNX's files. MLIR's
// types of the same elements: garam/Support/DataTypes.h.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_ELEMENTKINDS_H
#define GARAM_SUPPORT_ELEMENTKINDS_H

#include "garam/Support/Tensor.h"

namespace garam {

enum class ElementKind : uint8_t { Boolean, Signed, Unsigned, Float };

ElementKind getKind(DataType type);

/// The integers of that many bits. Nothing where there are none, and of other
/// kinds.
std::optional<DataType> findInteger(ElementKind kind, uint64_t bits);

/// The number of TensorProto.DataType (onnx-ml.proto), and the type of one;
/// nothing for strings, complex numbers and unknown numbers.
int getONNXNumber(DataType type);
std::optional<DataType> fromONNXNumber(int number);

} // namespace garam

#endif // GARAM_SUPPORT_ELEMENTKINDS_H
