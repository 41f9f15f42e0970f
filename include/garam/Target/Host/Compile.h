//===- Compile.h - From kernels to a host program ---------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_HOST_COMPILE_H
#define GARAM_TARGET_HOST_COMPILE_H

#include "garam/Dialect/Host/IR/Host.h"
#include "garam/Target/Host/Machine.h"
#include "garam/Target/Host/Program.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

namespace garam::host {

/// The work of a kernel, from its body of structured operations: operations and
/// functions of each element of each iteration space; each input read once, or
/// of a table that is only looked up in, the elements that are; each result
/// written once.
Work countWork(KernelOp kernel);

/// Kernels as functions of the LLVM dialect.
struct LoweredKernels {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// The function of each kernel operation, in order.
  std::vector<uint32_t> numbers;
  /// Of each function. Its arguments are the addresses of tensors, the part
  /// and, where it needs one, the address of a workspace.
  std::vector<Kernel> kernels;
};

/// Lowers the kernels of `function`, which stays as it is, for a processor with
/// these registers. Fails with diagnostics, all of them faults of the compiler.
mlir::FailureOr<LoweredKernels> lowerKernels(mlir::func::FuncOp function,
                                             const VectorRegisters &registers);

/// Appends the passes from functions of tensors on buffers to loops on buffers
/// that make one part, with one scratch buffer; `manager` is for modules.
void buildBufferPipeline(mlir::OpPassManager &manager,
                         const VectorRegisters &registers);

/// Appends the passes from there to the LLVM dialect.
void buildLLVMPipeline(mlir::OpPassManager &manager);

/// Registers both, as host-kernels-to-buffers and host-buffers-to-llvm.
void registerLoweringPipelines();

/// The kernels in a relocatable ELF object for an x86-64 processor, as LLVM
/// names it with its features.
llvm::Expected<std::vector<uint8_t>>
emitObject(const LoweredKernels &kernels, llvm::StringRef processor,
           llvm::ArrayRef<std::string> features);

/// Plans the memory of a function of kernels and makes the program, but for its
/// object.
mlir::FailureOr<DeviceProgram> exportProgram(mlir::func::FuncOp function,
                                             const LoweredKernels &kernels,
                                             Program &program);

/// Bytes of the constants that a function of kernels uses, each once.
uint64_t countConstantBytes(mlir::func::FuncOp function);

} // namespace garam::host

#endif // GARAM_TARGET_HOST_COMPILE_H
