//===- Trace.h - Timeline of a run ------------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_RUNTIME_TRACE_H
#define GARAM_RUNTIME_TRACE_H

#include "garam/Runtime/Session.h"

namespace garam {

/// Writes the events of a run in the trace event format (JSON) that Perfetto
/// and chrome://tracing open: one process a device, one thread a lane, each
/// event with the ids of its ONNX nodes; one process a link, one thread a
/// direction. Events go out as they come.
class TraceWriter {
public:
  TraceWriter(const Executable &executable, llvm::raw_ostream &os);
  ~TraceWriter();

  /// Of a command of a dispatch.
  void addEvent(unsigned step, const DeviceEvent &event);
  void addEvent(const TransferEvent &event);

private:
  void startRecord();
  void writeName(llvm::StringRef kind, unsigned process, unsigned thread,
                 const llvm::Twine &name);
  void writeDeviceNames();
  void writeLinkNames();
  void writeEvent(const llvm::Twine &name, llvm::StringRef category,
                  unsigned process, unsigned thread, uint64_t startFs,
                  uint64_t endFs);

  const Executable &executable;
  llvm::raw_ostream &os;
  /// threads[instance][lane]: number of the lane's name on the device.
  std::vector<std::vector<unsigned>> threads;
  bool isFirst = true;
};

} // namespace garam

#endif // GARAM_RUNTIME_TRACE_H
