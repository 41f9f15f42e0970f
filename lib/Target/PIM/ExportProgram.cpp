//===- ExportProgram.cpp - From streams in IR to a program ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ExportProgram.h"

#include "ConstantWriter.h"
#include "garam/Dialect/PIM/IR/FloatElements.h"
#include "garam/Dialect/PIM/IR/PIM.h"
#include "garam/Target/DebugMapBuilder.h"
#include "garam/Target/PIM/Execution.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace garam::pim {

namespace {

class ProgramExporter {
public:
  ProgramExporter(func::FuncOp function, const MachineDescription &machine)
      : function(function), machine(machine) {}

  FailureOr<DeviceProgram> run();

private:
  LogicalResult add(Operation &op);
  void add(SegmentOp op);
  void add(MicroKernelOp op);
  void add(PhaseOp op);
  void add(ConvertOp op);
  void add(ReduceOp op);
  void add(StoreOp op);
  void addCommands(Block &body, Phase &phase);
  AccessCommand makeAccess(AccessOp op);
  void setSource(AccessOp op, AccessCommand &access);
  uint32_t addLiteral(const Burst &burst);
  TensorPlace makePlace(Value segment, int64_t offset, Type type);
  uint32_t addDriverCommand(Operation &op);
  void addValue(Operation &op, const TensorPlace &place, uint64_t elements,
                uint32_t number);
  void growStaging(uint64_t end) {
    program.stagingBursts = std::max<uint64_t>(
        program.stagingBursts, std::min<uint64_t>(end, UINT32_MAX));
  }

  func::FuncOp function;
  const MachineDescription &machine;
  Program program;
  DeviceProgram result;
  llvm::DenseMap<Value, uint32_t> segments, microKernels;
  DebugMapBuilder debug;
};

} // namespace

/// A number that the verifier has found to fit.
static uint32_t toWord(int64_t value) { return static_cast<uint32_t>(value); }

/// The command of the driver that carries out `op`.
uint32_t ProgramExporter::addDriverCommand(Operation &op) {
  return debug.addCommand(driverLane, debug.getNodes(op.getLoc()));
}

