//===- SmallTensor.h - Values that shape arithmetic works on ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_ONNX_TRANSFORMS_SMALLTENSOR_H
#define GARAM_LIB_DIALECT_ONNX_TRANSFORMS_SMALLTENSOR_H

#include "garam/Support/RunTimeSizes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

#include <optional>
#include <vector>

namespace garam::onnx {

/// An element, which may be unknown: the shape of a tensor with a dynamic
/// dimension is partly known. Integers and booleans are in `integer`, floats in
/// `number`, rounded to their type.
struct Element {
  bool known = false;
  int64_t integer = 0;
  double number = 0;
  /// Of an integer that is not known: what it is of the function's symbols,
  /// normalised, or null.
  mlir::AffineExpr size = {};

  static Element ofInteger(int64_t value) { return {true, value, 0}; }
  static Element ofNumber(double value) { return {true, 0, value}; }
  /// An expression of symbols; null is nothing known.
  static Element ofSize(mlir::AffineExpr size);

  /// The integer as an expression; null when it is none.
  mlir::AffineExpr getSize(mlir::MLIRContext *context) const;
};

/// A tensor of static shape whose elements are known, as far as they are.
struct SmallTensor {
  mlir::Type elementType;
  llvm::SmallVector<int64_t> shape;
  std::vector<Element> elements;

  bool isFloat() const { return llvm::isa<mlir::FloatType>(elementType); }
  bool isFullyKnown() const;
  /// Whether all elements are integers or expressions of symbols.
  bool isOfSizes() const;
  int64_t getRank() const { return int64_t(shape.size()); }

  mlir::RankedTensorType getType() const {
    return mlir::RankedTensorType::get(shape, elementType);
  }

  /// The elements as integers; none when one is unknown or a float.
  std::optional<llvm::SmallVector<int64_t>> getIntegers() const;

  /// The value of an attribute, null when it has more than `maxElements`
  /// elements or a type that shapes are not computed in.
  static std::optional<SmallTensor> fromAttr(mlir::ElementsAttr attr,
                                             int64_t maxElements);

  /// The tensor as an attribute; all elements must be known.
  mlir::DenseElementsAttr toAttr() const;
};

/// Whether tensors of this element type can be followed.
bool isFoldableElementType(mlir::Type type);

/// Brings the result of a computation into the range of its type: integers wrap
/// around, floats are rounded. Of 64 bits without a sign, numbers that are too
/// large for an `int64_t` are not known.
Element convertTo(mlir::Type elementType, Element element);

/// The number of elements, none when it overflows or exceeds `maxElements`.
std::optional<int64_t> countElements(llvm::ArrayRef<int64_t> shape,
                                     int64_t maxElements);

/// The distance between neighbours in each dimension, row-major.
llvm::SmallVector<int64_t> getStrides(llvm::ArrayRef<int64_t> shape);

} // namespace garam::onnx

#endif // GARAM_LIB_DIALECT_ONNX_TRANSFORMS_SMALLTENSOR_H
