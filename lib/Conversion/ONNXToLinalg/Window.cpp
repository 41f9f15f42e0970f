//===- Window.cpp - Windows of convolutions and pooling -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Window.h"

#include "garam/Dialect/ONNX/IR/WindowSizes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

AffineExpr Window::getCoordinate(size_t dim, AffineExpr outputDim,
                                 AffineExpr kernelDim) const {
  return outputDim * strides[dim] + kernelDim * dilations[dim];
}

Value Window::makePadded(ImplicitLocOpBuilder &b, Value input,
                         TypedAttr value) const {
  auto isZero = [](OpFoldResult amount) { return isZeroInteger(amount); };
  if (llvm::all_of(padLow, isZero) && llvm::all_of(padBehind, isZero))
    return input;
  Sizes low(2, b.getIndexAttr(0)), high(low);
  llvm::append_range(low, padLow);
  llvm::append_range(high, padBehind);
  Value scalar = arith::ConstantOp::create(b, value);
  return tensor::PadOp::create(b, /*resultType=*/Type(), input, low, high,
                               scalar);
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

static FailureOr<AutoPad> getAutoPad(NodeAccessor &node) {
  StringRef mode = node.getString("auto_pad", "NOTSET");
  if (std::optional<AutoPad> known = parseAutoPad(mode))
    return *known;
  return node.error() << "attribute 'auto_pad' is '" << mode
                      << "', but NOTSET, SAME_UPPER, SAME_LOWER or VALID "
                         "is needed";
}

/// Reports a window that is larger than what it moves over.
static LogicalResult checkFit(NodeAccessor &node, const Window &window,
                              size_t dim, int64_t reach) {
  std::optional<int64_t> low = getConstantIntValue(window.padLow[dim]),
                         high = getConstantIntValue(window.padHigh[dim]),
                         size = getConstantIntValue(window.input[dim]);
  if (!low || !high || !size || *low + *size + *high >= reach)
    return success();
  return node.error() << "the window spans " << reach
                      << " elements of spatial dimension " << dim
                      << ", which has " << *low + *size + *high
                      << " with its padding";
}

/// Adds what follows from the size of a spatial dimension.
static LogicalResult addDimension(NodeAccessor &node, Window &window,
                                  const WindowAxis &axis, AutoPad autoPad) {
  ImplicitLocOpBuilder &b = node.b;
  size_t dim = window.input.size();
  OpFoldResult size =
      tensor::getMixedSize(b, b.getLoc(), node.getInput(0), dim + 2);
  std::optional<int64_t> known = getConstantIntValue(size);
  AffineExpr symbol = b.getAffineSymbolExpr(0);
  std::optional<WindowSizes> sizes =
      getWindowSizes(axis, known ? b.getAffineConstantExpr(*known) : symbol,
                     autoPad, node.getInt("ceil_mode", 0) != 0);
  if (!sizes)
    return node.checkStaticDim(
        0, dim + 2,
        "auto_pad of a window smaller than its stride, or ceil_mode with "
        "padding of a window and more,");
  auto make = [&](AffineExpr expr) {
    return affine::makeComposedFoldedAffineApply(
        b, b.getLoc(), AffineMap::get(0, 1, expr), {size});
  };
  window.input.push_back(size);
  window.padLow.push_back(make(sizes->padLow));
  window.padHigh.push_back(make(sizes->padHigh));
  window.padBehind.push_back(make(sizes->padHigh + sizes->overhang));
  window.output.push_back(make(sizes->output));
  return checkFit(node, window, dim, axis.getReach());
}

FailureOr<Window> getWindow(NodeAccessor &node, ArrayRef<int64_t> kernel) {
  size_t rank = kernel.size();
  Window window;
  window.kernel = llvm::to_vector(kernel);
  window.strides = node.getInts("strides", rank, 1);
  window.dilations = node.getInts("dilations", rank, 1);
  FailureOr<AutoPad> autoPad = getAutoPad(node);
  SmallVector<int64_t> pads = node.getInts("pads", 2 * rank, 0);
  if (failed(node.checkRank(0, rank + 2, rank + 2)) ||
      failed(checkRange(node, "the window", kernel, 1)) ||
      failed(checkRange(node, "attribute 'strides'", window.strides, 1)) ||
      failed(checkRange(node, "attribute 'dilations'", window.dilations, 1)) ||
      failed(autoPad) ||
      (*autoPad == AutoPad::None &&
       failed(checkRange(node, "attribute 'pads'", pads, 0))))
    return failure();
  for (size_t dim = 0; dim < rank; ++dim) {
    WindowAxis axis{kernel[dim], window.strides[dim], window.dilations[dim],
                    pads[dim], pads[rank + dim]};
    if (failed(addDimension(node, window, axis, *autoPad)))
      return failure();
  }
  return window;
}

} // namespace garam::onnx
