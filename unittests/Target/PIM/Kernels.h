//===- Kernels.h - Published kernels as streams -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Our description of the transactions of the vendor's own kernels, whose cycle
// counts are published by its simulator.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_UNITTESTS_TARGET_PIM_KERNELS_H
#define GARAM_UNITTESTS_TARGET_PIM_KERNELS_H

#include "garam/Target/PIM/TransactionStream.h"

#include <string>

namespace garam::pim::test {

/// Builds the stream of one channel.
class KernelBuilder {
public:
  explicit KernelBuilder(const MachineDescription &machine,
                         uint32_t channel = 0);

  /// Appends to `stream` instead of an own one.
  TransactionStream stream;
  void setChannel(uint32_t number) { channel = number; }

  void write(uint32_t bank, uint32_t row, uint32_t column,
             const Burst &data = {});
  void read(uint32_t bank, uint32_t row, uint32_t column);
  void readResult(uint32_t bank, uint32_t row, uint32_t column);
  void barrier() { stream.barrier(channel); }

  /// Opens a row without cells in each bank.
  void park();
  void enterAllBank();
  void leaveAllBank();
  void loadProgram(const std::string &assembly);
  /// Writes the control burst.
  void control(bool execute, bool zeroGRFB = false);
  /// park, enterAllBank, loadProgram.
  void begin(const std::string &assembly);
  /// leaveAllBank, park.
  void end();

private:
  uint64_t getAddress(uint32_t bank, uint32_t row, uint32_t column) const;

  const MachineDescription &machine;
  AddressMapping mapping;
  uint32_t channel;
};

/// y = W x of one channel: `inputTiles` of 128 inputs (8 bursts each) and
/// `outputTiles` of 64 outputs.
struct GEMVShape {
  uint32_t inputTiles, outputTiles;

  /// Where burst `slot` of input tile `input` lies for output `output` (0 to 7
  /// in its unit) of tile `tile`: the place, in columns from row 0, of a bank
  /// of parity input % 2.
  uint32_t getWeightColumn(uint32_t tile, uint32_t input, uint32_t slot,
                           uint32_t output) const;
  /// Where the 16 partial sums of that output are stored in the odd bank.
  uint32_t getResultColumn(uint32_t tile, uint32_t output) const;
};
/// `inputs[8 * tile + slot]`; empty: zeros.
void buildGEMV(KernelBuilder &builder, const GEMVShape &shape,
               llvm::ArrayRef<Burst> inputs = {});

enum class Elementwise { Add, Mul, Relu };
constexpr uint32_t elementwiseRows = 128; // between operands
/// `trips` of 8 bursts in each of the banks: operand 0 from row 0 on, operand 1
/// from row `elementwiseRows` on, the result behind them.
void buildElementwise(KernelBuilder &builder, Elementwise kind, uint32_t trips);

} // namespace garam::pim::test

#endif // GARAM_UNITTESTS_TARGET_PIM_KERNELS_H
