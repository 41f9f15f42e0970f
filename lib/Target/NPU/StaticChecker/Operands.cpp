//===- Operands.cpp - Memory operands of a command ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Operands.h"

using namespace garam::npu;
using llvm::ArrayRef;

namespace {

class OperandVisitor {
public:
  OperandVisitor(const Program &program, const LoopIndices &indices,
                 llvm::function_ref<void(const Operand &)> callback)
      : program(program), indices(indices), callback(callback) {}

  void visit(const TensorCommand &c);
  void visit(const VectorCommand &c);
  void visit(const DMACommand &c);
  template <typename T>
  void visit(const T &) {} // commands without operands

private:
  void add(const char *name, const Descriptor &descriptor,
           ArrayRef<uint32_t> sizes, bool isWrite) {
    add(name, descriptor, sizes, isWrite, getByteWidth(descriptor.type));
  }
  void add(const char *name, const Descriptor &descriptor,
           ArrayRef<uint32_t> sizes, bool isWrite, unsigned elementBytes) {
    const Address &address = descriptor.address;
    callback({name, address.space, address.index, isWrite,
              getRegion(program, descriptor, sizes, elementBytes, indices)});
  }

  const Program &program;
  const LoopIndices &indices;
  llvm::function_ref<void(const Operand &)> callback;
};

void OperandVisitor::visit(const TensorCommand &c) {
  const auto &r = c.rows, &k = c.reduction;
  add("activation", c.activation, {r[0], r[1], r[2], k[0], k[1], k[2]}, false);
  add("weight", c.weight, {k[0], k[1], k[2], c.columns}, false);
  if (c.hasBias)
    add("bias", c.bias, {c.columns}, false);
  if (c.hasScale)
    add("scale", c.scale, {c.columns}, false);
  if (c.hasResidual)
    add("residual", c.residual, {r[0], r[1], r[2], c.columns}, false);
  if (c.store)
    add("output", c.output, {r[0], r[1], r[2], c.columns}, true);
}

void OperandVisitor::visit(const VectorCommand &c) {
  for (const Descriptor &input : c.inputs)
    add("input", input, c.sizes, false);
  for (const VectorOutput &output : c.outputs)
    add("output", output.descriptor,
        ArrayRef(c.sizes).drop_back(c.numReductionDims), true);
}

void OperandVisitor::visit(const DMACommand &c) {
  // An index can be anything below the limit.
  llvm::SmallVector<uint32_t, maxDims> sourceSizes(c.sizes);
  bool gather = c.kind == DMAKind::Gather;
  if (gather)
    sourceSizes[c.indirection.dimension] = c.indirection.limit;

  if (c.kind != DMAKind::Fill)
    add("source", c.source, sourceSizes, false, c.elementBytes);
  if (c.multicast == 0)
    add("destination", c.destination, c.sizes, true, c.elementBytes);
  Descriptor destination = c.destination;
  for (uint64_t cores = c.multicast; cores; cores &= cores - 1) {
    destination.address.index = llvm::countr_zero(cores);
    add("destination", destination, c.sizes, true, c.elementBytes);
  }
  if (gather) {
    Descriptor list;
    list.address = c.indirection.address;
    list.strides[0] = getByteWidth(c.indirection.type);
    add("index list", list, {c.sizes[c.indirection.dimension]}, false,
        getByteWidth(c.indirection.type));
  }
}

} // namespace

void garam::npu::forEachOperand(
    const Program &program, const Queue &queue, const Step &step,
    llvm::function_ref<void(const Operand &)> visit) {
  OperandVisitor visitor(program, step.indices, visit);
  std::visit([&](const auto &command) { visitor.visit(command); },
             queue.commands[step.command]);
}
