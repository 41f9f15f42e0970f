//===- DeviceClass.h - Base of device classes -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What devices have in common without IR: all they say of a target they read
// from its file.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_DEVICECLASS_H
#define GARAM_TARGET_DEVICECLASS_H

#include "garam/Target/Device.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"

namespace garam {

/// Implements Device for a class with a dialect, whose target attribute has the
/// parameters `name` and `text`. `Class`, which derives from it, has these
/// static members:
///
///     /// The class's name.
///     static constexpr llvm::StringLiteral kind;
///     /// Reads and validates a target file.
///     static llvm::Expected<Machine> readMachine(llvm::MemoryBufferRef);
///     /// Makes the target attribute implement DeviceTargetAttrInterface.
///     static void registerTargetModel(mlir::DialectRegistry &);
///     static std::vector<MachineFact> describe(const Machine &);
///     static MachineSummary summarize(const Machine &);
///     /// See Device::load.
///     static llvm::Expected<std::unique_ptr<LoadedProgram>>
///     loadProgram(llvm::ArrayRef<uint8_t> code, llvm::MemoryBufferRef target);
///
/// and implements what else there is of Device.
template <typename Class, typename Dialect, typename TargetAttr,
          typename Machine>
class DeviceClass : public Device {
public:
  llvm::StringRef getKind() const override { return Class::kind; }

  void registerDialects(mlir::DialectRegistry &registry) const override {
    registry.insert<Dialect>();
    Class::registerTargetModel(registry);
  }

  llvm::Error checkTarget(const TargetFile &file) const override {
    return Class::readMachine(file.getBuffer()).takeError();
  }
  llvm::Expected<std::vector<MachineFact>>
  describeTarget(const TargetFile &file) const override {
    llvm::Expected<Machine> machine = Class::readMachine(file.getBuffer());
    if (!machine)
      return machine.takeError();
    return Class::describe(*machine);
  }
  mlir::Attribute getTargetAttr(mlir::MLIRContext *context,
                                const TargetFile &file) const override {
    context->getOrLoadDialect<Dialect>();
    return TargetAttr::get(context, file.header.name, file.text);
  }
  llvm::Expected<MachineSummary>
  summarizeMachine(llvm::MemoryBufferRef target) const override {
    llvm::Expected<Machine> machine = Class::readMachine(target);
    if (!machine)
      return machine.takeError();
    return Class::summarize(*machine);
  }

  llvm::Expected<std::unique_ptr<LoadedProgram>>
  load(llvm::ArrayRef<uint8_t> code,
       llvm::MemoryBufferRef target) const override {
    return Class::loadProgram(code, target);
  }
};

} // namespace garam

#endif // GARAM_TARGET_DEVICECLASS_H
