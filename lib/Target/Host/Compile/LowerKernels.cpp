//===- LowerKernels.cpp - Kernels as functions of the LLVM dialect --------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Host/Compile.h"

#include "garam/Dialect/Host/Transforms/Passes.h"
#include "garam/Transforms/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace garam::host {

void buildBufferPipeline(OpPassManager &manager,
                         const VectorRegisters &registers) {
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  OpPassManager &tensors = manager.nest<func::FuncOp>();
  SplitIntoPartsOptions parts;
  parts.vectorBits = registers.bits;
  parts.vectorRegisters = registers.number;
  tensors.addPass(createSplitIntoParts(parts));
  tensors.addPass(createTileRunTimeSizes({registers.bits, registers.number}));
  tensors.addPass(createTileContractions({registers.bits, registers.number}));
  tensors.addPass(createTileDotProducts({registers.bits, registers.number}));
  tensors.addPass(createCSEPass());
  tensors.addPass(createLowerContractions());
  tensors.addPass(createOrderReductionLoops());
  tensors.addPass(createCSEPass());
  tensors.addPass(createAllocateCopies());
  manager.addPass(bufferization::createEmptyTensorEliminationPass());
  manager.addPass(bufferization::createOneShotBufferizePass());
  // Before a loop over one part is folded away.
  manager.nest<func::FuncOp>().addPass(createSelectPart());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  OpPassManager &functions = manager.nest<func::FuncOp>();
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createExpandCopies());
  functions.addPass(createPlanScratch());
  functions.addPass(createConvertLinalgToLoopsPass());
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
}

void buildLLVMPipeline(OpPassManager &manager) {
  OpPassManager &functions = manager.nest<func::FuncOp>();
  arith::ArithEmulateUnsupportedFloatsOptions floats;
  SmallVector<std::string> emulated{"bf16",   "f8E4M3FN",   "f8E4M3FNUZ",
                                    "f8E5M2", "f8E5M2FNUZ", "f8E8M0FNU"};
  floats.sourceTypeStrs = emulated;
  floats.targetTypeStr = "f32";
  functions.addPass(arith::createArithEmulateUnsupportedFloats(floats));
  functions.addPass(createGuardDivision());
  functions.addPass(createExpandNarrowFloats());
  functions.addPass(createExpandMath());
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  functions.addPass(createConvertVectorToSCFPass());
  functions.addPass(createLowerAffinePass());
  functions.addPass(createSCFToControlFlowPass());
  functions.addPass(memref::createExpandStridedMetadataPass());
  functions.addPass(createLowerAffinePass());
  manager.addPass(createConvertMathToFuncs());
  manager.addPass(createSCFToControlFlowPass());
  manager.addPass(createConvertMathToLLVMPass());
  manager.addPass(createConvertMathToLibmPass());
  manager.addPass(arith::createArithExpandOpsPass());
  manager.addPass(createConvertVectorToLLVMPass());
  manager.addPass(createArithToLLVMConversionPass());
  manager.addPass(createFinalizeMemRefToLLVMConversionPass());
  manager.addPass(createConvertIndexToLLVMPass());
  ConvertFuncToLLVMPassOptions options;
  options.useBarePtrCallConv = true;
  manager.addPass(createConvertFuncToLLVMPass(options));
  manager.addPass(createConvertControlFlowToLLVMPass());
  manager.addPass(createUBToLLVMConversionPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
  manager.addPass(createCanonicalizerPass());
}

void registerLoweringPipelines() {
  struct BufferOptions : PassPipelineOptions<BufferOptions> {
    Option<unsigned> vectorBits{
        *this, "vector-bits",
        llvm::cl::desc("width of a vector of the processor"),
        llvm::cl::init(VectorRegisters().bits)};
    Option<unsigned> vectorRegisters{
        *this, "vector-registers",
        llvm::cl::desc("number of vector registers of the processor"),
        llvm::cl::init(VectorRegisters().number)};
  };
  PassPipelineRegistration<BufferOptions>(
      "host-kernels-to-buffers",
      "Turns functions of tensors on buffers into loops",
      [](OpPassManager &manager, const BufferOptions &options) {
        buildBufferPipeline(manager,
                            {options.vectorBits, options.vectorRegisters});
      });
  PassPipelineRegistration<>("host-buffers-to-llvm",
                             "Turns loops on buffers into the LLVM dialect",
                             buildLLVMPipeline);
}

/// What the passes have made of a kernel: plan-scratch adds a buffer behind the
/// part, which is an argument of select-part.
static Kernel describe(func::FuncOp function) {
  Kernel kernel;
  kernel.parts = function->getAttrOfType<IntegerAttr>(partsAttrName).getInt();
  if (auto scratch = dyn_cast<MemRefType>(function.getArgumentTypes().back()))
    kernel.workspaceBytes = scratch.getNumElements();
  return kernel;
}

static LogicalResult
runPasses(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build) {
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  (void)applyPassManagerCLOptions(manager); // fails where none are declared
  applyDefaultTimingPassManagerCLOptions(manager);
  build(manager);
  return manager.run(module);
}

FailureOr<LoweredKernels> lowerKernels(func::FuncOp function,
                                       const VectorRegisters &registers) {
  // What is made here without a pass that would load its dialects.
  function.getContext()
      ->loadDialect<bufferization::BufferizationDialect, func::FuncDialect,
                    memref::MemRefDialect>();
  LoweredKernels result;
  result.module = ModuleOp::create(function.getLoc());
  KernelNumbers known = numberKernels(function);
  result.numbers = std::move(known.numbers);
  for (const auto &[number, kernel] : llvm::enumerate(known.kernels))
    outlineKernel(kernel, getKernelName(number), *result.module);

  auto toBuffers = [&](OpPassManager &manager) {
    buildBufferPipeline(manager, registers);
  };
  if (failed(runPasses(*result.module, toBuffers)))
    return failure();
  for (auto lowered : result.module->getOps<func::FuncOp>())
    result.kernels.push_back(describe(lowered));

  if (failed(runPasses(*result.module, buildLLVMPipeline)))
    return failure();
  return result;
}

} // namespace garam::host
