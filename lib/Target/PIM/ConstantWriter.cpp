//===- ConstantWriter.cpp - Lays weights out in banks ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ConstantWriter.h"

#include "garam/Dialect/PIM/IR/FloatElements.h"
#include "garam/Support/NodeIds.h"
#include "garam/Target/NonFiniteWeights.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"

using namespace mlir;

namespace garam::pim {

using llvm::support::endian::write16le;
using llvm::support::endian::write32le;

namespace {

/// The layout that pim.pack_matrix documents.
struct MatrixLayout {
  int64_t inputs = 0, outputs = 0;
  int64_t inputStride = 0, outputStride = 0; // of the matrix, in elements
  int64_t units = 0, groups = 0, splits = 0, slots = 0;

  int64_t getBursts() const {
    return groups * splits * slots * units * int64_t(numRegisters);
  }
};

} // namespace

/// One burst: the weights of `output` for 16 inputs from `input` on.
static void writeBurst(const MatrixLayout &layout,
                       const FloatElements &elements, int64_t input,
                       int64_t output, uint8_t *to) {
  if (output >= layout.outputs)
    return; // zeros
  int64_t end = std::min<int64_t>(numLanes, layout.inputs - input);
  for (int64_t lane = 0; lane < end; ++lane)
    write16le(to + lane * sizeof(Half),
              elements.getHalf((input + lane) * layout.inputStride +
                               output * layout.outputStride));
}

static void writeMatrix(const MatrixLayout &layout,
                        const FloatElements &elements, uint8_t *to) {
  int64_t groupOutputs = layout.units * numRegisters;
  for (int64_t block = 0; block < layout.groups * layout.splits; ++block) {
    int64_t split = block / layout.groups, group = block % layout.groups;
    for (int64_t slot = 0; slot < layout.slots; ++slot) {
      int64_t input = (split * layout.slots + slot) * numLanes;
      for (int64_t i = 0; i < groupOutputs; ++i, to += bytesPerBurst)
        writeBurst(layout, elements, input, group * groupOutputs + i, to);
    }
  }
}

/// What constants of `op`, whose elements are of `type`, have in common.
static DeviceConstant makeConstant(Operation *op, ElementsAttr value,
                                   DataType type) {
  DeviceConstant constant;
  for (StringRef node : getNodeIds(op->getLoc()))
    constant.nodes.push_back(node.str());
  constant.findNonFinite = [value, type](ArrayRef<uint8_t> bytes) {
    return findNonFinite(value, type, bytes, /*mayBeBounds=*/false);
  };
  return constant;
}

DeviceConstant makeConstant(PackMatrixOp op) {
  auto shape = cast<RankedTensorType>(op.getValue().getType()).getShape();
  bool isTransposed = op.getTransposed();
  MatrixLayout layout;
  layout.inputs = shape[isTransposed ? 1 : 0];
  layout.outputs = shape[isTransposed ? 0 : 1];
  layout.inputStride = isTransposed ? 1 : layout.outputs;
  layout.outputStride = isTransposed ? layout.inputs : 1;
  layout.units = op.getUnits();
  layout.groups = op.getGroups();
  layout.splits = op.getSplits();
  layout.slots = op.getSlots();
  DeviceConstant constant = makeConstant(op, op.getValue(), DataType::Float16);
  constant.offset = op.getBurst() * bytesPerBurst;
  constant.size = layout.getBursts() * bytesPerBurst;
  constant.write =
      [layout, value = op.getValue()](llvm::MutableArrayRef<uint8_t> bytes) {
        writeMatrix(layout, *FloatElements::get(value), bytes.data());
      };
  return constant;
}

/// Elements of `sizes` and `strides` in order, as `isHalf` or f32.
static void writeVector(ArrayRef<int64_t> sizes, ArrayRef<int64_t> strides,
                        bool isHalf, const FloatElements &elements,
                        uint8_t *to) {
  int64_t count = 1, element = 0;
  for (int64_t size : sizes)
    count *= size;
  SmallVector<int64_t> index(sizes.size(), 0);
  for (int64_t i = 0; i < count; ++i) {
    if (isHalf)
      write16le(to + i * sizeof(Half), elements.getHalf(element));
    else
      write32le(to + i * sizeof(float),
                llvm::bit_cast<uint32_t>(elements.getFloat(element)));
    for (size_t dim = sizes.size(); dim-- > 0;) {
      element += strides[dim];
      if (++index[dim] < sizes[dim])
        break;
      element -= sizes[dim] * strides[dim];
      index[dim] = 0;
    }
  }
}

DeviceConstant makeConstant(PackVectorOp op) {
  bool isHalf = op.getType().isF16();
  int64_t count = 1;
  for (int64_t size : op.getSizes())
    count *= size;
  DeviceConstant constant = makeConstant(
      op, op.getValue(), isHalf ? DataType::Float16 : DataType::Float32);
  constant.offset = op.getBurst() * bytesPerBurst;
  constant.size = llvm::alignTo(count * (isHalf ? sizeof(Half) : sizeof(float)),
                                bytesPerBurst);
  constant.write = [sizes = SmallVector<int64_t>(op.getSizes()),
                    strides = SmallVector<int64_t>(op.getStrides()), isHalf,
                    value =
                        op.getValue()](llvm::MutableArrayRef<uint8_t> bytes) {
    writeVector(sizes, strides, isHalf, *FloatElements::get(value),
                bytes.data());
  };
  return constant;
}

} // namespace garam::pim
