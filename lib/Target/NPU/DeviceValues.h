//===- DeviceValues.h - Values of nodes during a run ------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_DEVICEVALUES_H
#define GARAM_LIB_TARGET_NPU_DEVICEVALUES_H

#include "garam/Target/DeviceProgram.h"
#include "garam/Target/NPU/CompiledProgram.h"
#include "garam/Target/NPU/Simulator.h"

#include <map>

namespace garam::npu {

/// The values of a compiled program in the form of the device interface.
/// Values of a type that tensors at the edge do not have are left out.
std::vector<DeviceValue> listValues(llvm::ArrayRef<CompiledValue> values);

/// Copies the values of nodes out of the memories while a program runs: each
/// piece when the last command of each lane that writes it has ended. Nothing
/// reuses the memory before that, for such a command would wait for all of
/// them.
class ValueRecorder {
public:
  /// Both arguments must live as long as the recorder.
  ValueRecorder(llvm::ArrayRef<DeviceValue> values,
                const std::function<void(const Tensor &)> &onValue);

  /// To be called for each command that has ended. The values may come from a
  /// stranger: one that leaves its memory is an error.
  llvm::Error handle(const CommandEvent &event, ReadMemory read);

private:
  struct PieceState {
    unsigned value = 0, piece = 0;
    size_t numWrites = 0;      // last writes that have not ended
    std::vector<uint8_t> data; // dense, row-major
  };
  llvm::Error readPiece(PieceState &state, ReadMemory read);
  void finish(unsigned value);

  llvm::ArrayRef<DeviceValue> values;
  const std::function<void(const Tensor &)> &onValue;
  std::vector<PieceState> pieces; // of value 0, of value 1, ...
  std::vector<size_t> firstPiece; // of each value
  std::vector<size_t> numMissing; // pieces of each value
  /// A command that writes pieces last.
  struct Writer {
    uint32_t executions = 0; // so far
    /// Pieces, each with the execution that writes it last.
    llvm::SmallVector<std::pair<uint32_t, size_t>, 1> pieces;
  };
  /// By lane and number.
  std::map<std::pair<uint32_t, uint32_t>, Writer> writers;
};

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_DEVICEVALUES_H
