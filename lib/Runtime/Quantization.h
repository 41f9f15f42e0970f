//===- Quantization.h - Quantises inputs, dequantises outputs ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_RUNTIME_QUANTIZATION_H
#define GARAM_LIB_RUNTIME_QUANTIZATION_H

#include "garam/Container/Image.h"

namespace garam {

/// ONNX's QuantizeLinear of float32 elements: round to even, saturate.
void quantize(llvm::ArrayRef<uint8_t> floats,
              const HostQuantization &quantization,
              llvm::MutableArrayRef<uint8_t> result);

/// ONNX's DequantizeLinear to float32 elements.
void dequantize(llvm::ArrayRef<uint8_t> values,
                const HostQuantization &quantization,
                llvm::MutableArrayRef<uint8_t> floats);

} // namespace garam

#endif // GARAM_LIB_RUNTIME_QUANTIZATION_H
