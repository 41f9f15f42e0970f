//===- LoweringWorkTest.cpp - Estimated and lowered work agree ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Timeline follows stages as the lowering to commands will put them on the
// queues, without making commands. What it foresees is compared with what the
// commands do: bytes of DRAM, of the network and of shared memory, products and
// lane operations. The figures come from the energies of a machine on which
// only one of these costs something.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
#include "garam/Dialect/NPU/Transforms/CommandAccess.h"
#include "garam/Dialect/NPU/Transforms/CommandConversion.h"
#include "garam/Dialect/NPU/Transforms/MemoryFill.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "garam/InitAll.h"
#include "garam/Target/NPU/Machine/Energy.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

using namespace garam;
using namespace garam::npu;
using namespace mlir;

namespace {

/// TYPE is the type of tensors in memory, STORED that of the values of weights
/// and ONE such a value, REG that of registers, ADD and COMBINE their sums.
struct Network {
  const char *name;
  const char *source;
};

/// A strided convolution with padding, whose parts have halos, and a pointwise
/// one behind it.
constexpr Network convolutions = {"Convolutions", R"mlir(
func.func @main(%x: tensor<1x24x24x16xTYPE>) -> tensor<1x12x12x24xTYPE> {
  %w0 = npu.constant dense<ONE> : tensor<40x16x3x3xSTORED> : tensor<40x16x3x3xTYPE>
  %w1 = npu.constant dense<ONE> : tensor<24x40xSTORED> : tensor<24x40xTYPE>
  %0 = npu.contract %x, %w0 sizes [1, 12, 12, 40, 16, 3, 3]
      iterators [#npu.iterator<row>, #npu.iterator<row>, #npu.iterator<row>,
        #npu.iterator<column>, #npu.iterator<reduction>,
        #npu.iterator<reduction>, #npu.iterator<reduction>]
      maps [affine_map<(n, h, w, f, c, i, j) -> (n, h * 2 + i - 1, w * 2 + j - 1, c)>,
        affine_map<(n, h, w, f, c, i, j) -> (f, c, i, j)>,
        affine_map<(n, h, w, f, c, i, j) -> (n, h, w, f)>]
      {activation_padding = array<i1: false, true, true, false>}
      : (tensor<1x24x24x16xTYPE>, tensor<40x16x3x3xTYPE>) -> tensor<1x12x12x40xTYPE>
  %1 = npu.contract %0, %w1 sizes [1, 12, 12, 24, 40]
      iterators [#npu.iterator<row>, #npu.iterator<row>, #npu.iterator<row>,
        #npu.iterator<column>, #npu.iterator<reduction>]
      maps [affine_map<(n, h, w, f, c) -> (n, h, w, c)>,
        affine_map<(n, h, w, f, c) -> (f, c)>,
        affine_map<(n, h, w, f, c) -> (n, h, w, f)>]
      : (tensor<1x12x12x40xTYPE>, tensor<24x40xTYPE>) -> tensor<1x12x12x24xTYPE>
  return %1 : tensor<1x12x12x24xTYPE>
}
)mlir"};

/// Products whose weights are brought in parts, a sum with the first one's
/// result, which two stages read, and sums of rows.
constexpr Network products = {"Products", R"mlir(
#row = affine_map<(m, n, k) -> (m, k)>
#column = affine_map<(m, n, k) -> (k, n)>
#result = affine_map<(m, n, k) -> (m, n)>
func.func @main(%x: tensor<256x512xTYPE>) -> (tensor<256x512xTYPE>, tensor<256xTYPE>) {
  %w = npu.constant dense<ONE> : tensor<512x512xSTORED> : tensor<512x512xTYPE>
  %0 = npu.contract %x, %w sizes [256, 512, 512]
      iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
      maps [#row, #column, #result]
      : (tensor<256x512xTYPE>, tensor<512x512xTYPE>) -> tensor<256x512xTYPE>
  %1 = npu.contract %0, %w sizes [256, 512, 512]
      iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
      maps [#row, #column, #result]
      : (tensor<256x512xTYPE>, tensor<512x512xTYPE>) -> tensor<256x512xTYPE>
  %2 = npu.vector ins(%0, %1) sizes [256, 512] {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>,
      affine_map<(i, j) -> (i, j)>]}
      : (tensor<256x512xTYPE>, tensor<256x512xTYPE>) -> tensor<256x512xTYPE> {
  ^bb0(%a: REG, %b: REG):
    %s = ADD %a, %b : REG
    npu.yield %s : REG
  }
  %3 = npu.vector ins(%2) sizes [256, 512] {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
      num_reductions = 1 : i64, combiners = [#npu.combiner<COMBINE>]}
      : (tensor<256x512xTYPE>) -> tensor<256xTYPE> {
  ^bb0(%a: REG):
    npu.yield %a : REG
  } finish {
  ^bb0(%s: REG):
    npu.yield %s : REG
  }
  return %2, %3 : tensor<256x512xTYPE>, tensor<256xTYPE>
}
)mlir"};

/// Products side by side, read as one tensor, in another shape and order.
constexpr Network movement = {"Movement", R"mlir(
#row = affine_map<(m, n, k) -> (m, k)>
#column = affine_map<(m, n, k) -> (k, n)>
#result = affine_map<(m, n, k) -> (m, n)>
func.func @main(%x: tensor<64x128xTYPE>, %i: tensor<32xi32>) -> (tensor<32x128xTYPE>, tensor<128x64xTYPE>) {
  %w0 = npu.constant dense<ONE> : tensor<128x64xSTORED> : tensor<128x64xTYPE>
  %w1 = npu.constant dense<ONE> : tensor<128x128xSTORED> : tensor<128x128xTYPE>
  %0 = npu.contract %x, %w0 sizes [64, 64, 128]
      iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
      maps [#row, #column, #result]
      : (tensor<64x128xTYPE>, tensor<128x64xTYPE>) -> tensor<64x64xTYPE>
  %1 = npu.contract %x, %w0 sizes [64, 64, 128]
      iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
      maps [#row, #column, #result]
      : (tensor<64x128xTYPE>, tensor<128x64xTYPE>) -> tensor<64x64xTYPE>
  %2 = npu.concat %0, %1 axis 1 : (tensor<64x64xTYPE>, tensor<64x64xTYPE>) -> tensor<64x128xTYPE>
  %3 = npu.contract %2, %w1 sizes [64, 128, 128]
      iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
      maps [#row, #column, #result]
      : (tensor<64x128xTYPE>, tensor<128x128xTYPE>) -> tensor<64x128xTYPE>
  %4 = npu.gather %3[%i] axis 0 : tensor<64x128xTYPE>, tensor<32xi32> -> tensor<32x128xTYPE>
  %5 = npu.contract %4, %w1 sizes [32, 128, 128]
      iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
      maps [#row, #column, #result]
      : (tensor<32x128xTYPE>, tensor<128x128xTYPE>) -> tensor<32x128xTYPE>
  %6 = npu.reshape %3 : tensor<64x128xTYPE> -> tensor<128x64xTYPE>
  %7 = npu.vector ins(%6, %6) sizes [128, 64] {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>,
      affine_map<(i, j) -> (i, j)>]}
      : (tensor<128x64xTYPE>, tensor<128x64xTYPE>) -> tensor<128x64xTYPE> {
  ^bb0(%a: REG, %b: REG):
    %s = ADD %a, %b : REG
    npu.yield %s : REG
  }
  return %5, %7 : tensor<32x128xTYPE>, tensor<128x64xTYPE>
}
)mlir"};

/// What may cost something.
struct Resource {
  const char *name;
  void (*price)(MachineDescription &machine);
};
const Resource resources[] = {
    {"bytes of DRAM", [](MachineDescription &m) { m.dram.energyPerByte = 1; }},
    {"bytes of the network",
     [](MachineDescription &m) { m.network.energyPerByte = 1; }},
    {"bytes of shared memory",
     [](MachineDescription &m) { m.shared.energyPerByte = 1; }},
    {"products",
     [](MachineDescription &m) {
       for (ArrayMode &mode : m.tensor.modes)
         mode.energyPerMAC = 1;
     }},
    {"operations", [](MachineDescription &m) {
       m.vector.energyPerOp16 = m.vector.energyPerOp32 = 1;
     }}};

/// `machine` where nothing but `resource` costs anything.
MachineDescription makePriced(MachineDescription machine,
                              const Resource &resource) {
  machine.dram.energyPerByte = machine.network.energyPerByte =
      machine.shared.energyPerByte = machine.local.energyPerByte = 0;
  machine.vector.energyPerOp16 = machine.vector.energyPerOp32 = 0;
  for (ArrayMode &mode : machine.tensor.modes)
    mode.energyPerMAC = 0;
  resource.price(machine);
  return machine;
}

double getEnergyOf(Operation *op, const CommandConversion &conversion,
                   const MachineDescription &machine) {
  if (auto transfer = dyn_cast<DMACommandOp>(op))
    return getEnergy(getTime(conversion.convert(transfer), machine), machine);
  auto ofEngine = [&](const auto &command) {
    return getEnergy(command, getTime(command, machine), machine);
  };
  if (auto tensor = dyn_cast<TensorCommandOp>(op))
    return ofEngine(conversion.convert(tensor));
  return ofEngine(conversion.convert(cast<VectorCommandOp>(op)));
}

double getEnergyOfCommands(func::FuncOp commands,
                           const MachineDescription &machine) {
  CommandConversion conversion;
  for (auto program : commands.getOps<MicroProgramOp>())
    EXPECT_TRUE(succeeded(conversion.addProgram(program)));
  double joules = 0;
  for (Operation &op : commands.front())
    if (isCommand(&op))
      joules += getEnergyOf(&op, conversion, machine);
  return joules;
}

using Parameters = std::tuple<const char *, Network>;

class LoweringWorkTest : public testing::TestWithParam<Parameters> {
protected:
  LoweringWorkTest() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
  }

  /// The network in the types that `machine` computes with.
  static std::string getSource(const Network &network,
                               const MachineDescription &machine) {
    bool isFloat = machine.vector.hasFloat;
    bool hasF16 = machine.findMode(ElementType::F16);
    std::pair<StringRef, StringRef> types[] = {
        {"TYPE", !isFloat ? "i8"
                 : hasF16 ? "f16"
                          : "bf16"},
        {"STORED", isFloat ? "f32" : "i8"},
        {"ONE", isFloat ? "1.0" : "1"},
        {"REG", isFloat ? "f32" : "i32"},
        {"ADD", isFloat ? "arith.addf" : "arith.addi"},
        {"COMBINE", isFloat ? "addf, 0.0 : f32" : "addi, 0 : i32"}};
    std::string source = network.source;
    for (auto [name, type] : types)
      for (size_t at; (at = source.find(name)) != std::string::npos;)
        source.replace(at, name.size(), type);
    return source;
  }

  MLIRContext context;
};

TEST_P(LoweringWorkTest, IsWhatWasForeseen) {
  auto [target, network] = GetParam();
  auto empty = ModuleOp::create(UnknownLoc::get(&context));
  MachineDescription machine = *loadMachine(empty, target);
  empty.erase();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(
      getSource(network, machine), ParserConfig(&context));
  ASSERT_TRUE(module);
  func::FuncOp stages = *module->getOps<func::FuncOp>().begin();
  trimStages(stages);
  assignLayouts(stages);
  fuseGroups(stages, machine);
  ASSERT_TRUE(succeeded(scheduleStages(stages, machine)));
  ASSERT_TRUE(succeeded(placeTensors(stages, machine, plannedFill)));
  OwningOpRef<func::FuncOp> commands = stages.clone();
  ASSERT_TRUE(succeeded(lowerToCommands(*commands, machine)));
  for (const Resource &resource : resources) {
    MachineDescription priced = makePriced(machine, resource);
    FailureOr<FunctionCost> foreseen = estimateCost(stages, priced);
    ASSERT_TRUE(succeeded(foreseen));
    EXPECT_EQ(getEnergyOfCommands(*commands, priced), foreseen->joules)
        << resource.name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Machines, LoweringWorkTest,
    testing::Combine(testing::Values("atom", "rngd", "warboy", "u65-512",
                                     "soma-edge-16"),
                     testing::Values(convolutions, products, movement)),
    [](const testing::TestParamInfo<Parameters> &info) {
      std::string name = std::get<0>(info.param);
      llvm::erase(name, '-');
      return name + std::get<1>(info.param).name;
    });

} // namespace
