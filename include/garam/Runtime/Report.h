//===- Report.h - What a compile or a run reports ---------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_RUNTIME_REPORT_H
#define GARAM_RUNTIME_REPORT_H

#include "garam/Runtime/Profile.h"

namespace garam {

/// Version of the JSON report (docs/report.md).
constexpr int64_t reportSchema = 1;

struct Report {
  std::shared_ptr<const Executable> executable;
  RunResult run; // with cold weights
  std::optional<uint64_t> residentLatencyFs;
  std::vector<double> nodeCycles; // by number in the manifest
  BoundReport bound;
  uint64_t peakOnChipBytes = 0;
  std::optional<double> compileSeconds; // not of a run
  uint64_t peakResidentBytes = 0;       // of this process

  double getLatencySeconds() const;
  /// Of the first run of a session: set-up and run.
  double getFirstLatencySeconds() const;
  /// Lower bound / latency: 1 is perfect.
  double getRatio() const;
};

/// Runs the executable twice with timing only, with cold and with resident
/// weights, and collects what a report needs.
llvm::Expected<Report> measure(std::shared_ptr<const Executable> executable);

/// Completes a report of a run whose events `profile` has seen.
llvm::Expected<Report> makeReport(std::shared_ptr<const Executable> executable,
                                  RunResult run, const NodeProfile &profile);

/// Writes the JSON report.
void writeReport(const Report &report, llvm::raw_ostream &os);

/// Writes the summary that ends a compile or a run, for people.
void printSummary(const Report &report, llvm::raw_ostream &os);

} // namespace garam

#endif // GARAM_RUNTIME_REPORT_H