/// The output of a node that the driver's command `number` has stored.
void ProgramExporter::addValue(Operation &op, const TensorPlace &place,
                               uint64_t elements, uint32_t number) {
  DenseValue value;
  value.segment = place.segment;
  value.offset = place.offset;
  value.type =
      place.type == FloatType::F32 ? DataType::Float32 : DataType::Float16;
  value.lane = driverLane;
  value.command = number;
  debug.addValue(op.getLoc(), static_cast<int64_t>(elements), value);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

void ProgramExporter::add(SegmentOp op) {
  segments[op] = program.segments.size();
  program.segments.push_back({static_cast<MemoryRole>(op.getKind()),
                              op.getSize(), op.getName().str()});
}

TensorPlace ProgramExporter::makePlace(Value segment, int64_t offset,
                                       Type type) {
  return {segments.lookup(segment), static_cast<uint64_t>(offset),
          type.isF32() ? FloatType::F32 : FloatType::F16};
}

//===----------------------------------------------------------------------===//
// Phases
//===----------------------------------------------------------------------===//

uint32_t ProgramExporter::addLiteral(const Burst &burst) {
  auto found = llvm::find(program.literals, burst);
  if (found == program.literals.end())
    found = program.literals.insert(found, burst);
  return found - program.literals.begin();
}

void ProgramExporter::setSource(AccessOp op, AccessCommand &access) {
  if (op.getKind() != AccessKind::write)
    return;
  Value source = op.getSource();
  if (op.getLiteral()) {
    Burst burst;
    llvm::copy(*op.getLiteral(), burst.begin());
    access.source = DataSource::Literal;
    access.data = addLiteral(burst);
    access.dataEnd = access.data + 1;
  } else if (!source) {
    access.source = DataSource::Staging;
  } else if (isa<SegmentType>(source.getType())) {
    access.source = DataSource::Constant;
  } else {
    access.source = DataSource::MicroKernel;
    uint32_t first = microKernels.lookup(source) * burstsPerMicroKernel;
    access.data += first;
    access.dataEnd += first;
  }
}

AccessCommand ProgramExporter::makeAccess(AccessOp op) {
  AccessCommand access;
  access.kind = static_cast<TransactionKind>(op.getKind());
  access.channels = {toWord(op.getChannels()[0]), toWord(op.getChannels()[1])};
  access.rank = toWord(op.getRank());
  access.bank = toWord(op.getBank());
  access.place = toWord(op.getPlace());
  access.data = toWord(op.getData());
  access.dataEnd = toWord(op.getDataEnd());
  access.channelGroup = toWord(op.getChannelGroup());
  access.channelData = toWord(op.getChannelData());
  for (Attribute attr : op.getWalk()) {
    auto dim = cast<WalkDimAttr>(attr);
    access.dims.push_back({toWord(dim.getCount()), toWord(dim.getBank()),
                           toWord(dim.getPlace()), toWord(dim.getData())});
  }
  for (Attribute attr : op.getRepeats()) {
    auto step = cast<RepeatStepAttr>(attr);
    access.repeats.push_back({toWord(step.getPlace()), toWord(step.getData())});
  }
  setSource(op, access);
  return access;
}

void ProgramExporter::addCommands(Block &body, Phase &phase) {
  for (Operation &op : body) {
    if (auto access = dyn_cast<AccessOp>(op)) {
      phase.commands.push_back(makeAccess(access));
    } else if (auto barrier = dyn_cast<BarrierOp>(op)) {
      phase.commands.push_back(
          BarrierCommand{{toWord(barrier.getChannels()[0]),
                          toWord(barrier.getChannels()[1])}});
    } else {
      auto repeat = cast<RepeatOp>(op);
      phase.commands.push_back(RepeatBegin{toWord(repeat.getCount())});
      addCommands(repeat.getBody().front(), phase);
      phase.commands.push_back(RepeatEnd());
    }
  }
}

void ProgramExporter::add(PhaseOp op) {
  Phase phase;
  phase.name = op.getName().str();
  phase.isSetup = op.getSetup();
  addCommands(op.getBody().front(), phase);
  program.steps.push_back(std::move(phase));
  for (unsigned i = 0; i < machine.geometry.channels; ++i)
    debug.addCommand(getChannelLane(i), debug.getNodes(op.getLoc()));
}

//===----------------------------------------------------------------------===//
// The driver
//===----------------------------------------------------------------------===//

void ProgramExporter::add(ConvertOp op) {
  ConvertCommand convert;
  convert.source = makePlace(op.getSegment(), op.getOffset(), op.getType());
  for (auto [size, stride] : llvm::zip_equal(op.getSizes(), op.getStrides()))
    convert.dims.push_back({toWord(size), toWord(stride)});
  convert.staging = toWord(op.getStaging());
  convert.bursts = toWord(op.getBursts());
  growStaging(uint64_t(convert.staging) + convert.bursts);
  program.steps.push_back(std::move(convert));
  addDriverCommand(*op);
}

void ProgramExporter::add(ReduceOp op) {
  ReduceCommand reduce;
  reduce.staging = toWord(op.getStaging());
  reduce.outputs = toWord(op.getOutputs());
  reduce.parts = toWord(op.getParts());
  reduce.partStride = toWord(op.getPartStride());
  reduce.alpha = op.getAlpha().convertToFloat();
  reduce.beta = op.getBeta().convertToFloat();
  reduce.relu = op.getRelu();
  reduce.destination = makePlace(op.getSegment(), op.getOffset(), op.getType());
  if (op.getBias())
    reduce.bias = makePlace(op.getBias(), op.getBiasOffset(),
                            Float32Type::get(op.getContext()));
  growStaging(reduce.staging + uint64_t(reduce.parts - 1) * reduce.partStride +
              reduce.outputs);
  addValue(*op, reduce.destination, reduce.outputs, addDriverCommand(*op));
  program.steps.push_back(std::move(reduce));
}

void ProgramExporter::add(StoreOp op) {
  StoreCommand store;
  store.staging = toWord(op.getStaging());
  store.elements = toWord(op.getElements());
  store.destination = makePlace(op.getSegment(), op.getOffset(), op.getType());
  growStaging(store.staging +
              llvm::divideCeil(uint64_t(store.elements), numLanes));
  addValue(*op, store.destination, store.elements, addDriverCommand(*op));
  program.steps.push_back(std::move(store));
}

void ProgramExporter::add(MicroKernelOp op) {
  microKernels[op] = program.microKernels.size();
  program.microKernels.push_back(getProgram(op));
}

LogicalResult ProgramExporter::add(Operation &operation) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(&operation)
      .Case<SegmentOp, MicroKernelOp, PhaseOp, ConvertOp, ReduceOp, StoreOp>(
          [&](auto op) {
            add(op);
            return success();
          })
      .Case<PackMatrixOp, PackVectorOp>([&](auto op) -> LogicalResult {
        if (!FloatElements::get(op.getValue()))
          return op.emitOpError("holds weights whose elements are not loaded");
        result.constants.push_back(makeConstant(op));
        return success();
      })
      .Case([](func::ReturnOp) { return success(); })
      .Default([](Operation *op) {
        return op->emitOpError("is no part of a stream");
      });
}

FailureOr<DeviceProgram> ProgramExporter::run() {
  for (Operation &op : function.getBody().front())
    if (failed(add(op)))
      return failure();
  if (llvm::Error error = check(program, machine))
    return function.emitError("the program breaks a rule: ")
           << llvm::toString(std::move(error));
  result.code = encode(program);
  result.segments = program.segments;
  result.residents = listResidents(program, machine);
  result.debug = debug.take(getChannelLane(machine.geometry.channels));
  llvm::sort(result.constants,
             [](const DeviceConstant &a, const DeviceConstant &b) {
               return a.offset < b.offset;
             });
  return std::move(result);
}

FailureOr<DeviceProgram> exportProgram(func::FuncOp streams,
                                       const MachineDescription &machine) {
  return ProgramExporter(streams, machine).run();
}

} // namespace garam::pim
