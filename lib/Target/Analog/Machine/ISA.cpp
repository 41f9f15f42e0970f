//===- ISA.cpp - Programs of analog chips ---------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Analog/Machine/ISA.h"

namespace garam::analog {

uint64_t Layer::getVolume(llvm::ArrayRef<uint32_t> sizes) {
  uint64_t volume = 1;
  for (uint32_t size : sizes)
    volume *= size;
  return volume;
}

uint64_t Layer::getCodes() const {
  uint64_t codes = 0;
  for (const Tile &tile : tiles)
    codes += tile.columns;
  return codes;
}

llvm::StringRef getName(const Command &command) {
  static constexpr llvm::StringLiteral names[] = {"quantize", "accumulate",
                                                  "read", "wait", "signal"};
  static_assert(std::variant_size_v<Command> == std::size(names));
  return names[command.index()];
}

bool isSynchronisation(const Command &command) {
  return std::holds_alternative<WaitCommand>(command) ||
         std::holds_alternative<SignalCommand>(command);
}

} // namespace garam::analog
