//===- ContribBlocks.cpp - Weights that are quantised in blocks -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The operators of domain com.microsoft whose weights have a scale and a zero
// point for each block of elements of a row, written as ONNX's
// DequantizeLinear and the operator on floats.
// Source: onnxruntime, docs/ContribOperators.md.
//
//===----------------------------------------------------------------------===//

#include "ContribBlocks.h"

#include "FunctionWriter.h"

using namespace llvm;

namespace garam::onnx {
namespace {

using Name = std::string;

/// Appends `result` = the first `size` columns of `value`, which has `columns`
/// and this rank; the name of that which has them.
Name addColumns(FunctionWriter &writer, const Name &value, int64_t columns,
                int64_t size, int rank) {
  if (columns == size)
    return value;
  Name result = value + "_columns";
  auto addVector = [&](const Name &name, int64_t number) {
    writer.addOnnx(result + name + " = Constant <value_ints = [" +
                   Twine(number) + "]> ()");
  };
  addVector("_start", 0);
  addVector("_end", size);
  addVector("_axis", rank - 1);
  writer.addOnnx(result + " = Slice (" + value + ", " + result + "_start, " +
                 result + "_end, " + result + "_axis)");
  return result;
}

/// Appends `rows` [N, K in whole blocks] = (codes - zero points) * scales, with
/// zero points that are floats, which DequantizeLinear does not take.
void addRowsOfFloats(FunctionWriter &writer, int64_t rows, int64_t blocks,
                     int64_t block) {
  writer.addInts("blocks_shape",
                 Twine(rows) + ", " + Twine(blocks) + ", " + Twine(block));
  writer.addInts("numbers_shape", Twine(rows) + ", " + Twine(blocks) + ", 1");
  writer.addOnnx("code_numbers = CastLike (codes, x2)");
  writer.addOnnx("code_blocks = Reshape (code_numbers, blocks_shape)");
  writer.addOnnx("zero_numbers = CastLike (x3, x2)");
  writer.addOnnx("zero_blocks = Reshape (zero_numbers, numbers_shape)");
  writer.addOnnx("scale_blocks = Reshape (x2, numbers_shape)");
  writer.addOnnx("steps = Sub (code_blocks, zero_blocks)");
  writer.addOnnx("row_blocks = Mul (steps, scale_blocks)");
  writer.addInts("rows_shape", Twine(rows) + ", " + Twine(blocks * block));
  writer.addOnnx("rows = Reshape (row_blocks, rows_shape)");
}

/// Appends the same, with zero points [N, blocks or more] of integers. False
/// for others.
bool addRowsOfIntegers(FunctionWriter &writer, int64_t rows, int64_t blocks,
                       int64_t block) {
  constexpr int kZeroPoints = 3;
  std::optional<int64_t> zeroColumns = writer.getDim(kZeroPoints, 1);
  if (!zeroColumns || *zeroColumns < blocks ||
      !writer.addBytes("zeros", kZeroPoints))
    return writer.refuse("zero points must be constant, one for each block, "
                         "packed bytes or floats");
  writer.addInts("scales_shape", Twine(rows) + ", " + Twine(blocks));
  writer.addOnnx("scales = Reshape (x2, scales_shape)");
  Name zeros = addColumns(writer, "zeros", *zeroColumns, blocks, /*rank=*/2);
  writer.addOnnx("rows = DequantizeLinear <axis = 1, block_size = " +
                 Twine(block) + "> (codes, scales, " + zeros + ")");
  return true;
}

} // namespace

/// Inputs: a, weights [N, K in whole blocks], scales of the blocks, zero
/// points, the order of the columns, the bias. Weights and zero points of
/// integers have the types that declarePackedOperands gives them.
bool writeMatMulNBits(FunctionWriter &writer) {
  constexpr int kZeroPoints = 3, kOrder = 4, kBias = 5;
  if (writer.has(kOrder))
    return writer.refuse("input 4, an order of the columns, is not supported");
  int64_t block = writer.getInt("block_size", 0), depth = writer.getInt("K", 0);
  std::optional<int64_t> rows = writer.getDim(1, 0);
  std::optional<int64_t> columns = writer.getDim(1, 1);
  if (writer.getRank(1) != 2 || !rows || !columns || block <= 0 ||
      *columns % block != 0 || depth > *columns || !writer.addBytes("codes", 1))
    return writer.refuse("the weights must be constant bytes of 2, 4 or 8 bits "
                         "an element in whole blocks");
  int64_t blocks = *columns / block;
  if (writer.isFloat(kZeroPoints))
    addRowsOfFloats(writer, *rows, blocks, block);
  else if (!addRowsOfIntegers(writer, *rows, blocks, block))
    return false;
  Name weights = addColumns(writer, "rows", *columns, depth, /*rank=*/2);
  writer.addOnnx("b = Transpose <perm = [1, 0]> (" + weights + ")");
  bool hasBias = writer.has(kBias);
  writer.addOnnx(Twine(hasBias ? "product" : "y0") + " = MatMul (x0, b)");
  if (hasBias)
    writer.addOnnx("y0 = Add (product, x5)");
  return true;
}

/// Inputs: data, indices, scales of the blocks and zero points. What is
/// gathered is dequantised.
bool writeGatherBlockQuantized(FunctionWriter &writer) {
  constexpr int kScales = 2, kZeroPoints = 3;
  std::optional<int> rank = writer.getRank(0), indices = writer.getRank(1);
  if (!rank || !indices || *rank == 0 || writer.getRank(kScales) != rank)
    return false;
  int64_t gather = writer.getInt("gather_axis", 0);
  int64_t axis = writer.getInt("quantize_axis", 1);
  for (int64_t *number : {&gather, &axis})
    *number += *number < 0 ? *rank : 0;
  if (gather < 0 || axis < 0 || gather >= *rank || axis >= *rank ||
      gather == axis)
    return false;
  if (!writer.addBytes("data", 0))
    return false;
  auto addGather = [&](const Name &result, const Name &operand) {
    writer.addOnnx(result + " = Gather <axis = " + Twine(gather) + "> (" +
                   operand + ", x1)");
  };
  addGather("codes", "data");
  addGather("scales", "x2");
  Name operands = "codes, scales";
  if (writer.has(kZeroPoints)) {
    std::optional<int64_t> zeros = writer.getDim(kZeroPoints, *rank - 1);
    std::optional<int64_t> size = writer.getDim(kScales, *rank - 1);
    if (!zeros || !size || *zeros < *size ||
        !writer.addBytes("all_zeros", kZeroPoints))
      return false;
    addGather("zeros", addColumns(writer, "all_zeros", *zeros, *size, *rank));
    operands += ", zeros";
  }
  int64_t moved = gather < axis ? axis + *indices - 1 : axis;
  writer.addOnnx("y0 = DequantizeLinear <axis = " + Twine(moved) +
                 ", block_size = " + Twine(writer.getInt("block_size", 128)) +
                 "> (" + operands + ")");
  return true;
}

} // namespace garam::onnx
