//===- CompileTest.cpp - Kernels compiled and timed -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Compiled kernels against the cycle counts of the vendor's own kernels on its
// public simulator, commit b464dde, and against the cost model.
//
//===----------------------------------------------------------------------===//

#include "Machines.h"

#include "Target/PIM/ExportProgram.h"
#include "Target/PIM/LoadedProgram.h"
#include "garam/Dialect/PIM/Transforms/Pipeline.h"
#include "garam/InitAll.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Target/LoadedProgram.h"
#include "garam/Target/PIM/Execution.h"
#include "garam/Target/PIM/Machine/CostModel.h"
#include "garam/Target/PIM/Machine/TargetFile.h"
#include "garam/Target/PIM/Simulator.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FormatVariadic.h"

#include "gtest/gtest.h"

using namespace garam;
using namespace garam::pim;
using namespace garam::pim::test;

namespace {

class PIMCompile : public testing::Test {
protected:
  PIMCompile() {
    mlir::DialectRegistry registry;
    registry.insert<PIMDialect, mlir::arith::ArithDialect,
                    mlir::func::FuncDialect>();
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }

  /// The function of streams of `source`, in a module.
  mlir::OwningOpRef<mlir::ModuleOp> lower(const std::string &source,
                                          const MachineDescription &machine) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(source, &context);
    EXPECT_TRUE(module);
    auto function = *module->getOps<mlir::func::FuncOp>().begin();
    EXPECT_TRUE(succeeded(placeKernels(function, machine)));
    EXPECT_TRUE(succeeded(lowerToStreams(function, machine)));
    return module;
  }

  Program compile(const std::string &source,
                  const MachineDescription &machine) {
    auto module = lower(source, machine);
    auto function = *module->getOps<mlir::func::FuncOp>().begin();
    auto program = exportProgram(function, machine);
    EXPECT_TRUE(succeeded(program));
    return llvm::cantFail(decodeProgram(program->code));
  }

  std::unique_ptr<ProgramInstance>
  makeTimingInstance(const Program &program,
                     const MachineDescription &machine) {
    InstanceOptions timing;
    timing.timingOnly = true;
    return llvm::cantFail(makeInstance(program, machine, {}, timing));
  }

  DeviceRun run(const Program &program, const MachineDescription &machine) {
    return llvm::cantFail(makeTimingInstance(program, machine)->run({}));
  }

  /// Cycles of the phase 'kernel' by itself, from power-up.
  uint64_t countKernelCycles(Program program,
                             const MachineDescription &machine) {
    llvm::erase_if(program.steps, [](const Step &step) {
      const auto *phase = std::get_if<Phase>(&step);
      return !phase || phase->name != "kernel";
    });
    EXPECT_EQ(program.steps.size(), 1u);
    constexpr uint64_t fsPerCycle = 1000000;
    return run(program, machine).latencyFs / fsPerCycle;
  }

  mlir::MLIRContext context;
};

std::string makeGemv(unsigned inputs, unsigned outputs) {
  return llvm::formatv(R"(
    func.func @main(%x: tensor<1x{0}xf32>) -> tensor<1x{1}xf32> {{
      %w = arith.constant dense<1.0> : tensor<{0}x{1}xf32>
      %0 = pim.gemv %x, %w : (tensor<1x{0}xf32>, tensor<{0}x{1}xf32>)
                           -> tensor<1x{1}xf32>
      return %0 : tensor<1x{1}xf32>
    })",
                       inputs, outputs)
      .str();
}

std::string makeElementwise(const char *kind, unsigned elements) {
  bool isRelu = std::string(kind) == "relu";
  return llvm::formatv(
             R"(
    func.func @main(%a: tensor<{0}xf32>, %b: tensor<{0}xf32>)
        -> tensor<{0}xf32> {{
      %0 = pim.elementwise {1} {2} maps [{3}] : ({4}) -> tensor<{0}xf32>
      return %0 : tensor<{0}xf32>
    })",
             elements, kind, isRelu ? "%a" : "%a, %b",
             isRelu ? "affine_map<(i) -> (i)>"
                    : "affine_map<(i) -> (i)>, affine_map<(i) -> (i)>",
             isRelu
                 ? llvm::formatv("tensor<{0}xf32>", elements).str()
                 : llvm::formatv("tensor<{0}xf32>, tensor<{0}xf32>", elements)
                       .str())
      .str();
}

