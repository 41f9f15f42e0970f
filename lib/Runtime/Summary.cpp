//===- Summary.cpp - The summary for people -------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/Report.h"

#include "llvm/ADT/MapVector.h"
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

/// Nodes that are not where they were wanted and that the summary names; the
/// report has all.
static constexpr unsigned maxNamedNodes = 10;

/// How many nodes run where; those that did not go to the first choice, with
/// the reason.
static void printNodes(const Report &report, Table &table) {
  const Manifest &manifest = report.executable->getManifest();
  MapVector<StringRef, unsigned> counts;
  for (const ImageDevice &device : manifest.devices)
    counts[device.name] = 0;
  unsigned folded = 0, named = 0;
  for (const ImageNode &node : manifest.nodes)
    ++(node.device.empty() ? folded : counts[node.device]);
  std::string text;
  raw_string_ostream os(text);
  for (const auto &[device, count] : counts)
    if (counts.size() == 1)
      os << count << " on the device, ";
    else if (count > 0)
      os << count << " on " << device << ", ";
  table.printRow("nodes", text + Twine(folded) +
                              " folded away by the compiler, none unsupported");
  for (const ImageNode &node : manifest.nodes)
    if (!node.reason.empty() && ++named <= maxNamedNodes)
      table.printRow("", "'" + node.id + "' (" + node.op + ") on " +
                             node.device + ": " + node.reason);
  if (named > maxNamedNodes)
    table.printRow("", "and " + Twine(named - maxNamedNodes) +
                           " more with a reason, which --report lists");
}

/// What each device and link did, when there are several.
static void printSystem(const Report &report, Table &table) {
  const Manifest &manifest = report.executable->getManifest();
  for (const auto &[device, use] :
       zip_equal(manifest.devices, report.run.devices))
    if (manifest.devices.size() > 1)
      table.printRow(device.name,
                     "busy " + formatSeconds(use.busyFs * 1e-15) + ", " +
                         Twine(use.dispatches) +
                         (use.dispatches == 1 ? " program, " : " programs, ") +
                         formatJoules(use.dynamicJoule) + " and " +
                         formatJoules(use.idleJoule) + " idle");
  for (const auto &[link, use] : zip_equal(manifest.links, report.run.links))
    table.printRow("link " + link.name, formatBytes(use.bytes) + ", busy " +
                                            formatSeconds(use.busyFs * 1e-15) +
                                            ", " + formatJoules(use.joule));
}

/// What the bound is of.
static const char *describe(const BoundReport &bound) {
  double onDevices = std::max(bound.computeSeconds, bound.transferSeconds);
  if (bound.chainSeconds > onDevices)
    return "programs and transfers that wait for each other";
  return bound.computeSeconds >= bound.transferSeconds ? "MACs" : "memory";
}

/// With a set-up, of a run behind the first and of the first; without, where
/// weights are in the one that is measured, and what would be with others.
static void printLatency(const Report &report, Table &table) {
  std::string latency = formatSeconds(report.getLatencySeconds());
  if (report.run.setupFs > 0) {
    table.printRow("latency", latency + ", once set up");
    table.printRow("", formatSeconds(report.getFirstLatencySeconds()) +
                           ", the first, with its set-up");
    return;
  }
  table.printRow("latency",
                 latency +
                     (report.residentLatencyFs ? ", weights in DRAM" : ""));
  if (report.residentLatencyFs)
    table.printRow("", formatSeconds(*report.residentLatencyFs * 1e-15) +
                           ", weights that fit resident on the chip");
}

void printSummary(const Report &report, raw_ostream &os) {
  const RunResult &run = report.run;
  const Manifest &manifest = report.executable->getManifest();
  double latency = report.getLatencySeconds();
  os << manifest.model << " on " << manifest.target << '\n';
  // Shares of the latency stand below it, indented.
  constexpr StringLiteral indent = "  ";
  size_t width = 18;
  auto fit = [&](size_t length) { width = std::max(width, length + 1); };
  for (const TimeShare &share : run.criticalPath)
    fit(indent.size() + share.category.size());
  for (const ImageDevice &device : manifest.devices)
    fit(device.name.size());
  for (const ImageLink &link : manifest.links)
    fit(("link " + link.name).size());
  Table table(os, width);
  printLatency(report, table);
  if (latency > 0)
    table.printRow("throughput",
                   Twine(std::to_string(static_cast<uint64_t>(1 / latency))) +
                       " inferences/s, one after the other");
  table.printRow("lower bound", formatSeconds(report.bound.getSeconds()) +
                                    " (" + describe(report.bound) +
                                    "), ratio " +
                                    formatShare(report.getRatio()));
  for (const TimeShare &share : run.criticalPath)
    if (share.femtoseconds != 0)
      table.printRow(
          indent.str() + share.category,
          formatSeconds(share.femtoseconds * 1e-15) + ", " +
              formatShare(double(share.femtoseconds) / run.latencyFs));
  if (run.hostLink)
    table.printRow("host link", formatSeconds(run.hostLink->seconds) + ", " +
                                    formatJoules(run.hostLink->joule) +
                                    ", in neither latency nor energy");
  table.printRow("DRAM", formatBytes(run.dramReadBytes) + " read, " +
                             formatBytes(run.dramWriteBytes) + " written");
  table.printRow("SRAM peak", formatBytes(report.peakOnChipBytes));
  table.printRow("energy", formatJoules(run.energyJoule));
  if (run.setupFs > 0 || run.setupJoule > 0)
    table.printRow("set-up", formatSeconds(run.setupFs * 1e-15) + ", " +
                                 formatJoules(run.setupJoule) +
                                 ", once, when programs are loaded");
  printSystem(report, table);
  printNodes(report, table);
}

} // namespace garam
