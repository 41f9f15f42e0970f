//===- Trace.cpp - Timeline of a run --------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/Trace.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"

using namespace llvm;

namespace garam {

/// The format counts in microseconds; femtoseconds are their 9th decimal.
static constexpr uint64_t fsPerMicrosecond = 1000000000;

static void writeMicroseconds(raw_ostream &os, uint64_t fs) {
  os << fs / fsPerMicrosecond << '.'
     << format("%09llu",
               static_cast<unsigned long long>(fs % fsPerMicrosecond));
}

static void writeString(raw_ostream &os, const Twine &text) {
  os << json::Value(json::fixUTF8(text.str()));
}

TraceWriter::TraceWriter(const Executable &executable, raw_ostream &os)
    : executable(executable), os(os) {
  os << "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
  writeDeviceNames();
  writeLinkNames();
}

TraceWriter::~TraceWriter() { os << "\n]}\n"; }

void TraceWriter::startRecord() {
  os << (isFirst ? "\n" : ",\n");
  isFirst = false;
}

void TraceWriter::writeName(StringRef kind, unsigned process, unsigned thread,
                            const Twine &name) {
  startRecord();
  os << "{\"ph\":\"M\",\"name\":\"" << kind << "\",\"pid\":" << process
     << ",\"tid\":" << thread << ",\"args\":{\"name\":";
  writeString(os, name);
  os << "}}";
}

/// Lanes of one name are one thread, whichever program they are of.
void TraceWriter::writeDeviceNames() {
  const Manifest &manifest = executable.getManifest();
  for (const auto &[number, device] : enumerate(manifest.devices))
    writeName("process_name", number, 0,
              device.name + " (" + device.kind + ")");
  std::vector<StringMap<unsigned>> lanes(manifest.devices.size());
  for (const InstancePlace &place : executable.getInstances()) {
    std::vector<unsigned> &numbers = threads.emplace_back();
    StringMap<unsigned> &known = lanes[place.device];
    for (const std::string &name :
         executable.getProgram(place.program).getLanes()) {
      auto [entry, isNew] = known.try_emplace(name, known.size());
      numbers.push_back(entry->second);
      if (isNew)
        writeName("thread_name", place.device, entry->second, name);
    }
  }
}

void TraceWriter::writeLinkNames() {
  const Manifest &manifest = executable.getManifest();
  for (const auto &[number, link] : enumerate(manifest.links)) {
    unsigned process = manifest.devices.size() + number;
    const std::string &first = manifest.devices[link.between[0]].name;
    const std::string &second = manifest.devices[link.between[1]].name;
    writeName("process_name", process, 0, "link " + link.name);
    writeName("thread_name", process, 0, first + " to " + second);
    writeName("thread_name", process, 1, second + " to " + first);
  }
}

/// Everything but the arguments, which the caller adds, and the end.
void TraceWriter::writeEvent(const Twine &name, StringRef category,
                             unsigned process, unsigned thread,
                             uint64_t startFs, uint64_t endFs) {
  startRecord();
  os << "{\"ph\":\"X\",\"name\":";
  writeString(os, name);
  os << ",\"cat\":\"" << category << "\",\"pid\":" << process
     << ",\"tid\":" << thread << ",\"ts\":";
  writeMicroseconds(os, startFs);
  os << ",\"dur\":";
  writeMicroseconds(os, endFs - startFs);
  os << ",\"args\":";
}

void TraceWriter::addEvent(unsigned step, const DeviceEvent &event) {
  const Step &dispatch = executable.getEntryPoint().steps[step];
  const DebugMap &map = executable.getDebugMap(dispatch.program);
  ArrayRef<std::string> ids = executable.getNodes(step);
  std::string nodes;
  if (event.lane < map.origins.size() &&
      event.command < map.origins[event.lane].size()) {
    raw_string_ostream names(nodes);
    interleaveComma(map.origins[event.lane][event.command], names,
                    [&](uint32_t node) { names << ids[node]; });
  }
  writeEvent(event.isSynchronisation || nodes.empty() ? Twine(event.kind)
                                                      : Twine(nodes),
             event.kind, dispatch.device,
             threads[executable.getInstance(step)][event.lane], event.startFs,
             event.endFs);
  os << "{\"step\":" << step << ",\"command\":" << event.command
     << ",\"nodes\":";
  writeString(os, nodes);
  os << "}}";
}

void TraceWriter::addEvent(const TransferEvent &event) {
  const Manifest &manifest = executable.getManifest();
  const Step &step = executable.getEntryPoint().steps[event.step];
  writeEvent("transfer of " + manifest.segments[step.to].segment.name,
             "transfer", manifest.devices.size() + event.link, event.isBackward,
             event.startFs, event.endFs);
  os << "{\"step\":" << event.step << ",\"bytes\":" << step.bytes << "}}";
}

} // namespace garam