TEST_F(PIMCompile, KernelsTakeTheVendorsCycles) {
  MachineDescription two = describeMachine(/*channels=*/64, /*ranks=*/2);
  MachineDescription one = describeMachine(/*channels=*/64, /*ranks=*/1);
  EXPECT_EQ(countKernelCycles(compile(makeGemv(4096, 4096), two), two), 13166u);
  EXPECT_EQ(countKernelCycles(compile(makeGemv(4096, 4096), one), one), 13165u);
  // Eight input tiles, four output tiles a channel.
  EXPECT_EQ(countKernelCycles(compile(makeGemv(1024, 16384), one), one),
            13382u);
  constexpr unsigned mega = 1 << 20;
  EXPECT_EQ(countKernelCycles(compile(makeElementwise("add", mega), two), two),
            3349u);
  EXPECT_EQ(
      countKernelCycles(compile(makeElementwise("mul", 2 * mega), two), two),
      5926u);
  EXPECT_EQ(
      countKernelCycles(compile(makeElementwise("relu", 4 * mega), two), two),
      7665u);
}

// Streams of 16 channels are wrong for 8. Whose fault it is says who asks.
TEST_F(PIMCompile, StreamsOfAnotherMachineBreakARule) {
  auto module = lower(makeGemv(4, 4096), describeMachine(/*channels=*/16, 1));
  auto function = *module->getOps<mlir::func::FuncOp>().begin();
  std::string message;
  mlir::ScopedDiagnosticHandler handler(
      &context,
      [&](mlir::Diagnostic &diagnostic) { message += diagnostic.str(); });
  EXPECT_TRUE(failed(
      exportProgram(function, describeMachine(/*channels=*/8, /*ranks=*/1))));
  EXPECT_TRUE(
      llvm::StringRef(message).starts_with("the program breaks a rule: "))
      << message;
}

TEST_F(PIMCompile, OtherExportsAreRefused) {
  MachineDescription machine = describeMachine(/*channels=*/16, /*ranks=*/1);
  std::vector<uint8_t> code = encode(compile(makeGemv(4, 4), machine));
  std::string target = readTarget("hbm-pim");
  auto loaded = llvm::cantFail(
      loadProgram(code, llvm::MemoryBufferRef(target, "hbm-pim.yaml")));
  std::string text;
  llvm::raw_string_ostream os(text);
  EXPECT_EQ(llvm::toString(loaded->exportAs("export-other", {}, os)),
            "--export-other: the program has no such form");
}

/// Two products, one with its inputs cut and one of more groups than channels,
/// and an addition.
constexpr const char *chain = R"(
    func.func @main(%x: tensor<1x640xf32>) -> tensor<1x2100xf32> {
      %v = arith.constant dense<1.0> : tensor<640x128xf32>
      %w = arith.constant dense<2.0> : tensor<128x2100xf32>
      %0 = pim.gemv %x, %v relu
          : (tensor<1x640xf32>, tensor<640x128xf32>) -> tensor<1x128xf32>
      %1 = pim.gemv %0, %w
          : (tensor<1x128xf32>, tensor<128x2100xf32>) -> tensor<1x2100xf32>
      %2 = pim.elementwise add %1, %1
          maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
          : (tensor<1x2100xf32>, tensor<1x2100xf32>) -> tensor<1x2100xf32>
      return %2 : tensor<1x2100xf32>
    })";

// A stream that is exported as text and read again takes, phase by phase, the
// cycles that the run takes, which stops for the driver in between.
TEST_F(PIMCompile, ExportedStreamsTakeTheCyclesOfTheRun) {
  std::string target = readTarget("hbm-pim");
  llvm::MemoryBufferRef file(target, "hbm-pim.yaml");
  MachineDescription machine = llvm::cantFail(readTargetFile(file));
  Program program = compile(chain, machine);
  std::vector<uint8_t> constants(program.segments[0].size);
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::cantFail(llvm::cantFail(loadProgram(encode(program), file))
                     ->exportAs(streamExport, constants, os));
  SimulationOptions simulation;
  simulation.timingOnly = true;
  SimulationResult replayed = llvm::cantFail(
      simulate(llvm::cantFail(parseStream(text, "text")), machine, simulation));

  std::vector<uint64_t> phases(replayed.phases.size());
  DeviceRunOptions options;
  uint64_t lastEnd = 0;
  options.onEvent = [&](const DeviceEvent &event) {
    // The first channel, which has most groups, ends behind the others.
    EXPECT_LE(lastEnd, event.endFs);
    lastEnd = event.endFs;
    if (event.lane != driverLane)
      phases[event.command] =
          std::max(phases[event.command], event.endFs - event.startFs);
  };
  auto instance = makeTimingInstance(program, machine);
  DeviceRun result = llvm::cantFail(instance->run({}, options));
  phases.front() = instance->getSetupCost().femtoseconds;
  constexpr uint64_t fsPerCycle = 1000000;
  std::vector<std::string> names;
  for (const PhaseResult &phase : replayed.phases)
    names.push_back(phase.name);
  ASSERT_EQ(names,
            (std::vector<std::string>{"weights", "kernel", "result", "kernel",
                                      "result", "input", "kernel", "result"}));
  uint64_t shown = 0;
  for (auto [number, phase] : llvm::enumerate(replayed.phases)) {
    EXPECT_EQ(phase.cycles * fsPerCycle, phases[number]) << number;
    shown += number == 0 ? 0 : phases[number];
  }
  // What else there is of the latency is the driver's.
  EXPECT_EQ(shown + result.laneBusyFs[driverLane], result.latencyFs);
}

