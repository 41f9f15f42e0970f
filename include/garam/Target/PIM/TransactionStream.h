//===- TransactionStream.h - What a host sends to PIM memory ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_PIM_TRANSACTIONSTREAM_H
#define GARAM_TARGET_PIM_TRANSACTIONSTREAM_H

#include "garam/Target/PIM/Machine/AddressMapping.h"
#include "llvm/Support/raw_ostream.h"

namespace garam::pim {

enum class TransactionKind : uint8_t {
  Write,      // of 32 bytes
  Read,       // whose data is not needed
  ResultRead, // whose data is a result
  Barrier,    // of a channel
  Phase,      // everything before it drains first
};

struct Transaction {
  TransactionKind kind = TransactionKind::Read;
  /// Write: place in TransactionStream::data. Barrier: the channel. Phase:
  /// place in TransactionStream::phases.
  uint32_t number = 0;
  uint64_t address = 0; // of a write or a read, in bytes

  bool operator==(const Transaction &other) const {
    return kind == other.kind && number == other.number &&
           address == other.address;
  }
};

/// A program of transactions in order, with what it assumes of the device.
/// Accesses of one row of a bank are executed in their order; of others the
/// controller of a channel chooses the order, but for barriers: all accesses of
/// the rank of the channel's last access before one come before it, and that
/// one before all later ones of the rank.
struct TransactionStream {
  /// "channels" -> "16": what the header says, in order.
  std::vector<std::pair<std::string, std::string>> header;
  std::vector<Transaction> transactions;
  std::vector<Burst> data;
  std::vector<std::string> phases;

  void write(uint64_t address, const Burst &burst);
  void read(uint64_t address);
  void readResult(uint64_t address);
  void barrier(uint32_t channel);
  void beginPhase(llvm::StringRef name);
};

/// The header of a stream for `machine`: channels, ranks, mapping, and the rows
/// of the mode changes and of the registers.
std::vector<std::pair<std::string, std::string>>
makeHeader(const MachineDescription &machine);

/// Checks that `stream` was made for `machine`: the header says what
/// `makeHeader` does (further keys are allowed), and addresses and channels
/// exist. `name` of the stream is part of an error.
llvm::Error check(const TransactionStream &stream,
                  const MachineDescription &machine, llvm::StringRef name);

/// Whether `text` can be the name of a phase, or a key or value of the header.
bool isPhaseName(llvm::StringRef text);

/// Writes one line of the text form; `data` is that of a write, `phase` the
/// name of a phase.
void print(const Transaction &transaction, llvm::ArrayRef<uint8_t> data,
           llvm::StringRef phase, llvm::raw_ostream &os);

/// Writes the text form that docs/isa/pim.md specifies: lines of `# key value`,
/// then one line for each transaction.
void print(const TransactionStream &stream, llvm::raw_ostream &os);

/// Reads the text form. The text may come from a stranger; an error names
/// `name` and the line.
llvm::Expected<TransactionStream> parseStream(llvm::StringRef text,
                                              llvm::StringRef name);

} // namespace garam::pim

#endif // GARAM_TARGET_PIM_TRANSACTIONSTREAM_H
