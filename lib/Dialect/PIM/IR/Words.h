//===- Words.h - Numbers that the encoding holds ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_PIM_IR_WORDS_H
#define GARAM_LIB_DIALECT_PIM_IR_WORDS_H

#include "mlir/IR/Operation.h"

namespace garam::pim {

/// A number of an operation, which is encoded in 32 bits.
struct NamedWord {
  llvm::StringRef name;
  uint64_t value;
};

/// Checks that all `words` of `op` fit, as `constraint` of it says.
mlir::LogicalResult verifyWords(mlir::Operation *op, llvm::StringRef constraint,
                                llvm::ArrayRef<NamedWord> words);

} // namespace garam::pim

#endif // GARAM_LIB_DIALECT_PIM_IR_WORDS_H
