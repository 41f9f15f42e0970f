//===- Verifier.cpp - Rules of the NPU's instruction set ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The rules C1 to C26 of docs/isa/npu.md, which do not depend on a machine.
// Each message begins with the number of its rule.
//
//===----------------------------------------------------------------------===//

#include "QueueVerifier.h"
#include "garam/Target/NPU/Encoding.h"

using namespace garam::npu;
using llvm::Twine;

static constexpr size_t maxNameLength = UINT16_MAX; // as encoded

static llvm::Error fail(unsigned rule, const Twine &message) {
  return llvm::createStringError("NPU program: (C" + Twine(rule) + ") " +
                                 message);
}

/// Rule C3.
static llvm::Error checkQueues(const Program &program,
                               llvm::ArrayRef<Queue> queues) {
  const Queue *previous = nullptr;
  for (const Queue &queue : queues) {
    if (queue.core >= program.numCores ||
        unsigned(queue.engine) >= numEngineKinds)
      return fail(3, "a queue of core " + Twine(queue.core) + " of " +
                         Twine(program.numCores));
    if (previous && std::make_pair(previous->core, previous->engine) >=
                        std::make_pair(queue.core, queue.engine))
      return fail(3, "the queues are not in increasing order of core and "
                     "engine");
    previous = &queue;
  }
  return llvm::Error::success();
}

llvm::Error garam::npu::verify(const Program &program) {
  if (program.numCores < 1 || program.numCores > maxCores)
    return fail(1, Twine(program.numCores) + " cores");
  if (program.parameters.size() > maxLaunchParameters)
    return fail(2, Twine(program.parameters.size()) + " launch parameters");
  if (program.segments.size() > maxSegments)
    return fail(2, Twine(program.segments.size()) + " segments");
  for (const LaunchParameter &parameter : program.parameters)
    if (parameter.name.size() > maxNameLength)
      return fail(2, "the name of a launch parameter is too long");
  for (const Segment &segment : program.segments)
    if (segment.name.size() > maxNameLength ||
        unsigned(segment.role) >= numSegmentRoles ||
        segment.size > uint64_t(maxAddress))
      return fail(2, "segment '" + segment.name.substr(0, 64) +
                         "' has a name, role or size out of range");

  for (llvm::ArrayRef<Queue> queues :
       {llvm::ArrayRef(program.setup), llvm::ArrayRef(program.queues)}) {
    if (llvm::Error error = checkQueues(program, queues))
      return error;
    for (const Queue &queue : queues)
      if (llvm::Error error = QueueVerifier(program, queue).run())
        return error;
  }
  return verifySetup(program);
}
