//===- AffineGrid.cpp - Grids of sampling places --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// ONNX defines AffineGrid by a function whose shapes follow from the values of
// its second input. Here they are those of its output where these are known,
// and a place is a sum of products, which needs no matrix of all places.
//
//===----------------------------------------------------------------------===//

#include "FunctionWriter.h"

using namespace llvm;

namespace garam::onnx {

/// Places that are written down one by one: more than any image has rows.
static constexpr int64_t maxListedPlaces = 1 << 14;

/// Appends `NAME_list`, the places of the elements along a dimension of known
/// size.
static void addKnownPlaces(FunctionWriter &writer, const std::string &name,
                           int64_t size, bool isOfMiddles) {
  double divisor = static_cast<double>(isOfMiddles ? size - 1 : size);
  std::string places;
  for (int64_t i = 0; i < size; ++i) {
    double dividend = static_cast<double>(isOfMiddles ? 2 * i : 2 * i + 1);
    places += (i == 0 ? "" : ", ") +
              FunctionWriter::formatFloat(dividend / divisor - 1);
  }
  writer.addOnnx(name + "_floats = Constant <value_floats: floats = [" +
                 places + "]> ()");
  writer.addOnnx(name + "_list = CastLike (" + name + "_floats, x0)");
}

/// The same, of the size that x1 has for the dimension.
static void addComputedPlaces(FunctionWriter &writer, const std::string &name,
                              int dim, bool isOfMiddles) {
  writer.addOnnx(
      name + "_index = Constant <value_int: int = " + Twine(2 + dim) + "> ()");
  writer.addOnnx(name + "_size = Gather (x1, " + name + "_index)");
  writer.addOnnx(name + "_first = Constant <value_int: int = 0> ()");
  writer.addOnnx(name + "_one = Constant <value_int: int = 1> ()");
  writer.addOnnx(name + "_steps = Range (" + name + "_first, " + name +
                 "_size, " + name + "_one)");
  writer.addOnnx(name + "_twice = Add (" + name + "_steps, " + name +
                 "_steps)");
  std::string dividend = name + (isOfMiddles ? "_twice" : "_odd");
  std::string divisor = name + (isOfMiddles ? "_gaps" : "_size");
  if (isOfMiddles)
    writer.addOnnx(divisor + " = Sub (" + name + "_size, " + name + "_one)");
  else
    writer.addOnnx(dividend + " = Add (" + name + "_twice, " + name + "_one)");
  for (const std::string &part : {dividend, divisor, name + "_one"})
    writer.addOnnx(part + "_float = CastLike (" + part + ", x0)");
  writer.addOnnx(name + "_share = Div (" + dividend + "_float, " + divisor +
                 "_float)");
  writer.addOnnx(name + "_list = Sub (" + name + "_share, " + name +
                 "_one_float)");
}

/// Appends `NAME` [size, 1, ...]: the places of the elements along a spatial
/// dimension, of which `dimsBehind` more follow: (2 i + 1) / size - 1, where -1
/// and 1 are the outer edges of the first and the last element, or
/// 2 i / (size - 1) - 1, where they are their middles.
static void addPlaces(FunctionWriter &writer, const std::string &name, int dim,
                      int dimsBehind) {
  bool isOfMiddles = writer.getInt("align_corners", 0) != 0;
  std::optional<int64_t> size = writer.getOutputDim(0, 1 + dim);
  if (size && *size > 1 && *size <= maxListedPlaces)
    addKnownPlaces(writer, name, *size, isOfMiddles);
  else
    addComputedPlaces(writer, name, dim, isOfMiddles);
  std::string shape = "-1";
  for (int i = 0; i < dimsBehind; ++i)
    shape += ", 1";
  writer.addInts(name + "_shape", shape);
  writer.addOnnx(name + " = Reshape (" + name + "_list, " + name + "_shape)");
}

bool writeAffineGrid(FunctionWriter &writer) {
  std::optional<int64_t> dims = writer.getDim(0, 1);
  if (dims != 2 && dims != 3)
    return false;
  std::string ones; // between the batch and what a place consists of
  for (int dim = 0; dim < *dims; ++dim)
    ones += ", 1";
  writer.addInts("column_shape", "0" + ones + ", " + Twine(*dims));
  // A place is of width, height and depth, in this order, and so are the
  // columns of x0; behind them it has what is added.
  for (int column = 0; column <= *dims; ++column) {
    std::string name = ("column" + Twine(column)).str();
    writer.addInts(name + "_index", Twine(column));
    writer.addOnnx(name + "_part = Gather <axis = 2> (x0, " + name + "_index)");
    writer.addOnnx(name + " = Reshape (" + name + "_part, column_shape)");
  }
  std::string sum = ("column" + Twine(*dims)).str();
  for (int column = 0; column < *dims; ++column) {
    std::string name = ("places" + Twine(column)).str();
    addPlaces(writer, name, /*dim=*/*dims - 1 - column,
              /*dimsBehind=*/column + 1);
    writer.addOnnx(name + "_product = Mul (" + name + ", column" +
                   Twine(column) + ")");
    std::string next = column + 1 == *dims ? "y0" : name + "_sum";
    writer.addOnnx(next + " = Add (" + sum + ", " + name + "_product)");
    sum = next;
  }
  return true;
}

} // namespace garam::onnx
