//===- TargetSchema.h - Fields of an NPU's target file ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// One table of fields serves the reader, its messages and the check that
// docs/targets.md documents every field.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_TARGETSCHEMA_H
#define GARAM_LIB_TARGET_NPU_TARGETSCHEMA_H

#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

#include <variant>

namespace garam::npu {

/// Values that a figure may have: from low (or above it) to high.
struct FigureRange {
  double low = 0, high = 0;
  bool aboveLow = false; // low itself is not allowed
};

/// A field whose value is a figure: a number or a truth value with the source
/// it is from.
struct FigureField {
  llvm::StringLiteral name;
  llvm::StringLiteral unit; // empty: a plain number, or a truth value
  FigureRange range;        // not used for a truth value
  llvm::StringLiteral meaning;
};

/// Where the value of a figure belongs.
using FigureSlot = std::variant<uint32_t *, uint64_t *, double *, bool *>;

/// Is shown every field of the schema in order.
class TargetSchemaVisitor {
public:
  virtual ~TargetSchemaVisitor() = default;
  virtual void figure(const FigureField &field, FigureSlot slot) = 0;
  /// A mapping of fields. One that is not required may be left out.
  virtual void section(llvm::StringLiteral name, bool required,
                       llvm::StringLiteral meaning,
                       llvm::function_ref<void()> fields) = 0;
  /// tensor.modes: a sequence of mappings, each an element type and `fields`.
  virtual void modes(llvm::StringLiteral name, llvm::StringLiteral meaning,
                     std::vector<ArrayMode> &modes,
                     llvm::function_ref<void(ArrayMode &)> fields) = 0;
};

/// Shows `visitor` the schema; the slots are those of `machine`.
void visitTargetSchema(TargetSchemaVisitor &visitor,
                       MachineDescription &machine);

/// Element types that a MAC array may have a mode for.
llvm::ArrayRef<ElementType> getModeTypes();

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_TARGETSCHEMA_H
