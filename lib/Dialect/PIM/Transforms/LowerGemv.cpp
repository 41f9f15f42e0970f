//===- LowerGemv.cpp - Matrix-vector products as streams ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

//
// The order of transactions is that of the vendor's kernel, and its layout
// where all channels have outputs of their own. See docs/isa/pim.md.
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

#include "garam/Target/PIM/Machine/Rules.h"

using namespace mlir;

namespace garam::pim {

namespace {

/// Bursts of the staging buffer.
struct StagingPlan {
  int64_t inputs = 0; // splits * slots
  int64_t sums = 0;   // behind them, splits * outputs
};

/// Turns of the channels of a product that are alike.
struct TurnGroup {
  int64_t first = 0, count = 0;
  Channels channels;
};

class GemvLowering {
public:
  GemvLowering(GemvOp gemv, const LoweringContext &context,
               StreamBuilder &stream)
      : gemv(gemv), context(context), stream(stream), machine(context.machine),
        tiling(getTiling(gemv, machine)) {
    staging.sums = tiling.splits * tiling.slots;
  }

  void writeWeights(int64_t burst);
  void convertInputs();
  void runKernel();
  void readResults();
  void reduce(const ConstantPlaces &places);

private:
  SmallVector<TurnGroup> getTurnGroups() const;
  int64_t getFirstPlace() {
    return stream.getPlace(gemv.getPlacement()->getRow());
  }
  int64_t getResultPlace() {
    return getFirstPlace() + tiling.getWeightPlaces();
  }
  MicroKernelOp createKernel();
  void writeTiles(const TurnGroup &turns, int64_t burst, int64_t firstTile,
                  int64_t tiles);
  void runTurns(const TurnGroup &turns);
  void runTiles(const TurnGroup &turns, int64_t firstTile, int64_t tiles);
  void
  forEachRunOfTiles(unsigned parity,
                    llvm::function_ref<void(int64_t first, int64_t count)>);

