//===- DropRanges.cpp - Drops what was observed of results ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/GaramExt/Transforms/Passes.h"

#include "garam/Dialect/GaramExt/IR/ObservedRange.h"

using namespace mlir;

namespace garam::ext {

#define GEN_PASS_DEF_GARAMEXTDROPRANGES
#include "garam/Dialect/GaramExt/Transforms/Passes.h.inc"

namespace {

struct GaramExtDropRanges : impl::GaramExtDropRangesBase<GaramExtDropRanges> {
  void runOnOperation() override {
    getOperation()->walk(
        [](Operation *op) { op->removeDiscardableAttr(rangeAttrName); });
  }
};

} // namespace
} // namespace garam::ext
