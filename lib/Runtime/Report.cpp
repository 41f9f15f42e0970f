//===- Report.cpp - What a compile or a run reports -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/Report.h"

#include "llvm/Support/JSON.h"

#include <sys/resource.h>

using namespace llvm;

namespace garam {

static double toSeconds(uint64_t fs) { return fs * 1e-15; }

double Report::getLatencySeconds() const { return toSeconds(run.latencyFs); }

double Report::getFirstLatencySeconds() const {
  return toSeconds(run.setupFs) + getLatencySeconds();
}

double Report::getRatio() const {
  return run.latencyFs == 0 ? 0 : bound.getSeconds() / getLatencySeconds();
}

static uint64_t getPeakResidentBytes() {
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0)
    return 0;
  constexpr uint64_t bytesPerUnit = 1024; // of ru_maxrss, on Linux
  return static_cast<uint64_t>(usage.ru_maxrss) * bytesPerUnit;
}

Expected<Report> makeReport(std::shared_ptr<const Executable> executable,
                            RunResult run, const NodeProfile &profile) {
  Report report;
  report.run = std::move(run);
  report.nodeCycles = profile.getCycles().vec();
  report.bound = computeBound(*executable);
  Expected<uint64_t> peak = computePeakOnChipBytes(*executable);
  if (!peak)
    return peak.takeError();
  report.peakOnChipBytes = *peak;

  RunOptions resident;
  resident.timingOnly = true;
  resident.residentWeights = true;
  Expected<RunResult> residentRun = Session(executable).run({}, resident);
  if (!residentRun)
    return residentRun.takeError();
  // Nobody has to make use of them: a schedule without the transfers may meet
  // its neighbours at a worse moment.
  report.residentLatencyFs =
      std::min(residentRun->latencyFs, report.run.latencyFs);

  report.executable = std::move(executable);
  report.peakResidentBytes = getPeakResidentBytes();
  return report;
}

Expected<Report> measure(std::shared_ptr<const Executable> executable) {
  NodeProfile profile(*executable);
  RunOptions options;
  options.timingOnly = true;
  options.onEvent = [&](unsigned step, const DeviceEvent &event) {
    profile.addEvent(step, event);
  };
  Expected<RunResult> run = Session(executable).run({}, options);
  if (!run)
    return run.takeError();
  return makeReport(std::move(executable), std::move(*run), profile);
}

static json::Array listNodes(const Report &report) {
  json::Array nodes;
  for (const auto &[node, cycles] :
       zip(report.executable->getManifest().nodes, report.nodeCycles))
    nodes.push_back(json::Object{{"id", json::fixUTF8(node.id)},
                                 {"operator", json::fixUTF8(node.op)},
                                 {"opset", node.opset},
                                 {"device", node.device},
                                 {"reason", json::fixUTF8(node.reason)},
                                 {"cycles", cycles}});
  return nodes;
}

static json::Array listLanes(const Report &report) {
  json::Array lanes;
  const Manifest &manifest = report.executable->getManifest();
  for (const auto &[place, busy] :
       zip_equal(report.executable->getInstances(), report.run.laneBusyFs))
    for (const auto &[name, fs] :
         zip(report.executable->getProgram(place.program).getLanes(), busy))
      lanes.push_back(json::Object{
          {"program", place.program},
          {"device", json::fixUTF8(manifest.devices[place.device].name)},
          {"name", name},
          {"busy_s", toSeconds(fs)}});
  return lanes;
}

static json::Array listDevices(const Report &report) {
  json::Array devices;
  const Manifest &manifest = report.executable->getManifest();
  for (const auto &[device, use] :
       zip_equal(manifest.devices, report.run.devices))
    devices.push_back(json::Object{{"name", json::fixUTF8(device.name)},
                                   {"kind", json::fixUTF8(device.kind)},
                                   {"target", json::fixUTF8(device.target)},
                                   {"dispatches", use.dispatches},
                                   {"busy_s", toSeconds(use.busyFs)},
                                   {"dynamic_j", use.dynamicJoule},
                                   {"idle_j", use.idleJoule},
                                   {"setup_s", toSeconds(use.setupFs)},
                                   {"setup_j", use.setupJoule}});
  return devices;
}

