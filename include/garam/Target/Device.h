//===- Device.h - What a class of devices offers ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The one interface between Garam and a class of devices. The compile driver,
// the container, the runtime and the tools know a device through it only; a
// device is added by implementing it, in this tree or in a plugin.
//
// The compiler's side works on IR and is an interface of the device's target
// attribute (DeviceTarget.h); what is here needs no IR.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_DEVICE_H
#define GARAM_TARGET_DEVICE_H

#include "garam/Target/HostLink.h"
#include "garam/Target/TargetRegistry.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlir {
class Attribute;
class DialectRegistry;
class MLIRContext;
} // namespace mlir

namespace garam {

/// Levels of optimisation: how long a compile may take for a program that is
/// faster, 0 for the quickest compile.
constexpr unsigned maxOptimizationLevel = 3;
constexpr unsigned defaultOptimizationLevel = 2;

class LoadedProgram;

/// A fact about a machine, for lists: "cores", "8".
struct MachineFact {
  std::string name, value;
};

/// What reports and the runtime need to know of a machine, whatever it runs.
struct MachineSummary {
  /// Clock that cycles in reports are counted in.
  double clockHz = 0;
  uint64_t onChipBytes = 0;
  /// Power of the machine while it does nothing. It flows all the time.
  double idleWatts = 0;
  /// Size of the memory that segments lie in; 0: the target does not say.
  uint64_t memoryBytes = 0;
  /// Whether constant segments lie in it too. If not, loading a program moves
  /// them to where only its instance has them (LoadedProgram::getResidents).
  bool memoryHoldsConstants = true;
  /// Peak rate of the memory that segments lie in; 0: it limits nothing.
  double peakBytesPerSecond = 0;
  /// Nothing when the target file has none.
  std::optional<HostLink> hostLink;
};

/// An option of `garam compile` that one class of devices understands.
struct DeviceOption {
  std::string flag;         // without the dashes; no other option has it
  std::string valueName;    // for the help: "LEVEL"
  std::string help;         // begins in lower case, no full stop
  std::string defaultValue; // may be empty
  /// What is wrong with a value that is not empty, or nothing: "found '7',
  /// needed 1 or 4". The driver asks before any work, so that devices get good
  /// values only. Null: every value is good.
  std::function<std::string(llvm::StringRef)> findFault;
};

/// A form in which `garam inspect` writes a program for other tools.
struct DeviceExport {
  std::string flag; // without the dashes; no other option has it
  std::string help; // begins in lower case, no full stop
};

/// A class of devices.
class Device {
public:
  virtual ~Device() = default;

  /// The class's name in target files ("kind"), attributes and binaries.
  virtual llvm::StringRef getKind() const = 0;

  /// Adds the device's dialects, and the interfaces of its target attribute.
  virtual void registerDialects(mlir::DialectRegistry &registry) const = 0;
  virtual void registerPasses() const = 0;
  /// Registers the device's translations of garam-translate, if it has any.
  virtual void registerTranslations() const {}

  /// Checks a target file of this kind. All that is wrong is reported, joined.
  virtual llvm::Error checkTarget(const TargetFile &file) const = 0;
  /// The main facts of a target that checkTarget accepts.
  virtual llvm::Expected<std::vector<MachineFact>>
  describeTarget(const TargetFile &file) const = 0;
  /// The target attribute of a file that checkTarget accepts. It implements
  /// DeviceTargetAttrInterface.
  virtual mlir::Attribute getTargetAttr(mlir::MLIRContext *context,
                                        const TargetFile &file) const = 0;

  /// What a target, the text of whose file may come from a stranger, is.
  virtual llvm::Expected<MachineSummary>
  summarizeMachine(llvm::MemoryBufferRef target) const = 0;

  /// The options that `garam compile` has for this class;
  /// DeviceCompileOptions::values holds what was given.
  virtual std::vector<DeviceOption> getCompileOptions() const { return {}; }
  /// The forms that `garam inspect` can write programs in.
  virtual std::vector<DeviceExport> getExports() const { return {}; }
  /// Whether programs are code for the processor that Garam runs on, which only
  /// binaries that the user trusts may execute.
  virtual bool executesNativeCode() const { return false; }
  /// Whether the device takes what others refuse.
  virtual bool isFallback() const { return false; }

  /// Reads a program back. `code` and `target` (text of the target file) may
  /// come from a stranger.
  virtual llvm::Expected<std::unique_ptr<LoadedProgram>>
  load(llvm::ArrayRef<uint8_t> code, llvm::MemoryBufferRef target) const = 0;
};

} // namespace garam

#endif // GARAM_TARGET_DEVICE_H
