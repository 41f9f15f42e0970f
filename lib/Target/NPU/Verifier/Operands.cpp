//===- Operands.cpp - Rules of what commands walk -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "QueueVerifier.h"

#include "llvm/Support/MathExtras.h"

using llvm::ArrayRef;
using llvm::Twine;

namespace garam::npu {

bool ignoresDims(const Descriptor &descriptor, unsigned from) {
  auto isZero = [&](const auto &values) {
    return llvm::all_of(llvm::drop_begin(values, from),
                        [](auto value) { return value == 0; });
  };
  return isZero(descriptor.strides) &&
         llvm::all_of(descriptor.guards, [&](const Guard &guard) {
           return isZero(guard.coefficients);
         });
}

void QueueVerifier::checkEngine(Engine engine) {
  check(queue.engine == engine, 4,
        "a " + getName(engine) + " command in a queue of another engine");
}

void QueueVerifier::checkSizes(ArrayRef<uint32_t> sizes) {
  check(sizes.size() <= maxDims, 9,
        Twine(sizes.size()) + " dimensions; at most " + Twine(maxDims) +
            " are possible");
  uint64_t elements = 1;
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    check(size >= 1, 9, "size of dimension " + Twine(dim) + " is 0");
    elements = llvm::SaturatingMultiply<uint64_t>(elements, size);
  }
  check(elements <= maxElements, 9,
        "walks " + Twine(elements) + " elements; at most " +
            Twine(maxElements) + " are possible");
}

bool QueueVerifier::checkParameter(int parameter) {
  return check(parameter >= -1 && parameter < int(program.parameters.size()),
               10,
               "launch parameter " + Twine(parameter) + " of " +
                   Twine(program.parameters.size()));
}

void QueueVerifier::checkAddress(const Twine &name, const Address &address,
                                 uint64_t extent) {
  unsigned limit = address.space == MemorySpace::Local ? program.numCores
                   : address.space == MemorySpace::Shared
                       ? 1
                       : program.segments.size();
  check(address.space <= MemorySpace::DRAM && address.index < limit, 10,
        name + " lies in memory " + Twine(address.index) + " of " +
            Twine(limit));
  uint64_t reach = llvm::SaturatingAdd(extent, magnitude(address.offset));
  for (auto [depth, stride] : llvm::enumerate(address.loopStrides)) {
    if (!check(stride == 0 || depth < loops.size(), 11,
               name + " moves with loop " + Twine(depth) + ", there are " +
                   Twine(loops.size())))
      return;
    if (depth < loops.size())
      reach = llvm::SaturatingMultiplyAdd<uint64_t>(
          magnitude(stride), loops[depth].count - 1, reach);
  }
  if (!checkParameter(address.parameter))
    return;
  if (address.parameter < 0)
    check(address.parameterStride == 0, 10,
          name + " has a parameter stride but no parameter");
  else
    reach = llvm::SaturatingMultiplyAdd<uint64_t>(
        magnitude(address.parameterStride),
        program.parameters[address.parameter].maximum, reach);
  check(reach <= uint64_t(maxAddress), 12,
        name + " can reach further than 2^56 bytes");
}

void QueueVerifier::checkOperand(const Twine &name,
                                 const Descriptor &descriptor,
                                 ArrayRef<uint32_t> sizes, bool isRead,
                                 uint64_t limit) {
  check(static_cast<unsigned>(descriptor.type) < numElementTypes, 10,
        name + " has no element type");
  uint64_t extent = sizeof(uint64_t); // the widest element
  if (sizes.size() > maxDims)
    return;
  for (auto [dim, size] : llvm::enumerate(sizes))
    extent = llvm::SaturatingMultiplyAdd<uint64_t>(
        magnitude(descriptor.strides[dim]), std::max<uint64_t>(size, limit),
        extent);
  checkAddress(name, descriptor.address, extent);
  check(ignoresDims(descriptor, sizes.size()), 11,
        name + " moves with a dimension that the command does not have");
  check(isRead || descriptor.guards.empty(), 13,
        name + " has a guard but is not a guarded read");
  check(descriptor.guards.size() <= maxGuards, 13,
        name + " has " + Twine(descriptor.guards.size()) + " guards; at most " +
            Twine(maxGuards) + " are possible");
  check(!descriptor.guards.empty() || descriptor.fill == 0.0, 13,
        name + " has a fill value but no guard");
  for (const Guard &guard : descriptor.guards)
    checkGuard(name, guard, sizes);
}

void QueueVerifier::checkGuard(const Twine &name, const Guard &guard,
                               ArrayRef<uint32_t> sizes) {
  check(guard.extent >= 1, 13, name + " has a guard of extent 0");
  uint64_t reach = magnitude(guard.start);
  for (auto [dim, size] : llvm::enumerate(sizes))
    reach = llvm::SaturatingMultiplyAdd<uint64_t>(
        magnitude(guard.coefficients[dim]), size, reach);
  for (auto [depth, stride] : llvm::enumerate(guard.loopStrides)) {
    check(stride == 0 || depth < loops.size(), 11,
          "a guard of " + name + " moves with loop " + Twine(depth) +
              ", there are " + Twine(loops.size()));
    if (depth < loops.size())
      reach = llvm::SaturatingMultiplyAdd<uint64_t>(magnitude(stride),
                                                    loops[depth].count, reach);
  }
  check(reach <= uint64_t(maxAddress), 12,
        "a guard of " + name + " can reach further than 2^56");
}

void QueueVerifier::checkReach(const Twine &name, const Address &address) {
  check(address.space == MemorySpace::Local && address.index == queue.core, 14,
        name + " is not in the SRAM of core " + Twine(queue.core));
}

} // namespace garam::npu
