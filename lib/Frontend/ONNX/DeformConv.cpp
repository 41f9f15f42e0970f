//===- DeformConv.cpp - Deformable convolution by GridSample --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A deformable convolution (Dai et al., 2017; with a mask, Zhu et al., 2018) is
// a product of its weights and of samples of the input, each at the place that
// a convolution has it from plus an offset of its own.
//
//===----------------------------------------------------------------------===//

#include "FunctionWriter.h"

#include "llvm/ADT/STLExtras.h"

#include <array>

using namespace llvm;

namespace garam::onnx {
namespace {

enum Input { kData, kWeight, kOffset, kBias, kMask };

constexpr int kNumDims = 2; // spatial, in order of height and width

class DeformConvWriter {
public:
  explicit DeformConvWriter(FunctionWriter &writer) : writer(writer) {}

  bool write();

private:
  bool readSizes();
  bool readWindow();
  void addPlaces(int dim);
  void addSamples();
  void addProduct();
  void addReshaped(StringRef result, StringRef value, const Twine &shape) {
    writer.addInts((result + "_shape").str(), shape);
    writer.addOnnx(result + " = Reshape (" + value + ", " + result + "_shape)");
  }

  FunctionWriter &writer;
  int64_t groups = 1, offsetGroups = 1;
  int64_t channels = 0, filters = 0, taps = 0;
  std::array<int64_t, kNumDims> data, kernel, output;
  std::array<int64_t, kNumDims> strides, dilations, pads; // in front
};

} // namespace

bool DeformConvWriter::readSizes() {
  for (int input : {kData, kWeight, kOffset})
    if (writer.getRank(input) != 2 + kNumDims)
      return false;
  auto read = [&](int input, int dim, int64_t &size) {
    std::optional<int64_t> known = writer.getDim(input, dim);
    size = known.value_or(0);
    return size > 0;
  };
  int64_t groupChannels, offsets;
  if (!read(kData, 1, channels) || !read(kWeight, 0, filters) ||
      !read(kWeight, 1, groupChannels) || !read(kOffset, 1, offsets))
    return false;
  for (int dim = 0; dim < kNumDims; ++dim)
    if (!read(kData, 2 + dim, data[dim]) ||
        !read(kWeight, 2 + dim, kernel[dim]) ||
        !read(kOffset, 2 + dim, output[dim]))
      return false;
  groups = writer.getInt("group", 1);
  offsetGroups = writer.getInt("offset_group", 1);
  taps = kernel[0] * kernel[1];
  return groups > 0 && offsetGroups > 0 && filters % groups == 0 &&
         channels == groups * groupChannels && channels % offsetGroups == 0 &&
         offsets == offsetGroups * taps * kNumDims;
}

bool DeformConvWriter::readWindow() {
  auto read = [&](StringRef name, int64_t missing, size_t count,
                  std::array<int64_t, kNumDims> &values) {
    std::vector<int64_t> given = writer.getInts(name);
    values.fill(missing);
    if (given.size() >= values.size())
      std::copy_n(given.begin(), values.size(), values.begin());
    return given.empty() || given.size() == count;
  };
  return read("strides", 1, kNumDims, strides) &&
         read("dilations", 1, kNumDims, dilations) &&
         read("pads", 0, 2 * kNumDims, pads);
}

/// Appends `placeDIM` [N * offset groups, taps, output], where the samples are
/// as GridSample has it: -1 and 1 are the outer edges of the first and the last
/// element.
void DeformConvWriter::addPlaces(int dim) {
  std::string name = ("place" + Twine(dim)).str();
  double size = static_cast<double>(data[dim]);
  auto scale = [&](double place) { return (2 * place + 1) / size - 1; };
  std::string ofTaps, ofOutputs;
  for (int64_t tap = 0; tap < taps; ++tap) {
    int64_t step = dim == 0 ? tap / kernel[1] : tap % kernel[1];
    double place = static_cast<double>(step * dilations[dim] - pads[dim]);
    ofTaps +=
        (tap == 0 ? "" : ", ") + FunctionWriter::formatFloat(scale(place));
  }
  for (int64_t i = 0; i < output[dim]; ++i)
    ofOutputs += (i == 0 ? "" : ", ") +
                 FunctionWriter::formatFloat(2 * i * strides[dim] / size);
  auto addFloats = [&](const std::string &result, const std::string &values,
                       const Twine &shape) {
    writer.addOnnx(result + "_list = Constant <value_floats: floats = [" +
                   values + "]> ()");
    addReshaped(result + "_floats", result + "_list", shape);
    writer.addOnnx(result + " = CastLike (" + result + "_floats, x0)");
  };
  addFloats(name + "_taps", ofTaps, Twine(taps) + ", 1, 1");
  addFloats(name + "_outputs", ofOutputs, dim == 0 ? "-1, 1" : "1, -1");
  addFloats(name + "_unit", FunctionWriter::formatFloat(2 / size), "1");
  writer.addOnnx(name + "_begin = Add (" + name + "_taps, " + name +
                 "_outputs)");
  writer.addInts(name + "_index", Twine(dim));
  writer.addOnnx(name + "_offset = Gather <axis = 2> (offsets, " + name +
                 "_index)");
  addReshaped(name + "_offsets", name + "_offset",
              "-1, " + Twine(taps) + ", " + Twine(output[0]) + ", " +
                  Twine(output[1]));
  writer.addOnnx(name + "_scaled = Mul (" + name + "_offsets, " + name +
                 "_unit)");
  writer.addOnnx(name + "_sum = Add (" + name + "_scaled, " + name + "_begin)");
  addReshaped(name, name + "_sum",
              "-1, " + Twine(taps * output[0]) + ", " + Twine(output[1]) +
                  ", 1");
}

/// Appends `samples` [N * offset groups, channels of one, taps * height,
/// width], 0 outside of the input.
void DeformConvWriter::addSamples() {
  addReshaped("data", "x0",
              "-1, " + Twine(channels / offsetGroups) + ", " + Twine(data[0]) +
                  ", " + Twine(data[1]));
  addReshaped("offsets", "x2",
              "-1, " + Twine(taps) + ", " + Twine(kNumDims) + ", " +
                  Twine(output[0]) + ", " + Twine(output[1]));
  for (int dim = 0; dim < kNumDims; ++dim)
    addPlaces(dim);
  // A place is of width and height.
  writer.addOnnx("places = Concat <axis = -1> (place1, place0)");
  std::string sampled = writer.has(kMask) ? "unmasked" : "samples";
  writer.addOnnx(sampled +
                 " = GridSample <mode = \"linear\", padding_mode = \"zeros\", "
                 "align_corners = 0> (data, places)");
  if (!writer.has(kMask))
    return;
  addReshaped("mask", "x4",
              "-1, 1, " + Twine(taps * output[0]) + ", " + Twine(output[1]));
  writer.addOnnx("samples = Mul (unmasked, mask)");
}

void DeformConvWriter::addProduct() {
  addReshaped("columns", "samples",
              "-1, " + Twine(groups) + ", " + Twine(channels / groups * taps) +
                  ", " + Twine(output[0] * output[1]));
  addReshaped("weights", "x1",
              Twine(groups) + ", " + Twine(filters / groups) + ", -1");
  writer.addOnnx("product = MatMul (weights, columns)");
  std::string result = writer.has(kBias) ? "unbiased" : "y0";
  addReshaped(result, "product",
              "-1, " + Twine(filters) + ", " + Twine(output[0]) + ", " +
                  Twine(output[1]));
  if (!writer.has(kBias))
    return;
  addReshaped("bias", "x3", "-1, 1, 1");
  writer.addOnnx("y0 = Add (unbiased, bias)");
}

bool DeformConvWriter::write() {
  if (!readSizes() || !readWindow())
    return false;
  addSamples();
  addProduct();
  return true;
}

bool writeDeformConv(FunctionWriter &writer) {
  return DeformConvWriter(writer).write();
}

} // namespace garam::onnx
