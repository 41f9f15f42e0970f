//===- TensorEngine.cpp - Data of tensor commands -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Operands are widened into panels of f32 or i32 which the kernels multiply.
// Products of two f16, bf16 or f8 values are exact in f32 (short of overflow
// and underflow), so an addition is the only rounding, as the ISA asks.
//
//===----------------------------------------------------------------------===//

#include "DataEngines.h"
#include "ElementRuns.h"
#include "OperandRuns.h"
#include "TensorKernels.h"
#include "garam/Target/NPU/Machine/Conversions.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

namespace garam::npu {

// Panels of depth x columns and rows x depth that fit the host's caches.
static constexpr unsigned panelDepth = 512;
static constexpr unsigned panelColumns = 256;
static constexpr unsigned panelRows = 48;

/// Multiply-accumulates of a weight panel that are worth waking other threads,
/// some tenth of a millisecond.
static constexpr uint64_t leastParallelMACs = 2'000'000;

namespace {

struct TensorOperands {
  Operand activation, weight, bias, scale, residual, output;
};

/// One command's execution with sums of type T.
template <typename T>
class TensorExecution {
public:
  TensorExecution(const TensorCommand &command, const TensorOperands &operands,
                  std::vector<T> &sums, llvm::ThreadPoolInterface *pool)
      : command(command), operands(operands), sums(sums), pool(pool),
        numRows(uint64_t(command.rows[0]) * command.rows[1] * command.rows[2]),
        depth(uint64_t(command.reduction[0]) * command.reduction[1] *
              command.reduction[2]),
        sumStride(llvm::alignTo(command.columns, stripColumns)) {}

  RangeFault accumulate();
  RangeFault store();

  const Operand *faulty = nullptr;

private:
  RangeFault packWeight(uint64_t firstDepth, unsigned numDepth,
                        unsigned firstColumn, unsigned numColumns);
  RangeFault packActivation(uint64_t firstRow, unsigned rows,
                            uint64_t firstDepth, unsigned numDepth,
                            T *panel) const;
  RangeFault multiplyRows(uint64_t firstDepth, unsigned numDepth,
                          unsigned firstColumn, unsigned numColumns);
  RangeFault packWeightByColumns(uint64_t firstDepth, unsigned numDepth,
                                 unsigned firstColumn, unsigned numColumns);
  RangeFault readVector(const Operand &operand, uint64_t row, unsigned dim,
                        std::vector<uint32_t> &registers);
  RangeFault storeRow(uint64_t row);
  void finishRow(const T *rowSums);

