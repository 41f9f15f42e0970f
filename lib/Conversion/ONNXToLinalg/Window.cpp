//===- Window.cpp - Windows of convolutions and pooling -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Window.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace garam::onnx {

SmallVector<int64_t> Window::getHighPadding() const {
  SmallVector<int64_t> high;
  for (auto [pad, extra] : llvm::zip_equal(padHigh, overhang))
    high.push_back(pad + extra);
  return high;
}

AffineExpr Window::getCoordinate(size_t dim, AffineExpr outputDim,
                                 AffineExpr kernelDim) const {
  return outputDim * strides[dim] + kernelDim * dilations[dim];
}

SmallVector<int64_t> withBatchAndChannel(ArrayRef<int64_t> values,
                                         int64_t fill) {
  SmallVector<int64_t> all{fill, fill};
  llvm::append_range(all, values);
  return all;
}

static LogicalResult checkRange(NodeAccessor &node, StringRef name,
                                ArrayRef<int64_t> values, int64_t minimum) {
  // Sizes beyond this make products of a few of them overflow; no tensor that
  // fits an address space has them.
  constexpr int64_t maximum = int64_t(1) << 31;
  for (int64_t value : values)
    if (value < minimum || value > maximum)
      return node.error() << name << " holds " << value << ", but " << minimum
                          << " to " << maximum << " is needed";
  return success();
}

/// Splits the padding that auto_pad asks for: the output is
/// ceil(input / stride) and the odd element goes to the side that it names.
static void setSamePadding(Window &window, size_t dim, bool extraIsLow) {
  int64_t stride = window.strides[dim];
  int64_t reach = window.dilations[dim] * (window.kernel[dim] - 1) + 1;
  int64_t output = llvm::divideCeil(window.input[dim], stride);
  int64_t total =
      std::max<int64_t>(0, (output - 1) * stride + reach - window.input[dim]);
  window.padLow[dim] = extraIsLow ? total - total / 2 : total / 2;
  window.padHigh[dim] = total - window.padLow[dim];
}

static LogicalResult setPadding(NodeAccessor &node, Window &window) {
  size_t rank = window.getSpatialRank();
  StringRef mode = node.getString("auto_pad", "NOTSET");
  if (mode == "NOTSET") {
    SmallVector<int64_t> pads = node.getInts("pads", 2 * rank, 0);
    if (failed(checkRange(node, "attribute 'pads'", pads, 0)))
      return failure();
    window.padLow.assign(pads.begin(), pads.begin() + rank);
    window.padHigh.assign(pads.begin() + rank, pads.end());
    return success();
  }
  window.padLow.assign(rank, 0);
  window.padHigh.assign(rank, 0);
  if (mode == "VALID")
    return success();
  if (mode != "SAME_UPPER" && mode != "SAME_LOWER")
    return node.error() << "attribute 'auto_pad' is '" << mode
                        << "', but NOTSET, SAME_UPPER, SAME_LOWER or VALID "
                           "is needed";
  for (size_t dim = 0; dim < rank; ++dim)
    setSamePadding(window, dim, mode == "SAME_LOWER");
  return success();
}

static LogicalResult setOutputSizes(NodeAccessor &node, Window &window) {
  bool roundsUp = node.getInt("ceil_mode", 0) != 0;
  for (size_t dim = 0, e = window.getSpatialRank(); dim < e; ++dim) {
    int64_t stride = window.strides[dim];
    int64_t reach = window.dilations[dim] * (window.kernel[dim] - 1) + 1;
    int64_t padded =
        window.input[dim] + window.padLow[dim] + window.padHigh[dim];
    if (padded < reach)
      return node.error() << "the window spans " << reach
                          << " elements of spatial dimension " << dim
                          << ", which has " << padded << " with its padding";
    int64_t steps = (padded - reach) / stride;
    // A last window that begins beyond the input and its low padding is
    // dropped.
    bool addsWindow =
        roundsUp && (padded - reach) % stride != 0 &&
        (steps + 1) * stride < window.input[dim] + window.padLow[dim];
    window.output.push_back(steps + 1 + addsWindow);
    int64_t span = (window.output.back() - 1) * stride + reach;
    window.overhang.push_back(std::max<int64_t>(0, span - padded));
  }
  return success();
}

FailureOr<Window> getWindow(NodeAccessor &node, ArrayRef<int64_t> kernel) {
  size_t rank = kernel.size();
  Window window;
  window.kernel = llvm::to_vector(kernel);
  window.strides = node.getInts("strides", rank, 1);
  window.dilations = node.getInts("dilations", rank, 1);
  if (failed(node.checkRank(0, rank + 2, rank + 2)) ||
      failed(checkRange(node, "the window", kernel, 1)) ||
      failed(checkRange(node, "attribute 'strides'", window.strides, 1)) ||
      failed(checkRange(node, "attribute 'dilations'", window.dilations, 1)))
    return failure();
  for (size_t dim = 0; dim < rank; ++dim)
    if (failed(node.checkStaticDim(0, dim + 2, "the window")))
      return failure();
  window.input = llvm::to_vector(node.getInputType(0).getShape().drop_front(2));
  if (failed(setPadding(node, window)) || failed(setOutputSizes(node, window)))
    return failure();
  return window;
}

} // namespace garam::onnx
