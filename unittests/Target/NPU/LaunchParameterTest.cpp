//===- LaunchParameterTest.cpp - Programs that depend on their launch -----===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// From commands of the dialect to the simulator, by way of the binary form.
//
//===----------------------------------------------------------------------===//

#include "garam/InitAll.h"
#include "garam/Target/NPU/Compile.h"
#include "garam/Target/NPU/Encoding.h"
#include "garam/Target/NPU/Machine/TargetFile.h"
#include "garam/Target/NPU/Simulator.h"
#include "garam/Target/NPU/StaticChecker.h"
#include "garam/Target/TargetRegistry.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

#include <numeric>

using namespace garam;
using namespace garam::npu;
using namespace mlir;

namespace {

constexpr uint32_t maxBlocks = 4, maxStart = 3, blockWords = 16;
constexpr uint32_t numWords = (maxBlocks + maxStart) * blockWords;

/// Copies blocks 'start' to 'start' + 'blocks' - 1 of the input to the start of
/// the output, through a core's memory.
constexpr const char *source = R"mlir(
func.func @copy_blocks() {
  npu.parameter "blocks" maximum 4
  npu.parameter "start" maximum 3
  npu.segment <input> "in" {size = 448 : i64}
  npu.segment <output> "out" {size = 448 : i64}
  %in = npu.buffer <dram> bytes 448 {segment = 0 : i64, offset = 0 : i64}
  %out = npu.buffer <dram> bytes 448 {segment = 1 : i64, offset = 0 : i64}
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 0 : i64}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 128 : i64}
  %c = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 256 : i64}
  %d = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 384 : i64}
  npu.loop 0 <dma> count 4 parameter 0 buffers(%a, %b, %c, %d) {
  ^bb0(%block: !npu.buffer):
    npu.dma_command 0, %in to %block sizes [16] bytes 4
      with [#npu.descriptor<0 : u32 strides [4] loops [64] plus <1 times 64>>,
            #npu.descriptor<0 : u32 strides [4] loops [128]>]
    npu.dma_command 0, %block to %out sizes [16] bytes 4
      with [#npu.descriptor<0 : u32 strides [4] loops [128]>,
            #npu.descriptor<0 : u32 strides [4] loops [64]>]
  }
  return
}
)mlir";

class LaunchParameterTest : public testing::Test {
protected:
  LaunchParameterTest()
      : machine(llvm::cantFail(
            readTargetFile(llvm::cantFail(loadTarget("atom")).getBuffer()))) {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    module = parseSourceString<ModuleOp>(source, &context);
    EXPECT_TRUE(module);
    auto func = *module->getOps<func::FuncOp>().begin();
    FailureOr<CompiledProgram> compiled = exportProgram(func, machine);
    EXPECT_TRUE(succeeded(compiled));
    if (failed(compiled))
      return;
    EXPECT_EQ(llvm::toString(
                  checkProgram(compiled->program, compiled->plan, machine)),
              "");
    program = llvm::cantFail(decode(llvm::cantFail(encode(compiled->program))));
  }

  /// The output of a run with these launch parameters on 0, 1, 2, ...
  std::vector<uint32_t> run(uint32_t blocks, uint32_t start) {
    std::vector<uint32_t> in(numWords), out(numWords, 0);
    std::iota(in.begin(), in.end(), 0);
    auto bytes = [](std::vector<uint32_t> &words) {
      return MutableArrayRef(reinterpret_cast<uint8_t *>(words.data()),
                             words.size() * sizeof(uint32_t));
    };
    result = llvm::cantFail(
        simulate(program, machine, {bytes(in), bytes(out)}, {blocks, start}));
    return out;
  }

  static std::vector<uint32_t> expected(uint32_t blocks, uint32_t start) {
    std::vector<uint32_t> out(numWords, 0);
    std::iota(out.begin(), out.begin() + blocks * blockWords,
              start * blockWords);
    return out;
  }

  MLIRContext context;
  MachineDescription machine;
  OwningOpRef<ModuleOp> module;
  Program program;
  SimulationResult result;
};

TEST_F(LaunchParameterTest, SaysHowOftenAndFromWhere) {
  EXPECT_EQ(run(maxBlocks, 0), expected(maxBlocks, 0));
  uint64_t longest = result.latencyFs;
  EXPECT_EQ(run(2, maxStart), expected(2, maxStart));
  EXPECT_LT(result.latencyFs, longest);
  EXPECT_EQ(run(0, 1), expected(0, 1));
  EXPECT_EQ(result.latencyFs, 0u);
}

} // namespace
