//===- MutationTest.cpp - Damaged streams ---------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Streams come from files that may be damaged. Whatever they hold, they are
// refused or run to their end.
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"
#include "Machines.h"

#include "garam/Target/PIM/Simulator.h"
#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"

#include <random>

using namespace garam::pim;
using namespace garam::pim::test;

namespace {

std::string damage(std::vector<std::string> lines, std::mt19937 &random) {
  for (unsigned i = 0, count = 1 + random() % 8; i < count; ++i) {
    std::string &line = lines[random() % lines.size()];
    switch (random() % 4) {
    case 0:
      line.clear();
      break;
    case 1:
      std::swap(line, lines[random() % lines.size()]);
      break;
    case 2:
      line = lines[random() % lines.size()];
      break;
    default:
      if (!line.empty())
        line[random() % line.size()] = "0123456789abcdefWRDB"[random() % 20];
      break;
    }
  }
  return llvm::join(lines, "\n");
}

void damageStream(const TransactionStream &stream,
                  const MachineDescription &machine) {
  std::string text;
  llvm::raw_string_ostream os(text);
  print(stream, os);
  std::vector<std::string> lines;
  for (llvm::StringRef line : llvm::split(text, '\n'))
    lines.push_back(line.str());
  std::mt19937 random(3);
  unsigned refused = 0, ended = 0;
  for (unsigned i = 0; i < 400; ++i) {
    SCOPED_TRACE(i);
    auto damaged = parseStream(damage(lines, random), "damaged");
    auto result = damaged
                      ? simulate(*damaged, machine)
                      : llvm::Expected<SimulationResult>(damaged.takeError());
    if (!result) {
      ++refused;
      EXPECT_EQ(llvm::toString(result.takeError()).find("issues none"),
                std::string::npos);
      continue;
    }
    ++ended;
    // Times do not depend on the data.
    SimulationOptions options;
    options.timingOnly = true;
    EXPECT_EQ(llvm::cantFail(simulate(*damaged, machine, options)).cycles,
              result->cycles);
  }
  EXPECT_GT(refused, 0u);
  EXPECT_GT(ended, 0u);
}

TEST(PIMMutation, GEMV) {
  MachineDescription machine = describeMachine(/*channels=*/1, 1);
  KernelBuilder builder(machine);
  buildGEMV(builder, {2, 1});
  builder.stream.beginPhase("result");
  builder.readResult(1, 2, 0);
  damageStream(builder.stream, machine);
}

TEST(PIMMutation, Elementwise) {
  MachineDescription machine = describeMachine(/*channels=*/1, 2);
  KernelBuilder builder(machine);
  buildElementwise(builder, Elementwise::Add, 2);
  damageStream(builder.stream, machine);
}

} // namespace
