//===- FloatElements.h - Elements of constants ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_PIM_IR_FLOATELEMENTS_H
#define GARAM_DIALECT_PIM_IR_FLOATELEMENTS_H

#include "garam/Target/PIM/Machine/Half.h"
#include "mlir/IR/BuiltinAttributes.h"

#include <optional>

namespace garam::pim {

/// The elements of a constant of f16 or f32, read where they lie.
class FloatElements {
public:
  /// Nothing when the elements are of another type or not at hand. The
  /// attribute's context must outlive the result.
  static std::optional<FloatElements> get(mlir::ElementsAttr value);

  float getFloat(int64_t element) const;
  Half getHalf(int64_t element) const;
  int64_t getCount() const { return count; }

private:
  const uint8_t *bytes = nullptr;
  int64_t count = 0;
  bool isHalf = false, isSplat = false;
};

} // namespace garam::pim

#endif // GARAM_DIALECT_PIM_IR_FLOATELEMENTS_H
