//===- OperatorTable.cpp - Operators and their lowerings ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"

using namespace mlir;

namespace garam::onnx {

const OperatorLowering *OperatorTable::find(StringRef domain,
                                            StringRef opType) const {
  // Two spellings of the default domain.
  if (!domain.empty() && domain != "ai.onnx")
    return nullptr;
  auto row = table.find(opType);
  return row == table.end() ? nullptr : &row->second;
}

OperatorTable makeOperatorTable() {
  OperatorTable table;
  registerActivation(table);
  registerAttention(table);
  registerBodies(table);
  registerCast(table);
  registerCol2Im(table);
  registerConcatSplit(table);
  registerConvTranspose(table);
  registerConvolution(table);
  registerCumulation(table);
  registerDFT(table);
  registerEinsum(table);
  registerElementwise(table);
  registerGeneration(table);
  registerGridSample(table);
  registerIndexing(table);
  registerLogic(table);
  registerMatMul(table);
  registerMatMulInteger(table);
  registerNonMaxSuppression(table);
  registerNormalization(table);
  registerPad(table);
  registerPooling(table);
  registerPositions(table);
  registerQuantization(table);
  registerRandom(table);
  registerRecurrent(table);
  registerReduction(table);
  registerReplication(table);
  registerResize(table);
  registerRoiAlign(table);
  registerRotation(table);
  registerScatter(table);
  registerSTFT(table);
  registerSelection(table);
  registerShape(table);
  registerSoftmax(table);
  registerTopK(table);
  registerUnary(table);
  registerUnique(table);
  registerUnpooling(table);
  return table;
}

} // namespace garam::onnx
