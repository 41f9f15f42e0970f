//===- Mutations.h - Damaged programs for the static checker ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_UNITTESTS_TARGET_NPU_MUTATIONS_H
#define GARAM_UNITTESTS_TARGET_NPU_MUTATIONS_H

#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "garam/Target/NPU/MemoryPlan.h"
#include "llvm/Support/raw_ostream.h"

#include <map>

namespace garam::npu::test {

/// Of the mutants of one kind, those that do harm and those that do not, caught
/// by the checker or not. Harm is, by the reference: a deadlock, two
/// conflicting accesses without an order, an operand outside its buffer. A
/// semaphore that is left above zero is no harm, and the checker catches it.
struct MutantCounts {
  unsigned harmfulCaught = 0, harmfulMissed = 0;
  unsigned harmlessCaught = 0, harmlessMissed = 0;

  unsigned getHarmful() const { return harmfulCaught + harmfulMissed; }
};

struct MutationReport {
  std::map<std::string, MutantCounts> kinds;
  /// Harmful mutants that the checker did not catch.
  std::vector<std::string> missed;

  void add(const MutationReport &other);
  void print(llvm::raw_ostream &os) const;
};

/// Makes every mutant of a safe program, one at a time:
///   - each wait and each signal removed,
///   - each count of a wait or signal one more and one less,
///   - each wait removed together with a signal of the same semaphore and
///     count, so that the sums still agree,
///   - each wait one command later, each signal one command earlier,
///   - each operand moved so far that it leaves its buffer at either end, by a
///     byte and altogether,
/// and asks the checker about it.
MutationReport testMutants(Program program, MemoryPlan plan,
                           const MachineDescription &machine);

} // namespace garam::npu::test

#endif // GARAM_UNITTESTS_TARGET_NPU_MUTATIONS_H
