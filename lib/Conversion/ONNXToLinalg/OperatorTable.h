//===- OperatorTable.h - Operators and their lowerings ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// To add an operator: write its lowering in the file of its family and add a
// row to that family's register function.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_OPERATORTABLE_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_OPERATORTABLE_H

#include "NodeAccessor.h"
#include "llvm/ADT/StringMap.h"

namespace garam::onnx {

/// Sets the outputs of a node, or reports why it cannot.
using LoweringFunction = mlir::LogicalResult (*)(NodeAccessor &);

struct OperatorLowering {
  /// How many first inputs must be there.
  unsigned numRequiredInputs;
  LoweringFunction lower;
};

/// The operators of ONNX's default domain by name.
class OperatorTable {
public:
  void add(mlir::StringRef opType, unsigned numRequiredInputs,
           LoweringFunction lower) {
    table.try_emplace(opType, OperatorLowering{numRequiredInputs, lower});
  }
  /// The lowering of an operator, or null.
  const OperatorLowering *find(mlir::StringRef domain,
                               mlir::StringRef opType) const;

private:
  llvm::StringMap<OperatorLowering> table;
};

/// The table with all families.
OperatorTable makeOperatorTable();

void registerActivation(OperatorTable &table);
void registerAttention(OperatorTable &table);
void registerBodies(OperatorTable &table);
void registerCast(OperatorTable &table);
void registerCol2Im(OperatorTable &table);
void registerConcatSplit(OperatorTable &table);
void registerConvTranspose(OperatorTable &table);
void registerConvolution(OperatorTable &table);
void registerCumulation(OperatorTable &table);
void registerDFT(OperatorTable &table);
void registerEinsum(OperatorTable &table);
void registerElementwise(OperatorTable &table);
void registerGeneration(OperatorTable &table);
void registerGridSample(OperatorTable &table);
void registerIndexing(OperatorTable &table);
void registerLogic(OperatorTable &table);
void registerMatMul(OperatorTable &table);
void registerMatMulInteger(OperatorTable &table);
void registerNonMaxSuppression(OperatorTable &table);
void registerNormalization(OperatorTable &table);
void registerPad(OperatorTable &table);
void registerPooling(OperatorTable &table);
void registerPositions(OperatorTable &table);
void registerQuantization(OperatorTable &table);
void registerRandom(OperatorTable &table);
void registerRecurrent(OperatorTable &table);
void registerReduction(OperatorTable &table);
void registerReplication(OperatorTable &table);
void registerResize(OperatorTable &table);
void registerRoiAlign(OperatorTable &table);
void registerRotation(OperatorTable &table);
void registerScatter(OperatorTable &table);
void registerSTFT(OperatorTable &table);
void registerSelection(OperatorTable &table);
void registerShape(OperatorTable &table);
void registerSoftmax(OperatorTable &table);
void registerTopK(OperatorTable &table);
void registerUnary(OperatorTable &table);
void registerUnique(OperatorTable &table);
void registerUnpooling(OperatorTable &table);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_OPERATORTABLE_H
