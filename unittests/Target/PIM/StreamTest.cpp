//===- StreamTest.cpp - Streams of transactions and their text ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"
#include "Machines.h"

#include "gtest/gtest.h"

using namespace garam::pim;
using namespace garam::pim::test;

namespace {

std::string getText(const TransactionStream &stream) {
  std::string text;
  llvm::raw_string_ostream os(text);
  print(stream, os);
  return text;
}

TEST(PIMStream, Text) {
  MachineDescription machine = describeMachine(/*channels=*/2, 1);
  TransactionStream stream;
  stream.header = makeHeader(machine);
  Burst burst = {};
  burst[0] = 0xAB;
  burst[31] = 0x01;
  stream.beginPhase("weights");
  stream.write(0x1fe0, burst);
  stream.read(0x20);
  stream.barrier(1);
  stream.beginPhase("result");
  stream.readResult(0);
  EXPECT_EQ(getText(stream),
            "# channels 2\n"
            "# ranks 1\n"
            "# mapping scheme8\n"
            "# row-enter-all-bank 0x17ff\n"
            "# row-leave-all-bank 0x1fff\n"
            "# row-park 0x1000\n"
            "# row-registers 0x3fff\n"
            "P weights\n"
            "W 1fe0 ab00000000000000000000000000000000000000000000000000000000"
            "000001\n"
            "R 20\n"
            "B 1\n"
            "P result\n"
            "D 0\n");
}

TEST(PIMStream, KernelsComeBackFromText) {
  MachineDescription machine = describeMachine(/*channels=*/4, 2);
  KernelBuilder builder(machine, /*channel=*/3);
  builder.stream.beginPhase("kernel");
  buildGEMV(builder, {3, 2});
  TransactionStream read =
      llvm::cantFail(parseStream(getText(builder.stream), "text"));
  EXPECT_EQ(read.header, builder.stream.header);
  EXPECT_EQ(read.transactions, builder.stream.transactions);
  EXPECT_EQ(read.data, builder.stream.data);
  EXPECT_EQ(read.phases, builder.stream.phases);
}

TEST(PIMStream, EmptyLinesAndLineEndsOfOtherSystems) {
  TransactionStream read = llvm::cantFail(
      parseStream("# made-by someone-else\r\n\r\nR 40\r\n\nB 0", "text"));
  EXPECT_EQ(read.transactions.size(), 2u);
  EXPECT_EQ(read.header.size(), 1u);
}

std::string getError(llvm::StringRef text) {
  auto stream = parseStream(text, "s.txt");
  return stream ? "" : llvm::toString(stream.takeError());
}

TEST(PIMStream, HostileText) {
  const std::string zeros(64, '0');
  EXPECT_EQ(getError("X 0"), "s.txt:1: a line begins with '#', W, R, D, B or "
                             "P, got: 'X 0'");
  EXPECT_EQ(getError("R 0\nR"), "s.txt:2: an address is a hexadecimal number "
                                "of 64 bits, got: ''");
  EXPECT_EQ(getError("D 10000000000000000"),
            "s.txt:1: an address is a hexadecimal number of 64 bits, got: "
            "'10000000000000000'");
  EXPECT_EQ(getError("R -20"), "s.txt:1: an address is a hexadecimal number of "
                               "64 bits, got: '-20'");
  EXPECT_EQ(getError("R 21"),
            "s.txt:1: an address is a multiple of 32, got: '21'");
  EXPECT_EQ(getError("W 20"),
            "s.txt:1: a write has 64 hexadecimal digits of data, got: ''");
  EXPECT_EQ(getError("W 20 " + zeros + "0"),
            "s.txt:1: a write has 64 hexadecimal digits of data, got: '" +
                zeros + "...'");
  EXPECT_EQ(getError("W 20 " + zeros.substr(1) + "g"),
            "s.txt:1: a write has 64 hexadecimal digits of data, got: '" +
                zeros.substr(1) + "g'");
  EXPECT_EQ(getError("B 4294967296"),
            "s.txt:1: a barrier names a channel, got: '4294967296'");
  EXPECT_EQ(getError("P a b"),
            "s.txt:1: a phase has a name of up to 64 letters, digits, '_', '-' "
            "and '.', got: 'a b'");
  EXPECT_EQ(getError("P " + std::string(65, 'a')).substr(0, 33),
            "s.txt:1: a phase has a name of up");
  EXPECT_EQ(getError("# channels\n"),
            "s.txt:1: a header line is '# key value' of letters, digits, '_', "
            "'-' and '.', got: 'channels'");
  EXPECT_EQ(getError("# a 1\n# a 2"), "s.txt:2: the header has a second 'a'");
  EXPECT_EQ(getError("R 0\n# a 1"),
            "s.txt:2: a header line comes after a transaction");
  EXPECT_EQ(getError(llvm::StringRef("P \x1b[2J\0", 7)),
            "s.txt:1: a phase has a name of up to 64 letters, digits, '_', '-' "
            "and '.', got: '\\1B[2J\\00'");
}

std::string getCheckError(const TransactionStream &stream,
                          const MachineDescription &machine) {
  return llvm::toString(check(stream, machine, "s"));
}

TEST(PIMStream, CheckedAgainstTheMachine) {
  MachineDescription machine = describeMachine(/*channels=*/2, 1);
  TransactionStream stream;
  EXPECT_EQ(getCheckError(stream, machine),
            "s: the header has no 'channels', which is 2 for 'hbm-pim'");
  stream.header = makeHeader(describeMachine(/*channels=*/4, 1));
  EXPECT_EQ(getCheckError(stream, machine),
            "s: the header says 'channels' is 4, but it is 2 for "
            "'hbm-pim'");
  stream.header = makeHeader(machine);
  stream.header.emplace_back("comment", "none");
  EXPECT_EQ(getCheckError(stream, machine), "");

  stream.read(machine.geometry.getBytes());
  EXPECT_EQ(getCheckError(stream, machine),
            "s: transaction 0 is at 0x20000000, which is no multiple of 32 "
            "below 0x20000000");
  stream.transactions = {{TransactionKind::Barrier, 2, 0}};
  EXPECT_EQ(getCheckError(stream, machine),
            "s: transaction 0 is a barrier of channel 2, but there are 2");
  stream.transactions = {{TransactionKind::Write, 0, 0}};
  EXPECT_EQ(getCheckError(stream, machine),
            "s: transaction 0 writes data that is missing");
  stream.transactions = {{TransactionKind::Phase, 0, 0}};
  EXPECT_EQ(getCheckError(stream, machine),
            "s: transaction 0 begins a phase without a name");
}

} // namespace
