//===- Summary.cpp - The summary for people -------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/Report.h"

#include "llvm/Support/Format.h"

using namespace llvm;

namespace garam {

namespace {
struct Unit {
  double factor;
  StringLiteral name;
};
} // namespace

/// `value` with the largest unit that leaves at least 1 before the point.
static std::string scale(double value, ArrayRef<Unit> units) {
  const Unit *unit = &units.back();
  for (const Unit &candidate : units) {
    if (value < candidate.factor)
      continue;
    unit = &candidate;
    break;
  }
  std::string text;
  raw_string_ostream(text) << format("%.4g ", value / unit->factor)
                           << unit->name;
  return text;
}

static std::string formatSeconds(double seconds) {
  return scale(seconds, {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}});
}

static std::string formatBytes(double bytes) {
  return scale(bytes, {{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}, {1, "bytes"}});
}

static std::string formatJoules(double joules) {
  return scale(joules, {{1, "J"}, {1e-3, "mJ"}, {1e-6, "uJ"}, {1e-9, "nJ"}});
}

static std::string formatShare(double share) {
  std::string text;
  raw_string_ostream(text) << format("%.1f %%", share * 100);
  return text;
}

namespace {
/// Prints a column of names and one of values.
class Table {
public:
  Table(raw_ostream &os, unsigned width) : os(os), width(width) {}
  void printRow(StringRef name, const Twine &value) {
    os << "  " << left_justify(name, width) << value << '\n';
  }

private:
  raw_ostream &os;
  unsigned width;
};
} // namespace

/// How many nodes run where; those that did not go to the first choice, with
/// the reason.
static void printNodes(const Report &report, Table &table) {
  unsigned placed = 0, folded = 0;
  const std::vector<ImageNode> &nodes = report.executable->getManifest().nodes;
  for (const ImageNode &node : nodes)
    ++(node.device.empty() ? folded : placed);
  table.printRow("nodes", Twine(placed) + " on the device, " + Twine(folded) +
                              " folded away by the compiler, none unsupported");
  for (const ImageNode &node : nodes)
    if (!node.reason.empty())
      table.printRow("", "'" + node.id + "' (" + node.op + ") on " +
                             node.device + ": " + node.reason);
}

void printSummary(const Report &report, raw_ostream &os) {
  const RunResult &run = report.run;
  double latency = report.getLatencySeconds();
  os << report.executable->getManifest().model << " on "
     << report.executable->getManifest().target << '\n';
  // Shares of the latency stand below it, indented.
  constexpr StringLiteral indent = "  ";
  size_t width = 18;
  for (const TimeShare &share : run.criticalPath)
    width = std::max(width, indent.size() + share.category.size() + 1);
  Table table(os, width);
  table.printRow("latency", formatSeconds(latency) + ", weights in DRAM");
  if (report.residentLatencyFs)
    table.printRow("", formatSeconds(*report.residentLatencyFs * 1e-15) +
                           ", weights that fit resident on the chip");
  if (latency > 0)
    table.printRow("throughput",
                   Twine(std::to_string(static_cast<uint64_t>(1 / latency))) +
                       " inferences/s, one after the other");
  table.printRow(
      "lower bound",
      formatSeconds(report.bound.getSeconds()) + " (" +
          (report.bound.computeSeconds >= report.bound.transferSeconds
               ? "MACs"
               : "DRAM") +
          "), ratio " + formatShare(report.getRatio()));
  for (const TimeShare &share : run.criticalPath)
    if (share.femtoseconds != 0)
      table.printRow(
          indent.str() + share.category,
          formatSeconds(share.femtoseconds * 1e-15) + ", " +
              formatShare(double(share.femtoseconds) / run.latencyFs));
  if (run.hostLinkSeconds)
    table.printRow("host link", formatSeconds(*run.hostLinkSeconds) +
                                    ", not in the latency");
  table.printRow("DRAM", formatBytes(run.dramReadBytes) + " read, " +
                             formatBytes(run.dramWriteBytes) + " written");
  table.printRow("SRAM peak", formatBytes(report.peakOnChipBytes));
  table.printRow("energy", formatJoules(run.energyJoule));
  printNodes(report, table);
}

} // namespace garam
