//===- LayerTables.h - What a layer has in the constant segment -*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_ANALOG_LAYERTABLES_H
#define GARAM_LIB_TARGET_ANALOG_LAYERTABLES_H

#include "garam/Dialect/Analog/Utils/MatrixReader.h"
#include "garam/Target/Analog/Machine/ISA.h"
#include "garam/Target/Analog/Machine/MachineDescription.h"

namespace garam::analog {

/// Makes the scales, biases, steps and levels of a layer when the constant
/// segment is written, from weights that stay in the mapped file until then.
class LayerTables {
public:
  /// Gives the tables of `layer`, whose tiles have their places, addresses from
  /// `offset` on.
  LayerTables(RescaleOp op, Layer &layer, uint64_t offset,
              const MachineDescription &machine);

  uint64_t getOffset() const { return offset; }
  uint64_t getSize() const { return size; }
  /// Fills getSize() bytes, which are zero before.
  void write(llvm::MutableArrayRef<uint8_t> bytes) const;
  /// Looks for a bias that is not finite in what `write` has made.
  std::optional<NonFiniteWeight>
  findNonFinite(llvm::ArrayRef<uint8_t> bytes) const;

private:
  uint64_t allocate(uint64_t bytes);
  void writeColumn(int64_t column, llvm::ArrayRef<float> weights,
                   llvm::MutableArrayRef<uint8_t> bytes) const;

  MatrixReader matrix;
  mlir::ElementsAttr biasTable; // may be null
  llvm::SmallVector<double> biases;
  double factor; // from sums to outputs, before the scale of the weights
  Layer layer;
  uint32_t levels;
  int32_t adcLimit;
  uint64_t offset, size = 0;
};

} // namespace garam::analog

#endif // GARAM_LIB_TARGET_ANALOG_LAYERTABLES_H
