//===- MatrixReader.cpp - Reads the weights of a matrix -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Analog/Utils/MatrixReader.h"

#include "garam/Support/RawElements.h"

#include <cstring>

using namespace mlir;

namespace garam::analog {

bool areLoaded(ElementsAttr value) { return getRawElements(value).has_value(); }

FloatElements::FloatElements(ElementsAttr value) {
  RawElements raw = *getRawElements(value);
  bytes = raw.bytes;
  isSplat = raw.isSplat;
}

float FloatElements::operator[](int64_t number) const {
  float value;
  std::memcpy(&value, bytes.data() + (isSplat ? 0 : number) * sizeof(value),
              sizeof(value));
  return value;
}

/// What a step along each dimension of a map adds to the element's number, and
/// the number at index 0.
static std::pair<SmallVector<int64_t>, int64_t>
getStrides(AffineMap map, ArrayRef<int64_t> shape) {
  LinearMap linear = *getLinearMap(map);
  SmallVector<int64_t> strides(map.getNumDims(), 0);
  int64_t start = 0;
  for (auto [coefficients, constant, extent] :
       llvm::zip_equal(linear.coefficients, linear.constants, shape)) {
    start = start * extent + constant;
    for (auto [stride, coefficient] : llvm::zip_equal(strides, coefficients))
      stride = stride * extent + coefficient;
  }
  return {strides, start};
}

/// Sums of strides for all indices below `sizes` in row-major order.
static SmallVector<int64_t> listOffsets(ArrayRef<int64_t> sizes,
                                        ArrayRef<int64_t> strides) {
  SmallVector<int64_t> offsets{0};
  for (auto [size, stride] : llvm::zip_equal(sizes, strides)) {
    SmallVector<int64_t> next;
    next.reserve(offsets.size() * size);
    for (int64_t offset : offsets)
      for (int64_t i = 0; i < size; ++i)
        next.push_back(offset + i * stride);
    offsets = std::move(next);
  }
  return offsets;
}

SmallVector<int64_t> listElements(AffineMap map, ArrayRef<int64_t> sizes,
                                  ArrayRef<int64_t> shape) {
  auto [strides, start] = getStrides(map, shape);
  SmallVector<int64_t> elements = listOffsets(sizes, strides);
  for (int64_t &element : elements)
    element += start;
  return elements;
}

MatrixReader::MatrixReader(MatrixOp matrix)
    : elements(matrix.getValue()), numColumns(matrix.getType().getColumns()),
      groupColumns(matrix.getGroupColumns()) {
  auto [strides, start] =
      getStrides(matrix.getMap(), matrix.getValue().getShapedType().getShape());
  ArrayRef<int64_t> groups = matrix.getGroups();
  ArrayRef<int64_t> reduction = matrix.getReduction();
  rowOffsets = listOffsets(
      reduction, ArrayRef(strides).slice(groups.size(), reduction.size()));
  SmallVector<int64_t> columnSizes(groups),
      columnStrides(ArrayRef(strides).take_front(groups.size()));
  llvm::append_range(columnSizes, matrix.getOutputs());
  llvm::append_range(columnStrides,
                     ArrayRef(strides).take_back(matrix.getOutputs().size()));
  columnOffsets = listOffsets(columnSizes, columnStrides);
  for (int64_t &offset : columnOffsets)
    offset += start;
}

SmallVector<double> readBiases(RescaleOp op) {
  auto matrix = op.getMatrix().getDefiningOp<MatrixOp>();
  double offset = op.getOffset().convertToDouble();
  SmallVector<double> biases(matrix.getType().getColumns(), offset);
  if (!op.getBias())
    return biases;
  SmallVector<int64_t> sizes(matrix.getGroups());
  llvm::append_range(sizes, matrix.getOutputs());
  SmallVector<int64_t> elements = listElements(
      *op.getBiasMap(), sizes, op.getBias()->getShapedType().getShape());
  FloatElements table(*op.getBias());
  double factor = op.getBiasScale().convertToDouble();
  for (auto [bias, element] : llvm::zip_equal(biases, elements))
    bias += factor * table[element];
  return biases;
}

int64_t MatrixReader::getFirstRow(int64_t column) const {
  return column / groupColumns * getGroupRows();
}

void MatrixReader::readColumn(int64_t column,
                              MutableArrayRef<float> weights) const {
  for (auto [weight, offset] : llvm::zip_equal(weights, rowOffsets))
    weight = elements[columnOffsets[column] + offset];
}

} // namespace garam::analog