  const TensorCommand &command;
  const TensorOperands &operands;
  std::vector<T> &sums;
  llvm::ThreadPoolInterface *pool;
  uint64_t numRows, depth;
  size_t sumStride;
  std::vector<T> weightPanel;
  std::vector<uint32_t> biasValues, scaleValues, residualValues, staging;
  std::vector<float> values;
  std::vector<int32_t> intValues;
};

} // namespace

/// Reads runs of the reduction dimensions (`firstDim` is the first of them)
/// from position `begin` on into `registers`.
static RangeFault readReduction(const Operand &operand, ElementIndex index,
                                llvm::ArrayRef<uint32_t> sizes,
                                unsigned firstDim, uint64_t begin,
                                unsigned count, uint32_t *registers) {
  advance(index, sizes, firstDim, begin);
  unsigned dim = firstDim + sizes.size() - 1;
  while (count > 0) {
    unsigned run = std::min(count, sizes.back() - index[dim]);
    if (RangeFault fault = readRun(operand, index, dim, run, registers);
        fault.happened)
      return fault;
    advance(index, sizes, firstDim, run);
    registers += run;
    count -= run;
  }
  return {};
}

template <typename T>
static void subtractZeroPoint(T *values, size_t count, int32_t zeroPoint) {
  if constexpr (std::is_same_v<T, int32_t>) {
    if (zeroPoint == 0)
      return;
    for (size_t i = 0; i < count; ++i)
      values[i] = static_cast<int32_t>(static_cast<uint32_t>(values[i]) -
                                       static_cast<uint32_t>(zeroPoint));
  }
}

template <typename T>
RangeFault TensorExecution<T>::packActivation(uint64_t firstRow, unsigned rows,
                                              uint64_t firstDepth,
                                              unsigned numDepth,
                                              T *panel) const {
  ElementIndex index = {};
  advance(index, command.rows, 0, firstRow);
  for (unsigned row = 0; row < rows; ++row) {
    T *panelRow = panel + size_t(row) * numDepth;
    RangeFault fault = readReduction(
        operands.activation, index, command.reduction, maxRowDims, firstDepth,
        numDepth, reinterpret_cast<uint32_t *>(panelRow));
    if (fault.happened)
      return fault;
    advance(index, command.rows, 0, 1);
  }
  subtractZeroPoint(panel, size_t(rows) * numDepth,
                    command.activationZeroPoint);
  return {};
}

/// Weights whose reduction is contiguous are read along it, column by column.
template <typename T>
RangeFault TensorExecution<T>::packWeightByColumns(uint64_t firstDepth,
                                                   unsigned numDepth,
                                                   unsigned firstColumn,
                                                   unsigned numColumns) {
  for (unsigned column = 0; column < numColumns; ++column) {
    ElementIndex index = {};
    index[maxReductionDims] = firstColumn + column;
    RangeFault fault = readReduction(operands.weight, index, command.reduction,
                                     0, firstDepth, numDepth, staging.data());
    if (fault.happened)
      return fault;
    T *target =
        &weightPanel[size_t(column / stripColumns) * numDepth * stripColumns +
                     column % stripColumns];
    const T *source = reinterpret_cast<const T *>(staging.data());
    for (unsigned k = 0; k < numDepth; ++k)
      target[size_t(k) * stripColumns] = source[k];
  }
  return {};
}

template <typename T>
RangeFault
TensorExecution<T>::packWeight(uint64_t firstDepth, unsigned numDepth,
                               unsigned firstColumn, unsigned numColumns) {
  const Operand &weight = operands.weight;
  size_t panelSize = size_t(numDepth) * llvm::alignTo(numColumns, stripColumns);
  weightPanel.assign(panelSize, T(0));
  staging.resize(std::max(panelDepth, panelColumns));
  faulty = &weight;

  int64_t width = getByteWidth(weight.type);
  if (weight.strides[maxReductionDims] != width &&
      weight.strides[maxReductionDims - 1] == width) {
    RangeFault fault =
        packWeightByColumns(firstDepth, numDepth, firstColumn, numColumns);
    if (fault.happened)
      return fault;
  } else {
    ElementIndex index = {};
    advance(index, command.reduction, 0, firstDepth);
    index[maxReductionDims] = firstColumn;
    for (unsigned k = 0; k < numDepth; ++k) {
      if (RangeFault fault = readRun(weight, index, maxReductionDims,
                                     numColumns, staging.data());
          fault.happened)
        return fault;
      for (unsigned column = 0; column < numColumns; column += stripColumns)
        std::copy_n(
            reinterpret_cast<const T *>(staging.data()) + column,
            std::min(stripColumns, numColumns - column),
            &weightPanel[size_t(column) * numDepth + size_t(k) * stripColumns]);
      advance(index, command.reduction, 0, 1);
    }
  }
  // Padding columns become nonzero here; nothing reads their sums.
  subtractZeroPoint(weightPanel.data(), panelSize, command.weightZeroPoint);
  return {};
}

/// Multiplies all rows with the weight panel, blocks of rows in parallel.
template <typename T>
RangeFault
TensorExecution<T>::multiplyRows(uint64_t firstDepth, unsigned numDepth,
                                 unsigned firstColumn, unsigned numColumns) {
  uint64_t numBlocks = llvm::divideCeil(numRows, panelRows);
  unsigned numStrips = llvm::divideCeil(numColumns, stripColumns);
  std::vector<RangeFault> faults(numBlocks);
  auto multiplyBlocks = [&](uint64_t first, uint64_t step) {
    std::vector<T> panel(size_t(panelRows) * numDepth);
    for (uint64_t block = first; block < numBlocks; block += step) {
      uint64_t row = block * panelRows;
      unsigned rows = std::min<uint64_t>(panelRows, numRows - row);
      faults[block] =
          packActivation(row, rows, firstDepth, numDepth, panel.data());
      if (faults[block].happened)
        return;
      multiplyPanels(panel.data(), numDepth, weightPanel.data(), rows, numDepth,
                     numStrips, &sums[row * sumStride + firstColumn],
                     sumStride);
    }
  };

  if (pool && numBlocks > 1 &&
      numRows * numDepth * numColumns >= leastParallelMACs) {
    unsigned threads = std::min<uint64_t>(pool->getMaxConcurrency(), numBlocks);
    llvm::ThreadPoolTaskGroup tasks(*pool);
    for (unsigned thread = 0; thread < threads; ++thread)
      tasks.async([&, thread] { multiplyBlocks(thread, threads); });
    tasks.wait();
  } else {
    multiplyBlocks(0, 1);
  }
  for (const RangeFault &fault : faults)
    if (fault.happened) {
      faulty = &operands.activation;
      return fault;
    }
  return {};
}

template <typename T>
RangeFault TensorExecution<T>::accumulate() {
  for (unsigned column = 0; column < command.columns; column += panelColumns) {
    unsigned numColumns = std::min(panelColumns, command.columns - column);
    for (uint64_t k = 0; k < depth; k += panelDepth) {
      unsigned numDepth = std::min<uint64_t>(panelDepth, depth - k);
      if (RangeFault fault = packWeight(k, numDepth, column, numColumns);
          fault.happened)
        return fault;
      if (RangeFault fault = multiplyRows(k, numDepth, column, numColumns);
          fault.happened)
        return fault;
    }
  }
  return {};
}

template <typename T>
RangeFault TensorExecution<T>::readVector(const Operand &operand, uint64_t row,
                                          unsigned dim,
                                          std::vector<uint32_t> &registers) {
  registers.resize(command.columns);
  ElementIndex index = {};
  if (dim > 0)
    advance(index, command.rows, 0, row);
  return readRun(operand, index, dim, command.columns, registers.data());
}

/// Steps 1 to 8 of the epilogue: sums of a row to `values`.
template <typename T>
void TensorExecution<T>::finishRow(const T *rowSums) {
  unsigned columns = command.columns;
  values.resize(columns);
  bool intBias = command.hasBias && operands.bias.type == ElementType::I32;
  if constexpr (std::is_same_v<T, int32_t>) {
    intValues.assign(rowSums, rowSums + columns);
    if (intBias)
      for (unsigned n = 0; n < columns; ++n)
        intValues[n] = static_cast<int32_t>(
            static_cast<uint32_t>(intValues[n]) + biasValues[n]);
    for (unsigned n = 0; n < columns; ++n)
      values[n] = static_cast<float>(intValues[n]);
  } else {
    std::copy_n(rowSums, columns, values.begin());
  }
  if (command.hasScale)
    for (unsigned n = 0; n < columns; ++n)
      values[n] *= toFloat(scaleValues[n]);
  if (command.hasBias && !intBias)
    for (unsigned n = 0; n < columns; ++n)
      values[n] += toFloat(biasValues[n]);
  if (command.hasRequantization)
    for (float &value : values)
      value = static_cast<float>(std::clamp(
                  saturate<int32_t>(roundToEven(value)),
                  command.requantizationLow, command.requantizationHigh)) *
              command.requantizationScale;
  if (command.hasResidual) {
    bool isFloat = !isInteger(operands.residual.type);
    for (unsigned n = 0; n < columns; ++n) {
      float residual =
          isFloat ? toFloat(residualValues[n]) -
                        static_cast<float>(command.residualZeroPoint)
                  : static_cast<float>(static_cast<int32_t>(
                        residualValues[n] -
                        static_cast<uint32_t>(command.residualZeroPoint)));
      float scaled = residual * command.residualScale;
      values[n] += scaled;
    }
  }
  if (command.hasClamp)
    for (float &value : values)
      value = value < command.clampLow    ? command.clampLow
              : value > command.clampHigh ? command.clampHigh
                                          : value;
  if (command.outputScale != 1.0f)
    for (float &value : values)
      value /= command.outputScale;
}

template <typename T>
RangeFault TensorExecution<T>::storeRow(uint64_t row) {
  if (command.hasResidual)
    if (RangeFault fault =
            readVector(operands.residual, row, maxRowDims, residualValues);
        fault.happened)
      return fault;
  finishRow(&sums[row * sumStride]);

  ElementIndex index = {};
  advance(index, command.rows, 0, row);
  ElementType type = operands.output.type;
  unsigned columns = command.columns;
  if (!isInteger(type)) {
    writeFloatRun(operands.output, index, maxRowDims, columns,
                  reinterpret_cast<const uint32_t *>(values.data()));
    return {};
  }
  bool plainSum = std::is_same_v<T, int32_t> && type == ElementType::I32 &&
                  !command.hasScale && !command.hasResidual &&
                  !command.hasClamp && !requantizes(command) &&
                  !(command.hasBias && operands.bias.type == ElementType::F32);
  if (!plainSum) {
    intValues.resize(columns);
    for (unsigned n = 0; n < columns; ++n)
      intValues[n] = static_cast<int32_t>(std::clamp<int64_t>(
          int64_t(saturate<int32_t>(roundToEven(values[n]))) +
              command.outputZeroPoint,
          std::numeric_limits<int32_t>::min(),
          std::numeric_limits<int32_t>::max()));
  }
  writeIntRun(operands.output, index, maxRowDims, columns,
              reinterpret_cast<const uint32_t *>(intValues.data()));
  return {};
}

template <typename T>
RangeFault TensorExecution<T>::store() {
  if (command.hasBias)
    if (RangeFault fault = readVector(operands.bias, 0, 0, biasValues);
        fault.happened)
      return fault;
  if (command.hasScale)
    if (RangeFault fault = readVector(operands.scale, 0, 0, scaleValues);
        fault.happened)
      return fault;
  for (uint64_t row = 0; row < numRows; ++row)
    if (RangeFault fault = storeRow(row); fault.happened)
      return fault;
  return {};
}

/// Adds the operand's name to the message of `error`.
static llvm::Error nameOperand(llvm::Error error, llvm::StringRef operand) {
  return llvm::createStringError(llvm::Twine(operand) + ": " +
                                 llvm::toString(std::move(error)));
}

static llvm::Error resolveOperands(const TensorCommand &command,
                                   const ExecutionContext &context,
                                   Memory &memory, TensorOperands &operands) {
  llvm::SmallVector<uint32_t, 6> activationSizes(command.rows.begin(),
                                                 command.rows.end());
  llvm::append_range(activationSizes, command.reduction);
  llvm::SmallVector<uint32_t, 6> weightSizes(command.reduction.begin(),
                                             command.reduction.end());
  weightSizes.push_back(command.columns);
  llvm::SmallVector<uint32_t, 6> outputSizes(command.rows.begin(),
                                             command.rows.end());
  outputSizes.push_back(command.columns);

  auto resolve = [&](llvm::StringRef name, const Descriptor &descriptor,
                     llvm::ArrayRef<uint32_t> sizes, bool isWrite,
                     Operand &operand) -> llvm::Error {
    if (descriptor.address.space != MemorySpace::Local ||
        descriptor.address.index != context.core)
      return nameOperand(llvm::createStringError(
                             "a tensor command reaches the SRAM of its own "
                             "core only"),
                         name);
    llvm::Expected<Operand> resolved = memory.resolve(
        descriptor, sizes, getByteWidth(descriptor.type), isWrite, context);
    if (!resolved)
      return nameOperand(resolved.takeError(), name);
    operand = std::move(*resolved);
    return llvm::Error::success();
  };
  if (llvm::Error error = resolve("activation", command.activation,
                                  activationSizes, false, operands.activation))
    return error;
  if (llvm::Error error = resolve("weight", command.weight, weightSizes, false,
                                  operands.weight))
    return error;
  if (!command.store)
    return llvm::Error::success();
  if (command.hasBias)
    if (llvm::Error error = resolve("bias", command.bias, {command.columns},
                                    false, operands.bias))
      return error;
  if (command.hasScale)
    if (llvm::Error error = resolve("scale", command.scale, {command.columns},
                                    false, operands.scale))
      return error;
  if (command.hasResidual)
    if (llvm::Error error = resolve("residual", command.residual, outputSizes,
                                    false, operands.residual))
      return error;
  return resolve("output", command.output, outputSizes, true, operands.output);
}

template <typename T>
static llvm::Error run(const TensorCommand &command,
                       const TensorOperands &operands, const Memory &memory,
                       std::vector<T> &sums, llvm::ThreadPoolInterface *pool) {
  if (!command.accumulate)
    sums.assign(size_t(command.rows[0]) * command.rows[1] * command.rows[2] *
                    llvm::alignTo(command.columns, stripColumns),
                T(0));
  TensorExecution<T> execution(command, operands, sums, pool);
  RangeFault fault = execution.accumulate();
  if (!fault.happened && command.store)
    fault = execution.store();
  if (!fault.happened)
    return llvm::Error::success();
  // Operands of the epilogue have no guards: they were checked as a whole.
  bool isWeight = execution.faulty == &operands.weight;
  const Descriptor &faulty = isWeight ? command.weight : command.activation;
  return nameOperand(
      memory.makeRangeError(faulty.address, fault.begin, fault.end),
      isWeight ? "weight" : "activation");
}

llvm::Error execute(const TensorCommand &command,
                    const ExecutionContext &context, Memory &memory,
                    Accumulators &accumulators, bool timingOnly,
                    llvm::ThreadPoolInterface *pool) {
  TensorOperands operands;
  if (llvm::Error error = resolveOperands(command, context, memory, operands))
    return error;
  bool isFloat = !isInteger(command.activation.type);
  if (command.accumulate &&
      (!accumulators.open || accumulators.rows != command.rows ||
       accumulators.columns != command.columns ||
       accumulators.isFloat != isFloat))
    return llvm::createStringError(
        "accumulates onto sums that the command before it did not leave: "
        "rows, columns and kind of type must be the same");
  accumulators.rows = command.rows;
  accumulators.columns = command.columns;
  accumulators.isFloat = isFloat;
  accumulators.open = !command.store;
  if (timingOnly)
    return llvm::Error::success();
  return isFloat ? run(command, operands, memory, accumulators.floats, pool)
                 : run(command, operands, memory, accumulators.ints, pool);
}

} // namespace garam::npu
