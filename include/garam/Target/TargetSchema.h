//===- TargetSchema.h - Fields of target files ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A class of devices describes the fields of its target files once: a function
// that shows them to a visitor, with slots for their values. The reader, its
// messages and the check that docs/targets.md documents every field all use it.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_TARGETSCHEMA_H
#define GARAM_TARGET_TARGETSCHEMA_H

#include "garam/Target/HostLink.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace garam {

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

/// A field whose value is a sequence of at least one mapping. Each has a field
/// with one of a few names, which no two share.
struct VariantsField {
  llvm::StringLiteral name;
  llvm::StringLiteral item; // what a mapping is: "mode"
  llvm::StringLiteral meaning;
  llvm::StringLiteral key; // the field with the name: "type"
  llvm::StringLiteral keyMeaning;
  llvm::ArrayRef<llvm::StringRef> names;
};

/// A field whose value is a text, which has no source, or a sequence of
/// several.
struct TextField {
  llvm::StringLiteral name;
  llvm::StringLiteral need; // "the name or the file of a target"
  llvm::StringLiteral meaning;
  unsigned count = 1; // above 1: a sequence of so many
};

/// A field whose value is a sequence of mappings.
struct SequenceField {
  llvm::StringLiteral name;
  llvm::StringLiteral item; // what a mapping is: "device"
  llvm::StringLiteral meaning;
  bool isOptional = false; // may be empty or left out
};

/// Is shown every field of a schema in order.
class TargetSchemaVisitor {
public:
  /// Takes a text, and returns what is wrong with it ("found 'x', needed y"),
  /// or nothing.
  using TakeText = llvm::function_ref<std::string(llvm::StringRef)>;

  virtual ~TargetSchemaVisitor() = default;
  virtual void figure(const FigureField &field, FigureSlot slot) = 0;
  /// A mapping of fields. One that is not required may be left out.
  virtual void section(llvm::StringLiteral name, bool required,
                       llvm::StringLiteral meaning,
                       llvm::function_ref<void()> fields) = 0;
  /// `fields` is called for each mapping with the number of its name.
  virtual void variants(const VariantsField &field,
                        llvm::function_ref<void(unsigned name)> fields) = 0;
  /// `take` is called for each text.
  virtual void text(const TextField &field, TakeText take) = 0;
  /// `fields` is called for each mapping.
  virtual void sequence(const SequenceField &field,
                        llvm::function_ref<void()> fields) = 0;
};

/// Takes what relates fields to one another.
class TargetRelations {
public:
  virtual ~TargetRelations() = default;
  /// Reports `message` at the field `path` ("dram.burst_bytes",
  /// "modes[0].outputs") unless `holds`; not when it, or one of `others`, has
  /// an error already.
  virtual void require(bool holds, llvm::StringRef path,
                       const llvm::Twine &message,
                       llvm::ArrayRef<llvm::StringRef> others = {}) = 0;
};

/// Where the figures of a link belong: "bytes_per_second", "seconds" and
/// "energy_joules_per_byte".
struct LinkSlots {
  double *bytesPerSecond, *seconds, *joulesPerByte;
};
void visitLink(TargetSchemaVisitor &visitor, const LinkSlots &slots);

/// The section "host_link"; `link` is nothing when it is left out.
void visitHostLink(TargetSchemaVisitor &visitor, std::optional<HostLink> &link,
                   bool isRequired = true);

/// Reads and validates a target file of class `kind`. `name` is set to the
/// target's; `visit` shows the schema and `relate` checks the values that were
/// read. Errors carry file, line and column, the field, what was found and what
/// is needed; all are reported, joined.
llvm::Error
readTargetFields(llvm::MemoryBufferRef file, llvm::StringRef kind,
                 std::string &name,
                 llvm::function_ref<void(TargetSchemaVisitor &)> visit,
                 llvm::function_ref<void(TargetRelations &)> relate);

/// A field of a schema as docs/targets.md tabulates it.
struct TargetField {
  std::string path;  // "dram.burst_bytes"; "[]" follows a sequence's name
  std::string type;  // "integer", "number", "true or false", "section", ...
  std::string unit;  // empty where there is none
  std::string range; // of values, empty where any will do
  std::string meaning;
};

/// All fields of target files of class `kind`, in the order of the page.
std::vector<TargetField>
listTargetFields(llvm::StringRef kind,
                 llvm::function_ref<void(TargetSchemaVisitor &)> visit);

} // namespace garam

#endif // GARAM_TARGET_TARGETSCHEMA_H
