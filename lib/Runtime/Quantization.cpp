//===- Quantization.cpp - Quantises inputs, dequantises outputs -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Quantization.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace garam {

void quantize(llvm::ArrayRef<uint8_t> floats,
              const HostQuantization &quantization,
              llvm::MutableArrayRef<uint8_t> result) {
  bool isSigned = quantization.storage == DataType::Int8;
  float least = isSigned ? -128 : 0, most = isSigned ? 127 : 255;
  // ONNX divides in the type of the input.
  auto scale = static_cast<float>(quantization.scale);
  auto zeroPoint = static_cast<float>(quantization.zeroPoint);
  for (size_t i = 0; i < result.size(); ++i) {
    float value;
    std::memcpy(&value, floats.data() + i * sizeof(float), sizeof(float));
    float rounded = std::nearbyint(value / scale) + zeroPoint;
    // A NaN has no integer; it becomes the zero point.
    if (std::isnan(rounded))
      rounded = zeroPoint;
    result[i] = static_cast<uint8_t>(
        static_cast<int>(std::clamp(rounded, least, most)));
  }
}

void dequantize(llvm::ArrayRef<uint8_t> values,
                const HostQuantization &quantization,
                llvm::MutableArrayRef<uint8_t> floats) {
  bool isSigned = quantization.storage == DataType::Int8;
  auto scale = static_cast<float>(quantization.scale);
  for (size_t i = 0; i < values.size(); ++i) {
    int stored = isSigned ? static_cast<int8_t>(values[i]) : values[i];
    float value = static_cast<float>(stored - quantization.zeroPoint) * scale;
    std::memcpy(floats.data() + i * sizeof(float), &value, sizeof(float));
  }
}

} // namespace garam