static json::Array listLinks(const Report &report) {
  json::Array links;
  const Manifest &manifest = report.executable->getManifest();
  for (const auto &[link, use] : zip_equal(manifest.links, report.run.links)) {
    json::Array between;
    for (uint32_t device : link.between)
      between.push_back(json::fixUTF8(manifest.devices[device].name));
    links.push_back(json::Object{{"name", json::fixUTF8(link.name)},
                                 {"between", std::move(between)},
                                 {"bytes", use.bytes},
                                 {"busy_s", toSeconds(use.busyFs)},
                                 {"energy_j", use.joule}});
  }
  return links;
}

static json::Array listLosses(const Report &report) {
  json::Array losses;
  for (const TimeShare &share : report.run.criticalPath)
    losses.push_back(json::Object{{"category", share.category},
                                  {"seconds", toSeconds(share.femtoseconds)}});
  return losses;
}

static json::Object listOptions(const Report &report) {
  json::Object options;
  for (const auto &[name, value] : report.executable->getManifest().options)
    options[name] = json::fixUTF8(value);
  return options;
}

template <typename T>
static json::Value orNull(const std::optional<T> &value) {
  return value ? json::Value(*value) : json::Value(nullptr);
}

static double getEstimatedSeconds(const Executable &executable) {
  double seconds = 0;
  for (const Step &step : executable.getEntryPoint().steps)
    if (step.kind == Step::Kind::Dispatch)
      seconds +=
          executable.getManifest().programs[step.program].estimatedSeconds;
  return seconds;
}

void writeReport(const Report &report, raw_ostream &os) {
  const Manifest &manifest = report.executable->getManifest();
  const RunResult &run = report.run;
  std::optional<double> resident, linkSeconds, linkJoule;
  if (report.residentLatencyFs)
    resident = toSeconds(*report.residentLatencyFs);
  if (run.hostLink) {
    linkSeconds = run.hostLink->seconds;
    linkJoule = run.hostLink->joule;
  }
  json::Value value = json::Object{
      {"schema", reportSchema},
      {"producer", manifest.producer},
      {"model", json::fixUTF8(manifest.model)},
      {"target", manifest.target},
      {"options", listOptions(report)},
      {"latency_s", report.getLatencySeconds()},
      {"latency_first_s", report.getFirstLatencySeconds()},
      {"latency_resident_s", orNull(resident)},
      {"host_link_s", orNull(linkSeconds)},
      {"host_link_j", orNull(linkJoule)},
      {"host_quantized_elements", run.hostQuantizedElements},
      {"bound_s", report.bound.getSeconds()},
      {"bound", json::Object{{"macs", report.bound.macs},
                             {"bytes", report.bound.bytes},
                             {"compute_s", report.bound.computeSeconds},
                             {"transfer_s", report.bound.transferSeconds},
                             {"chain_s", report.bound.chainSeconds}}},
      {"ratio", report.getRatio()},
      {"estimate_s", getEstimatedSeconds(*report.executable)},
      {"macs", run.macs},
      {"dram_read_bytes", run.dramReadBytes},
      {"dram_write_bytes", run.dramWriteBytes},
      {"sram_peak_bytes", report.peakOnChipBytes},
      {"energy_j", run.energyJoule},
      {"setup_s", toSeconds(run.setupFs)},
      {"setup_j", run.setupJoule},
      {"devices", listDevices(report)},
      {"links", listLinks(report)},
      {"executed_commands", run.executedCommands},
      {"losses", listLosses(report)},
      {"lanes", listLanes(report)},
      {"compile_s", orNull(report.compileSeconds)},
      {"peak_rss_bytes", report.peakResidentBytes},
      {"nodes", listNodes(report)}};
  json::OStream(os, /*IndentSize=*/2).value(value);
  os << '\n';
}

} // namespace garam
