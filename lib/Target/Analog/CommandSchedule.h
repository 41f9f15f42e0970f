//===- CommandSchedule.h - Commands of one layer after the other -*- C++ -*-==//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_ANALOG_COMMANDSCHEDULE_H
#define GARAM_LIB_TARGET_ANALOG_COMMANDSCHEDULE_H

#include "garam/Target/Analog/Machine/ISA.h"
#include "garam/Target/Analog/Machine/MachineDescription.h"

namespace garam::analog {

/// Fills the queues of a program layer by layer.
///
/// A layer's vectors go in blocks, two of which are under way: while the cores
/// multiply one, the digital unit converts the next and adds up the one before.
/// The digital unit works in order, so that a layer finds the tensors of those
/// before it complete, and a block's place in vector memory free.
class CommandSchedule {
public:
  CommandSchedule(Program &program, const MachineDescription &machine);

  /// Bytes of vector memory that a layer needs at least.
  static uint64_t getNeededBytes(const Layer &layer);
  /// Adds the commands of layer `number`, whose tiles read with `phases`.
  /// Returns the number of the last command of queue 0, which writes the
  /// layer's last output.
  uint32_t addLayer(uint32_t number, uint32_t phases);
  /// The layer that each command is of, queue by queue.
  const std::vector<std::vector<uint32_t>> &getLayers() const {
    return layerOf;
  }
  uint64_t getUsedBytes() const { return usedBytes; }

private:
  struct Block {
    uint32_t first, count;
    uint64_t codes, results; // in vector memory
    uint32_t semaphore;      // of queue 0, that counts its tiles
  };

  template <typename C>
  void add(uint32_t queue, C command) {
    program.queues[queue].commands.push_back(command);
    layerOf[queue].push_back(layer);
  }
  uint32_t getQueue(uint32_t core);
  std::vector<Block> cutBlocks();
  void addBegin(const Block &block, uint32_t phases);
  void addEnd(const Block &block);

  Program &program;
  const MachineDescription &machine;
  uint32_t layer = 0;
  std::vector<std::vector<uint32_t>> layerOf;
  std::vector<uint32_t> queueOfCore; // 0: none yet
  uint64_t usedBytes = 0;
};

} // namespace garam::analog

#endif // GARAM_LIB_TARGET_ANALOG_COMMANDSCHEDULE_H
