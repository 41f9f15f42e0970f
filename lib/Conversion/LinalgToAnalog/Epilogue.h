//===- Epilogue.h - What follows a product ----------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTOANALOG_EPILOGUE_H
#define GARAM_LIB_CONVERSION_LINALGTOANALOG_EPILOGUE_H

#include "Product.h"

namespace garam::analog {

/// The operations behind a product that its rescaling carries out: a chain of
/// single uses. An output is sum * factor + tableFactor * table + offset,
/// within [low, high].
struct Epilogue {
  mlir::SmallVector<mlir::Operation *> ops; // first to last, the product first
  mlir::Value result;
  mlir::AffineMap outputMap; // (vectors, groups, outputs) -> result
  double factor = 1, tableFactor = 1, offset = 0;
  mlir::ElementsAttr table; // null: none
  mlir::AffineMap tableMap; // (groups, outputs) -> table
  std::optional<float> low, high;
};

Epilogue findEpilogue(const Product &product);

} // namespace garam::analog

#endif // GARAM_LIB_CONVERSION_LINALGTOANALOG_EPILOGUE_H
