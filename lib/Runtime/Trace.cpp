//===- Trace.cpp - Timeline of a run --------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/Trace.h"

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
  writeLaneNames();
}

TraceWriter::~TraceWriter() { os << "\n]}\n"; }

void TraceWriter::startRecord() {
  os << (isFirst ? "\n" : ",\n");
  isFirst = false;
}

void TraceWriter::writeLaneNames() {
  auto writeMetadata = [&](StringRef kind, unsigned process, unsigned thread,
                           const Twine &name) {
    startRecord();
    os << "{\"ph\":\"M\",\"name\":\"" << kind << "\",\"pid\":" << process
       << ",\"tid\":" << thread << ",\"args\":{\"name\":";
    writeString(os, name);
    os << "}}";
  };
  for (unsigned p = 0; p < executable.getNumPrograms(); ++p) {
    const ImageProgram &program = executable.getManifest().programs[p];
    const ImageDevice &device =
        executable.getManifest().devices[program.device];
    writeMetadata("process_name", p, 0,
                  device.target + " (" + device.kind + ")");
    for (const auto &[lane, name] :
         enumerate(executable.getProgram(p).getLanes()))
      writeMetadata("thread_name", p, lane, name);
  }
}

void TraceWriter::addEvent(unsigned program, const DeviceEvent &event) {
  const DebugMap &map = executable.getDebugMap(program);
  std::string nodes;
  if (event.lane < map.origins.size() &&
      event.command < map.origins[event.lane].size()) {
    raw_string_ostream names(nodes);
    interleaveComma(map.origins[event.lane][event.command], names,
                    [&](uint32_t node) { names << map.nodes[node]; });
  }
  startRecord();
  os << "{\"ph\":\"X\",\"name\":";
  writeString(os, event.isSynchronisation || nodes.empty() ? Twine(event.kind)
                                                           : Twine(nodes));
  os << ",\"cat\":\"" << event.kind << "\",\"pid\":" << program
     << ",\"tid\":" << event.lane << ",\"ts\":";
  writeMicroseconds(os, event.startFs);
  os << ",\"dur\":";
  writeMicroseconds(os, event.endFs - event.startFs);
  os << ",\"args\":{\"command\":" << event.command << ",\"nodes\":";
  writeString(os, nodes);
  os << "}}";
}

} // namespace garam
