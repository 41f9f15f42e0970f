//===- DeriveSpatialSizes.cpp - Heights and widths of run time ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DeriveSizes.h"

#include "garam/Dialect/ONNX/IR/WindowSizes.h"
#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;

namespace garam::onnx {
namespace {

/// Batch and channels come before the spatial dimensions.
constexpr size_t firstSpatial = 2;

Attribute getAttr(const NodeSizes &in, StringRef name) {
  NodeOp node = in.node;
  return node.getNodeAttributes().get(name);
}

int64_t getInt(const NodeSizes &in, StringRef name, int64_t missing) {
  auto value = dyn_cast_or_null<IntegerAttr>(getAttr(in, name));
  return value ? value.getInt() : missing;
}

/// `count` integers of an attribute; `missing` without it, none where it has
/// another number of them.
std::optional<SmallVector<int64_t>> getInts(const NodeSizes &in, StringRef name,
                                            size_t count, int64_t missing) {
  Attribute attr = getAttr(in, name);
  if (!attr)
    return SmallVector<int64_t>(count, missing);
  SmallVector<int64_t> values;
  if (auto list = dyn_cast<DenseI64ArrayAttr>(attr))
    values = llvm::to_vector(list.asArrayRef());
  if (values.size() != count)
    return std::nullopt;
  return values;
}

AutoPad getAutoPad(const NodeSizes &in) {
  auto text = dyn_cast_or_null<StringAttr>(getAttr(in, "auto_pad"));
  // What is no value is reported where the node is lowered.
  return text ? parseAutoPad(text.getValue()).value_or(AutoPad::None)
              : AutoPad::None;
}

/// The window of each spatial dimension; `kernel` has its sizes.
std::optional<SmallVector<WindowAxis>> getAxes(const NodeSizes &in,
                                               ArrayRef<int64_t> kernel) {
  size_t rank = kernel.size();
  auto strides = getInts(in, "strides", rank, 1),
       dilations = getInts(in, "dilations", rank, 1),
       pads = getInts(in, "pads", 2 * rank, 0);
  if (!strides || !dilations || !pads ||
      in.sizes[0].size() != rank + firstSpatial)
    return std::nullopt;
  // What is beyond is reported where the node is lowered.
  constexpr int64_t limit = int64_t(1) << 31;
  auto isBeyond = [](int64_t value) { return value < -limit || value > limit; };
  if (llvm::any_of(*strides, isBeyond) || llvm::any_of(*dilations, isBeyond) ||
      llvm::any_of(*pads, isBeyond) || llvm::any_of(kernel, isBeyond))
    return std::nullopt;
  SmallVector<WindowAxis> axes;
  for (size_t dim = 0; dim < rank; ++dim) {
    if ((*strides)[dim] < 1 || (*dilations)[dim] < 1 || kernel[dim] < 1)
      return std::nullopt;
    axes.push_back({kernel[dim], (*strides)[dim], (*dilations)[dim],
                    (*pads)[dim], (*pads)[rank + dim]});
  }
  return axes;
}

/// The spatial sizes of the weights.
std::optional<SmallVector<int64_t>> getKernelOfWeights(const NodeSizes &in) {
  if (in.sizes.size() < 2 || in.sizes[1].size() <= firstSpatial)
    return std::nullopt;
  SmallVector<int64_t> kernel;
  for (AffineExpr size : ArrayRef(in.sizes[1]).drop_front(firstSpatial)) {
    auto known = dyn_cast_or_null<AffineConstantExpr>(size);
    if (!known)
      return std::nullopt;
    kernel.push_back(known.getValue());
  }
  return kernel;
}

/// Puts what `derive` makes of each spatial size in its place.
template <typename DeriveFn>
std::optional<SizeList> mapSpatial(const NodeSizes &in,
                                   ArrayRef<WindowAxis> axes,
                                   AffineExpr channels, DeriveFn derive) {
  SizeList result = in.sizes[0];
  result[1] = channels;
  for (auto [dim, axis] : llvm::enumerate(axes)) {
    AffineExpr &size = result[firstSpatial + dim];
    if (size)
      size = derive(dim, axis, size);
    if (size)
      size = normalizeSize(size);
  }
  return result;
}

std::optional<SizeList> deriveWindow(const NodeSizes &in,
                                     ArrayRef<int64_t> kernel,
                                     AffineExpr channels) {
  std::optional<SmallVector<WindowAxis>> axes = getAxes(in, kernel);
  if (!axes)
    return std::nullopt;
  AutoPad autoPad = getAutoPad(in);
  bool roundsUp = getInt(in, "ceil_mode", 0) != 0;
  return mapSpatial(in, *axes, channels,
                    [&](size_t, const WindowAxis &axis, AffineExpr size) {
                      auto sizes =
                          getWindowSizes(axis, size, autoPad, roundsUp);
                      return sizes ? sizes->output : AffineExpr();
                    });
}

std::optional<SizeList> deriveConv(const NodeSizes &in) {
  auto kernel = getKernelOfWeights(in);
  return kernel ? deriveWindow(in, *kernel, in.sizes[1][0]) : std::nullopt;
}

std::optional<SizeList> derivePool(const NodeSizes &in) {
  if (in.sizes[0].size() <= firstSpatial)
    return std::nullopt;
  auto kernel =
      getInts(in, "kernel_shape", in.sizes[0].size() - firstSpatial, 0);
  return kernel ? deriveWindow(in, *kernel, in.sizes[0][1]) : std::nullopt;
}

std::optional<SizeList> deriveConvTranspose(const NodeSizes &in) {
  auto kernel = getKernelOfWeights(in);
  if (!kernel)
    return std::nullopt;
  auto axes = getAxes(in, *kernel);
  auto extra = getInts(in, "output_padding", kernel->size(), 0),
       wanted = getInts(in, "output_shape", kernel->size(), 0);
  if (!axes || !extra || !wanted || !in.sizes[1][1])
    return std::nullopt;
  AffineExpr channels = in.sizes[1][1] * getInt(in, "group", 1);
  return mapSpatial(in, *axes, channels,
                    [&](size_t dim, const WindowAxis &axis, AffineExpr size) {
                      auto sizes = getTransposedWindowSizes(
                          axis, size, getAutoPad(in), (*extra)[dim],
                          (*wanted)[dim]);
                      return sizes ? sizes->output : AffineExpr();
                    });
}

/// Blocks of the channels become ones of height and width.
std::optional<SizeList> deriveDepthToSpace(const NodeSizes &in) {
  int64_t block = getInt(in, "blocksize", 0);
  SizeList result = in.sizes[0];
  if (block < 1 || result.size() != firstSpatial + 2 ||
      llvm::is_contained(result, AffineExpr()))
    return std::nullopt;
  return SizeList{result[0], result[1].floorDiv(block * block),
                  normalizeSize(result[2] * block),
                  normalizeSize(result[3] * block)};
}

std::optional<SizeList> deriveSpaceToDepth(const NodeSizes &in) {
  int64_t block = getInt(in, "blocksize", 0);
  SizeList result = in.sizes[0];
  if (block < 1 || result.size() != firstSpatial + 2 ||
      llvm::is_contained(result, AffineExpr()))
    return std::nullopt;
  return SizeList{result[0], result[1] * (block * block),
                  normalizeSize(result[2].floorDiv(block)),
                  normalizeSize(result[3].floorDiv(block))};
}

/// The operand's elements; none when it is left out, empty or not known.
ArrayRef<Element> getElements(const NodeSizes &in, size_t index) {
  if (index >= in.values.size() || !in.values[index])
    return {};
  return in.values[index]->elements;
}

/// By scales, input 2, or sizes, input 3.
std::optional<SizeList> deriveResize(const NodeSizes &in) {
  SizeList result = in.sizes[0];
  ArrayRef<Element> scales = getElements(in, 2), sizes = getElements(in, 3);
  size_t count = sizes.empty() ? scales.size() : sizes.size();
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, count));
  if (auto given = dyn_cast_or_null<DenseI64ArrayAttr>(getAttr(in, "axes")))
    axes = llvm::to_vector(given.asArrayRef());
  auto policy =
      dyn_cast_or_null<StringAttr>(getAttr(in, "keep_aspect_ratio_policy"));
  bool stretches = !policy || policy.getValue() == "stretch";
  if (axes.size() != count || count == 0 || (!sizes.empty() && !stretches))
    return std::nullopt;
  for (auto [i, given] : llvm::enumerate(axes)) {
    int64_t axis = given < 0 ? given + int64_t(result.size()) : given;
    if (axis < 0 || axis >= int64_t(result.size()))
      return std::nullopt;
    AffineExpr &size = result[axis];
    if (!sizes.empty())
      size = sizes[i].getSize(in.node->getContext());
    else if (size && scales[i].known)
      size = getScaledSize(size, scales[i].number).value_or(AffineExpr());
    else
      size = AffineExpr();
    if (size)
      size = normalizeSize(size);
  }
  return result;
}

} // namespace

std::optional<SizeList> deriveSpatialSizes(const NodeSizes &in) {
  NodeOp node = in.node;
  using Derive = std::optional<SizeList> (*)(const NodeSizes &);
  auto derive = llvm::StringSwitch<Derive>(node.getOpType())
                    .Cases({"Conv", "ConvInteger"}, deriveConv)
                    .Case("ConvTranspose", deriveConvTranspose)
                    .Cases({"AveragePool", "LpPool", "MaxPool"}, derivePool)
                    .Case("DepthToSpace", deriveDepthToSpace)
                    .Case("Resize", deriveResize)
                    .Case("SpaceToDepth", deriveSpaceToDepth)
                    .Default(nullptr);
  return derive ? derive(in) : std::nullopt;
}

} // namespace garam::onnx