  GemvOp gemv;
  const LoweringContext &context;
  StreamBuilder &stream;
  const MachineDescription &machine;
  GemvTiling tiling;
  StagingPlan staging;
};

} // namespace

SmallVector<TurnGroup> GemvLowering::getTurnGroups() const {
  SmallVector<TurnGroup> groups;
  int64_t full = tiling.getFullTurns(), all = tiling.getTurns();
  if (full != 0)
    groups.push_back({0, full, {0, machine.geometry.channels}});
  if (full != all)
    groups.push_back({full,
                      all - full,
                      {0, static_cast<int64_t>(tiling.getTurnChannels(full))}});
  return groups;
}

/// The tiles of a parity: those of 8 bursts, then the last one if it is
/// shorter.
void GemvLowering::forEachRunOfTiles(
    unsigned parity, llvm::function_ref<void(int64_t, int64_t)> visit) {
  int64_t tiles = tiling.getTiles(), count = tiling.getTiles(parity);
  int64_t last = tiles - 1;
  bool hasShort =
      last % 2 == parity && tiling.getTileSlots(last) < numRegisters;
  if (int64_t whole = count - hasShort)
    visit(parity, whole);
  if (hasShort)
    visit(last, 1);
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// Weights of every second tile from `firstTile` on: burst after burst, all
/// banks of a parity in turn.
void GemvLowering::writeTiles(const TurnGroup &turns, int64_t burst,
                              int64_t firstTile, int64_t tiles) {
  int64_t slots = tiling.getTileSlots(firstTile);
  int64_t slotBursts = tiling.getGroupOutputs();
  int64_t blockBursts = tiling.slots * slotBursts;
  int64_t walk = int64_t(numRegisters) * numRegisters;
  Access write;
  write.kind = AccessKind::write;
  write.source = context.constants;
  write.channels = turns.channels;
  write.bank = firstTile % 2;
  write.place = getFirstPlace() + turns.first * tiling.getTurnPlaces() +
                firstTile / 2 * walk;
  write.data = burst + turns.first * tiling.channels * blockBursts +
               firstTile * numRegisters * slotBursts;
  write.dataEnd = burst + tiling.getWeightBursts();
  write.channelData = blockBursts;
  write.walk = {{turns.count, 0, int64_t(tiling.getTurnPlaces()),
                 int64_t(tiling.channels) * blockBursts},
                {tiles, 0, walk, 2 * numRegisters * slotBursts},
                {slots, 0, numRegisters, slotBursts},
                {numRegisters, 0, 1, 1},
                {int64_t(tiling.units), 2, 0, numRegisters}};
  stream.access(write);
}

void GemvLowering::writeWeights(int64_t burst) {
  for (const TurnGroup &turns : getTurnGroups())
    for (unsigned parity : {0, 1})
      forEachRunOfTiles(parity, [&](int64_t first, int64_t count) {
        writeTiles(turns, burst, first, count);
      });
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

void GemvLowering::convertInputs() {
  TensorHome home = context.getHome(gemv.getVector());
  ConvertOp::create(context.builder, gemv.getLoc(), home.segment, home.offset,
                    home.type, ArrayRef<int64_t>{gemv.getInputs()},
                    ArrayRef<int64_t>{1}, staging.inputs, staging.sums);
}

MicroKernelOp GemvLowering::createKernel() {
  std::vector<Instruction> program;
  int64_t oddSlots = 0;
  for (int64_t tile = 1; tile < int64_t(tiling.getTiles()); tile += 2)
    oddSlots += tiling.getTileSlots(tile);
  const std::pair<OperandClass, int64_t> parities[] = {
      {OperandClass::EvenBank, tiling.slots - oddSlots},
      {OperandClass::OddBank, oddSlots}};
  Profile profile = machine.hasPipeline ? Profile::Silicon : Profile::Simulator;
  for (auto [bank, slots] : parities) {
    if (slots == 0)
      continue;
    Instruction mac;
    mac.opcode = Opcode::Mac;
    mac.destination = {OperandClass::GRFB, 0};
    mac.source0 = {OperandClass::GRFA, 0};
    mac.source1 = {bank, 0};
    mac.autoIndex = true;
    program.push_back(mac);
    if (slots == 1)
      continue;
    Instruction jump;
    jump.opcode = Opcode::Jump;
    jump.count = slots - 1;
    jump.offset = 2;
    program.push_back(jump);
  }
  Instruction store;
  store.count = getStoreNopCount(profile, Opcode::Mac);
  program.push_back(store);
  Instruction exit;
  exit.opcode = Opcode::Exit;
  program.push_back(exit);
  return createMicroKernel(context.builder, gemv.getLoc(), machine, program);
}

/// For each tile: its inputs to GRF_A, then a trigger for each pair of an input
/// burst and an output.
void GemvLowering::runTiles(const TurnGroup &turns, int64_t firstTile,
                            int64_t tiles) {
  int64_t slots = tiling.getTileSlots(firstTile);
  int64_t walk = int64_t(numRegisters) * numRegisters;
  stream.repeat(tiles, [&] {
    Access write;
    write.kind = AccessKind::write;
    write.channels = turns.channels;
    write.bank = 1;
    write.place =
        stream.getPlace(machine.rows.registers, machine.registers.grfA);
    write.data = staging.inputs + firstTile * numRegisters;
    write.dataEnd = staging.sums;
    write.channelGroup = tiling.splits > 1 ? tiling.groups : tiling.channels;
    write.channelData = tiling.slots;
    write.walk = {{slots, 0, 1, 1}};
    write.repeats = {{}, {0, 2 * numRegisters}};
    stream.access(write);
    stream.barrier(turns.channels);
    Access trigger;
    trigger.channels = turns.channels;
    trigger.bank = firstTile % 2;
    trigger.place = getFirstPlace() + turns.first * tiling.getTurnPlaces() +
                    firstTile / 2 * walk;
    trigger.walk = {{slots * numRegisters, 0, 1}};
    trigger.repeats = {{int64_t(tiling.getTurnPlaces()), 0}, {walk, 0}};
    stream.access(trigger);
    stream.barrier(turns.channels);
  });
}

void GemvLowering::runTurns(const TurnGroup &turns) {
  stream.repeat(turns.count, [&] {
    stream.control(turns.channels, /*execute=*/true, /*zeroGRFB=*/true, 1);
    for (unsigned parity : {0, 1})
      forEachRunOfTiles(parity, [&](int64_t first, int64_t count) {
        runTiles(turns, first, count);
      });
    Access store;
    store.kind = AccessKind::write;
    store.isLiteral = true;
    store.channels = turns.channels;
    store.bank = 1;
    store.place = getResultPlace() + turns.first * numRegisters;
    store.walk = {{numRegisters, 0, 1}};
    store.repeats = {{numRegisters, 0}};
    stream.access(store);
    stream.barrier(turns.channels);
    stream.control(turns.channels, /*execute=*/false, /*zeroGRFB=*/false, 1);
  });
}

void GemvLowering::runKernel() {
  MicroKernelOp kernel = createKernel();
  stream.phase(gemv.getLoc(), "kernel", /*isSetup=*/false, [&] {
    SmallVector<TurnGroup> groups = getTurnGroups();
    Channels all = groups.front().channels;
    stream.beginKernel(all, kernel);
    for (const TurnGroup &turns : groups)
      runTurns(turns);
    stream.endKernel(all);
  });
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

/// The sums of a split are as many bursts as there are outputs; what is beyond
/// the last output is not read.
void GemvLowering::readResults() {
  int64_t groupOutputs = tiling.getGroupOutputs();
  stream.phase(gemv.getLoc(), "result", /*isSetup=*/false, [&] {
    for (int64_t split = 0; split < int64_t(tiling.splits); ++split)
      for (const TurnGroup &turns : getTurnGroups()) {
        Access read;
        read.kind = AccessKind::result;
        read.channels = turns.channels;
        if (tiling.splits > 1)
          read.channels = {split * int64_t(tiling.groups),
                           int64_t(tiling.groups)};
        read.bank = 1;
        read.place = getResultPlace() + turns.first * numRegisters;
        int64_t first = staging.sums + split * tiling.outputs;
        read.data = first + turns.first * tiling.channels * groupOutputs;
        read.dataEnd = first + tiling.outputs;
        read.channelData = groupOutputs;
        read.walk = {{turns.count, 0, numRegisters,
                      int64_t(tiling.channels) * groupOutputs},
                     {numRegisters, 0, 1, 1},
                     {int64_t(tiling.units), 2, 0, numRegisters}};
        stream.access(read);
      }
  });
}

void GemvLowering::reduce(const ConstantPlaces &places) {
  TensorHome home = context.getHome(gemv.getResult());
  OpBuilder &builder = context.builder;
  bool hasBias = static_cast<bool>(gemv.getBias());
  ReduceOp::create(builder, gemv.getLoc(), home.segment, home.offset, home.type,
                   staging.sums, tiling.outputs, tiling.splits, tiling.outputs,
                   gemv.getAlpha(), gemv.getBeta(),
                   hasBias ? context.constants : Value(),
                   hasBias ? places.second * bytesPerBurst : 0, gemv.getRelu());
}

//===----------------------------------------------------------------------===//
// The interface
//===----------------------------------------------------------------------===//

int64_t countConstants(GemvOp gemv, const MachineDescription &machine,
                       int64_t burst, ConstantPlaces &places) {
  int64_t weights = getTiling(gemv, machine).getWeightBursts();
  places = {burst, burst + weights};
  if (!gemv.getBias())
    return weights;
  return weights +
         llvm::divideCeil(gemv.getOutputs() * sizeof(float), bytesPerBurst);
}

void packConstants(GemvOp gemv, const LoweringContext &context,
                   const ConstantPlaces &places) {
  OpBuilder &builder = context.builder;
  GemvTiling tiling = getTiling(gemv, context.machine);
  PackMatrixOp::create(builder, gemv.getLoc(), context.constants,
                       getConstant(gemv.getWeights()), gemv.getTransposed(),
                       places.weights, tiling.units, tiling.groups,
                       tiling.splits, tiling.slots);
  if (gemv.getBias())
    PackVectorOp::create(builder, gemv.getLoc(), context.constants,
                         getConstant(gemv.getBias()), builder.getF32Type(),
                         places.second, ArrayRef<int64_t>{gemv.getOutputs()},
                         ArrayRef<int64_t>{1});
}

void writeConstants(GemvOp gemv, const LoweringContext &context,
                    StreamBuilder &stream, const ConstantPlaces &places) {
  GemvLowering(gemv, context, stream).writeWeights(places.weights);
}

void lowerKernel(GemvOp gemv, const LoweringContext &context,
                 const ConstantPlaces &places) {
  StreamBuilder stream(context.builder, context.machine,
                       gemv.getPlacement()->getRank());
  GemvLowering lowering(gemv, context, stream);
  lowering.convertInputs();
  lowering.runKernel();
  lowering.readResults();
  lowering.reduce(places);
}

} // namespace garam::pim
