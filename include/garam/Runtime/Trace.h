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
/// and chrome://tracing open: one process a program, one thread a lane, each
/// event with the ids of its ONNX nodes. Events go out as they come.
class TraceWriter {
public:
  TraceWriter(const Executable &executable, llvm::raw_ostream &os);
  ~TraceWriter();

  void addEvent(unsigned program, const DeviceEvent &event);

private:
  void startRecord();
  void writeLaneNames();

  const Executable &executable;
  llvm::raw_ostream &os;
  bool isFirst = true;
};

} // namespace garam

#endif // GARAM_RUNTIME_TRACE_H
