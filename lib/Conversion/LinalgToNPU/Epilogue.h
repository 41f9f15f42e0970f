//===- Epilogue.h - What follows a sum of products --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTONPU_EPILOGUE_H
#define GARAM_LIB_CONVERSION_LINALGTONPU_EPILOGUE_H

#include "Access.h"

#include "garam/Dialect/NPU/IR/NPU.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>

namespace garam::npu {

/// A value for each channel, or one for all.
using ChannelValues = llvm::SmallVector<double>;

/// A tensor that is added: (element - zero point of the access) * scale.
struct Residual {
  Access access;
  double scale = 1.0;
};

/// A value is rounded to nearest even, clamped to the integers from `low` to
/// `high` and multiplied by `scale`: quantised and dequantised.
struct Requantization {
  int32_t low, high;
  float scale;
};

/// value = sum * scale[channel] + bias[channel], requantised, + residual,
/// clamped, and then either stored as a float or divided by the output's scale,
/// rounded, moved by the zero point and saturated. Coefficients are kept in
/// f64 until they are written, so that scales of several operators multiply
/// without loss; from a requantisation on they stay apart, so that each step
/// rounds as the operator does that it stands for.
struct Epilogue {
  /// Coordinate of the channel in the loop dimensions; null while no
  /// coefficient has more than one value.
  mlir::AffineExpr channel;
  int64_t numChannels = 1;
  ChannelValues scale = {1.0};
  ChannelValues bias = {0.0};
  std::optional<Requantization> requantization;
  std::optional<Residual> residual;
  bool takesResidual = true;   // else adding one fails
  bool takesDequantize = true; // else dequantising fails
  std::optional<double> clampLow, clampHigh;
  double outputScale = 1.0;
  bool isQuantized = false;
  int64_t zeroPoint = 0;
  bool isUnsigned = false;

  bool isClamped() const { return clampLow || clampHigh; }

  // Each of these appends a step and fails, unchanged, when the order of the
  // steps does not allow it.
  bool add(const ChannelValues &values);
  bool multiply(const ChannelValues &values);
  bool add(const Residual &other);
  bool clampBelow(double low);
  bool clampAbove(double high);
  bool quantize(const ChannelValues &scales, int64_t zeroPoint,
                bool isUnsigned);
  /// Of what was quantised just before, to integers of `bits` bits.
  bool dequantize(double scale, int64_t zeroPoint, bool isUnsigned,
                  unsigned bits);
};

/// The loop nest whose results flow into an epilogue.
struct EpilogueLoops {
  llvm::SmallVector<int64_t> sizes;
  llvm::SmallVector<IteratorKind> iterators;
};

/// Follows the single uses of a sum of products and absorbs what an epilogue
/// can carry out.
class EpilogueBuilder {
public:
  /// `result` holds the sums at `coordinates` of the loop dimensions.
  EpilogueBuilder(const EpilogueLoops &loops, mlir::Value result,
                  llvm::ArrayRef<mlir::AffineExpr> coordinates,
                  bool takesResidual, bool takesDequantize)
      : loops(loops), current(result), coordinates(coordinates),
        resultCoordinates(coordinates), location(result.getLoc()) {
    epilogue.takesResidual = takesResidual;
    epilogue.takesDequantize = takesDequantize;
  }

  /// Multiplies the sums by values that depend on coordinate `channel`, which
  /// is null when there is but one. Comes first.
  bool setScale(const ChannelValues &scale, mlir::AffineExpr channel);
  /// What the accumulators start from: a constant becomes a bias, another
  /// tensor a residual. Fails when it can be neither.
  mlir::LogicalResult addInitialValue(mlir::Value init,
                                      llvm::ArrayRef<mlir::AffineExpr> coords);
  /// Absorbs as many consumers as possible, but dequantises only where the
  /// result is quantised again.
  void absorbConsumers();

  const Epilogue &getEpilogue() const { return epilogue; }
  /// The value that the stage replaces.
  mlir::Value getResult() const { return current; }
  /// Coordinates that the stage writes; its result is reshaped if
  /// isReshaped().
  llvm::ArrayRef<mlir::AffineExpr> getResultCoordinates() const {
    return resultCoordinates;
  }
  bool isReshaped() const { return reshaped; }
  llvm::ArrayRef<mlir::Location> getLocations() const { return locations; }

private:
  bool absorb(mlir::Operation *user);
  bool absorbElementwise(mlir::linalg::LinalgOp op);
  bool absorbQuantize(ext::QuantizeOp op);
  bool absorbDequantize(ext::DequantizeOp op);
  bool absorbExpand(mlir::Operation *op);
  bool absorbCollapse(mlir::Operation *op);
  /// The values of constant `access` by channel, if it depends on nothing else.
  std::optional<ChannelValues> readChannels(Access access);
  bool setChannel(mlir::AffineExpr expr, int64_t count);

  friend class EpilogueBody;

  /// What absorbing an operation changes.
  struct State {
    Epilogue epilogue;
    mlir::Value current;
    llvm::SmallVector<mlir::AffineExpr> coordinates, resultCoordinates;
    bool reshaped;
    size_t numLocations;
  };
  State save() const {
    return {epilogue,          current,  coordinates,
            resultCoordinates, reshaped, locations.size()};
  }
  void restore(State state);

  const EpilogueLoops &loops;
  Epilogue epilogue;
  mlir::Value current;
  llvm::SmallVector<mlir::AffineExpr> coordinates, resultCoordinates;
  bool reshaped = false;
  mlir::Location location;
  llvm::SmallVector<mlir::Location> locations;
};

} // namespace garam::npu

#endif // GARAM_LIB_CONVERSION_LINALGTONPU_EPILOGUE_H
