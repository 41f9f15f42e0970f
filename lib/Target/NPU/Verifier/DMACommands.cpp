//===- DMACommands.cpp - Rules of DMA commands ----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "QueueVerifier.h"

#include "llvm/Support/MathExtras.h"

using llvm::ArrayRef;
using llvm::Twine;

namespace garam::npu {

void QueueVerifier::checkIndirection(const DMACommand &c) {
  const DMAIndirection &list = c.indirection;
  if (!check(list.dimension < c.sizes.size(), 24,
             "the index list is along dimension " +
                 Twine(unsigned(list.dimension)) + " of " +
                 Twine(c.sizes.size())))
    return;
  check(list.limit >= 1, 24, "the limit of the index list is 0");
  check(list.type == ElementType::I32 || list.type == ElementType::I64, 24,
        "the index list is not of type i32 or i64");
  checkAddress("index list", list.address,
               sizeof(uint64_t) * uint64_t(c.sizes[list.dimension]));
  checkReach("index list", list.address);
}

void QueueVerifier::verify(const DMACommand &c) {
  checkEngine(Engine::DMA);
  checkSizes(c.sizes);
  check(unsigned(c.kind) < numDMAKinds, 22,
        "no DMA kind has number " + Twine(unsigned(c.kind)));
  check(c.elementBytes <= sizeof(uint64_t) &&
            llvm::isPowerOf2_32(c.elementBytes),
        22, "elements of " + Twine(unsigned(c.elementBytes)) + " bytes");
  if (!message.empty())
    return;

  bool gather = c.kind == DMAKind::Gather;
  if (c.kind != DMAKind::Fill)
    checkOperand("source", c.source, c.sizes, false,
                 gather ? c.indirection.limit : 0);
  else
    check(c.elementBytes == sizeof(uint64_t) ||
              llvm::isUIntN(c.elementBytes * 8, c.fillBits),
          22, "fill bits beyond the element");
  checkOperand("destination", c.destination, c.sizes, false);
  if (c.multicast)
    check(c.destination.address.space == MemorySpace::Local &&
              (program.numCores >= 64 ||
               llvm::isUIntN(program.numCores, c.multicast)),
          23, "multicast to something else than cores of the program");
  if (gather)
    checkIndirection(c);
}

} // namespace garam::npu