/// Expects the cost model to count what a run does exactly, and its time within
/// 2 % and a refresh: when those come depends on what ran before.
void expectCost(const std::string &name, const KernelCost &expected,
                const DeviceRun &run, const MachineDescription &machine) {
  const Timing &timing = machine.timing;
  double refresh = (timing.tRFC + timing.tRP + timing.tRCDRD) / timing.clockHz;
  double actual = run.latencyFs * 1e-15;
  testing::Test::RecordProperty(name,
                                std::to_string(expected.seconds / actual - 1));
  EXPECT_NEAR(expected.seconds, actual, 0.02 * actual + refresh) << name;
  EXPECT_NEAR(expected.joules, run.energyJoule, 1e-9 * run.energyJoule) << name;
  EXPECT_EQ(expected.dramBytes, run.dramReadBytes + run.dramWriteBytes) << name;
}

// The cost model chooses tilings and places; the simulator is the judge.
TEST_F(PIMCompile, CostModelIsClose) {
  for (uint32_t channels : {16, 64}) {
    MachineDescription machine = describeMachine(channels, /*ranks=*/1);
    for (auto [inputs, outputs] :
         std::initializer_list<std::pair<int, int>>{{16, 16},
                                                    {640, 128},
                                                    {128, 8},
                                                    {1000, 1000},
                                                    {100, 3000},
                                                    {4097, 129},
                                                    {129, 4097},
                                                    {4096, 1024},
                                                    {1024, 4096},
                                                    {272, 2048},
                                                    {4096, 4096},
                                                    {80, 16384}})
      expectCost(llvm::formatv("gemv_{0}x{1}_{2}", inputs, outputs, channels),
                 estimateCost(machine, tileGemv(machine, inputs, outputs)),
                 run(compile(makeGemv(inputs, outputs), machine), machine),
                 machine);
    for (unsigned elements : {16u, 300u, 10000u, 100000u, 1u << 20})
      for (const char *kind : {"add", "mul", "relu"}) {
        bool isRelu = llvm::StringRef(kind) == "relu";
        expectCost(
            llvm::formatv("{0}_{1}_{2}", kind, elements, channels),
            estimateCost(machine, tileElementwise(machine, elements),
                         {/*computed=*/isRelu ? 1u : 2u, /*constant=*/0}),
            run(compile(makeElementwise(kind, elements), machine), machine),
            machine);
      }
  }
}

// Without refreshes the cycles of a product's kernel are known to a few.
TEST_F(PIMCompile, CyclesOfProductsAreKnown) {
  MachineDescription machine = describeMachine(/*channels=*/16, /*ranks=*/1);
  machine.timing.tREFI = 65535;
  machine.driver = {};
  machine.driver.conversionsPerSecond = machine.driver.additionsPerSecond =
      1e30;
  for (int inputs : {16, 80, 128, 144, 256, 272, 400, 1024})
    for (int outputs : {1024, 2048, 3072}) {
      double expected =
          estimateCost(machine, tileGemv(machine, inputs, outputs)).seconds *
          machine.timing.clockHz;
      // A refresh that never comes is in the mean still.
      const Timing &t = machine.timing;
      expected *= 1 - double(t.tRFC + t.tRP + t.tRCDRD) / t.tREFI;
      double actual =
          run(compile(makeGemv(inputs, outputs), machine), machine).latencyFs *
          1e-6;
      EXPECT_NEAR(expected, actual, 8) << inputs << " x " << outputs;
    }
}

// Operands that are constants cost a run no transfer.
TEST_F(PIMCompile, ConstantOperandsAreInTheBanks) {
  MachineDescription machine = describeMachine(/*channels=*/16, /*ranks=*/1);
  const char *source = R"(
    func.func @main(%a: tensor<5000xf32>) -> tensor<5000xf32> {
      %b = arith.constant dense<1.0> : tensor<5000xf32>
      %0 = pim.elementwise add %a, %b
          maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
          : (tensor<5000xf32>, tensor<5000xf32>) -> tensor<5000xf32>
      return %0 : tensor<5000xf32>
    })";
  expectCost("add_constant",
             estimateCost(machine, tileElementwise(machine, 5000),
                          {/*computed=*/1, /*constant=*/1}),
             run(compile(source, machine), machine), machine);
}

} // namespace
