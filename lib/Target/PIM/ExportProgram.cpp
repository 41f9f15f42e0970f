//===- ExportProgram.cpp - From streams in IR to a program ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ExportProgram.h"

#include "ConstantWriter.h"
#include "garam/Dialect/PIM/IR/PIM.h"
#include "garam/Support/NodeIds.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Target/PIM/Execution.h"

using namespace mlir;

namespace garam::pim {

namespace {

class ProgramExporter {
public:
  ProgramExporter(func::FuncOp function, const MachineDescription &machine,
                  bool areOwnStreams)
      : function(function), machine(machine), areOwnStreams(areOwnStreams) {}

  FailureOr<DeviceProgram> run();

private:
  LogicalResult add(Operation &op);
  LogicalResult add(SegmentOp op);
  LogicalResult add(PhaseOp op);
  LogicalResult add(ConvertOp op);
  LogicalResult add(ReduceOp op);
  LogicalResult add(StoreOp op);
  LogicalResult addCommands(Block &body, Phase &phase);
  FailureOr<AccessCommand> makeAccess(AccessOp op);
  LogicalResult setSource(AccessOp op, AccessCommand &access);
  uint32_t addLiteral(const Burst &burst);
  /// `value` as 32 bits; reports one that is not.
  uint32_t narrow(Operation *op, StringRef name, int64_t value);
  TensorPlace makePlace(Operation *op, Value segment, int64_t offset,
                        Type type);
  void addOrigins(Operation &op, unsigned lane, unsigned lanes);
  void addValue(Operation &op, const TensorPlace &place, uint64_t elements);
  void growStaging(uint64_t end) {
    program.stagingBursts = std::max<uint64_t>(
        program.stagingBursts, std::min<uint64_t>(end, UINT32_MAX));
  }

  func::FuncOp function;
  const MachineDescription &machine;
  bool areOwnStreams;
  Program program;
  DeviceProgram result;
  llvm::DenseMap<Value, uint32_t> segments, microKernels;
  llvm::StringMap<uint32_t> nodes;
  bool hasFailed = false;
};

} // namespace

uint32_t ProgramExporter::narrow(Operation *op, StringRef name, int64_t value) {
  if (value >= 0 && value <= int64_t(UINT32_MAX))
    return static_cast<uint32_t>(value);
  op->emitOpError("has a ")
      << name << " that is no number of 32 bits: " << value;
  hasFailed = true;
  return 0;
}

/// The nodes that `op` carries out, for its command in `lanes` lanes.
void ProgramExporter::addOrigins(Operation &op, unsigned lane, unsigned lanes) {
  llvm::SmallVector<uint32_t, 1> numbers;
  for (StringRef id : getNodeIds(op.getLoc())) {
    auto [entry, isNew] = nodes.try_emplace(id, nodes.size());
    if (isNew)
      result.debug.nodes.push_back(id.str());
    numbers.push_back(entry->second);
  }
  for (unsigned i = 0; i < lanes; ++i)
    result.debug.origins[lane + i].push_back(numbers);
}

/// The output of a node that the driver's last command has stored.
void ProgramExporter::addValue(Operation &op, const TensorPlace &place,
                               uint64_t elements) {
  std::optional<NodeValue> node = getNodeValue(op.getLoc());
  if (!node || static_cast<uint64_t>(node->type.getNumElements()) != elements)
    return;
  DeviceValue value;
  value.name = node->name;
  value.type.type =
      place.type == FloatType::F32 ? DataType::Float32 : DataType::Float16;
  ArrayRef<int64_t> shape = node->type.getShape();
  value.type.shape.assign(shape.begin(), shape.end());
  ValuePiece piece;
  piece.memory = place.segment;
  piece.offset = static_cast<int64_t>(place.offset);
  piece.sizes.assign(shape.begin(), shape.end());
  piece.low.assign(shape.size(), 0);
  piece.strides.assign(shape.size(), 0);
  int64_t stride = getByteWidth(place.type);
  for (size_t dim = shape.size(); dim-- > 0;) {
    piece.strides[dim] = stride;
    stride *= shape[dim];
  }
  auto command =
      static_cast<uint32_t>(result.debug.origins[driverLane].size() - 1);
  piece.lastWrites = {{driverLane, command, 1}};
  value.pieces.push_back(std::move(piece));
  result.debug.values.push_back(std::move(value));
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

LogicalResult ProgramExporter::add(SegmentOp op) {
  auto role = static_cast<MemoryRole>(op.getKind());
  if (role == MemoryRole::Constant && !program.segments.empty())
    return op.emitOpError("is a constant segment, but not the first one");
  if (static_cast<int64_t>(op.getSize()) < 0)
    return op.emitOpError("has a negative size");
  segments[op] = program.segments.size();
  program.segments.push_back({role, op.getSize(), op.getName().str()});
  return success();
}

TensorPlace ProgramExporter::makePlace(Operation *op, Value segment,
                                       int64_t offset, Type type) {
  if (offset < 0) {
    op->emitOpError("has a negative offset");
    hasFailed = true;
  }
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

LogicalResult ProgramExporter::setSource(AccessOp op, AccessCommand &access) {
  if (op.getKind() != AccessKind::write)
    return success();
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
  return success();
}

FailureOr<AccessCommand> ProgramExporter::makeAccess(AccessOp op) {
  AccessCommand access;
  access.kind = static_cast<TransactionKind>(op.getKind());
  auto get = [&](StringRef name, int64_t value) {
    return narrow(op, name, value);
  };
  access.channels = {get("channels", op.getChannels()[0]),
                     get("channels", op.getChannels()[1])};
  access.rank = get("rank", op.getRank());
  access.bank = get("bank", op.getBank());
  access.place = get("place", op.getPlace());
  access.data = get("data", op.getData());
  access.dataEnd = get("data_end", op.getDataEnd());
  access.channelGroup = get("channel_group", op.getChannelGroup());
  access.channelData = get("channel_data", op.getChannelData());
  for (Attribute attr : op.getWalk()) {
    auto dim = cast<WalkDimAttr>(attr);
    access.dims.push_back(
        {get("count", dim.getCount()), get("bank", dim.getBank()),
         get("place", dim.getPlace()), get("data", dim.getData())});
  }
  for (Attribute attr : op.getRepeats()) {
    auto step = cast<RepeatStepAttr>(attr);
    access.repeats.push_back(
        {get("place", step.getPlace()), get("data", step.getData())});
  }
  if (failed(setSource(op, access)))
    return failure();
  return access;
}

LogicalResult ProgramExporter::addCommands(Block &body, Phase &phase) {
  for (Operation &op : body) {
    if (auto access = dyn_cast<AccessOp>(op)) {
      FailureOr<AccessCommand> command = makeAccess(access);
      if (failed(command))
        return failure();
      phase.commands.push_back(*command);
    } else if (auto barrier = dyn_cast<BarrierOp>(op)) {
      phase.commands.push_back(
          BarrierCommand{{narrow(&op, "channels", barrier.getChannels()[0]),
                          narrow(&op, "channels", barrier.getChannels()[1])}});
    } else {
      auto repeat = cast<RepeatOp>(op);
      phase.commands.push_back(
          RepeatBegin{narrow(&op, "count", repeat.getCount())});
      if (failed(addCommands(repeat.getBody().front(), phase)))
        return failure();
      phase.commands.push_back(RepeatEnd());
    }
  }
  return success();
}

LogicalResult ProgramExporter::add(PhaseOp op) {
  Phase phase;
  phase.name = op.getName().str();
  phase.isSetup = op.getSetup();
  if (failed(addCommands(op.getBody().front(), phase)))
    return failure();
  program.steps.push_back(std::move(phase));
  addOrigins(*op, getChannelLane(0), machine.geometry.channels);
  return success();
}

//===----------------------------------------------------------------------===//
// The driver
//===----------------------------------------------------------------------===//

LogicalResult ProgramExporter::add(ConvertOp op) {
  ConvertCommand convert;
  convert.source = makePlace(op, op.getSegment(), op.getOffset(), op.getType());
  for (auto [size, stride] : llvm::zip_equal(op.getSizes(), op.getStrides()))
    convert.dims.push_back(
        {narrow(op, "size", size), narrow(op, "stride", stride)});
  convert.staging = narrow(op, "staging", op.getStaging());
  convert.bursts = narrow(op, "bursts", op.getBursts());
  growStaging(uint64_t(convert.staging) + convert.bursts);
  program.steps.push_back(std::move(convert));
  addOrigins(*op, driverLane, 1);
  return success();
}

LogicalResult ProgramExporter::add(ReduceOp op) {
  ReduceCommand reduce;
  reduce.staging = narrow(op, "staging", op.getStaging());
  reduce.outputs = narrow(op, "outputs", op.getOutputs());
  reduce.parts = narrow(op, "parts", op.getParts());
  reduce.partStride = narrow(op, "stride", op.getPartStride());
  reduce.alpha = op.getAlpha().convertToFloat();
  reduce.beta = op.getBeta().convertToFloat();
  reduce.relu = op.getRelu();
  reduce.destination =
      makePlace(op, op.getSegment(), op.getOffset(), op.getType());
  if (op.getBias())
    reduce.bias = makePlace(op, op.getBias(), op.getBiasOffset(),
                            Float32Type::get(op.getContext()));
  uint64_t parts = std::max<uint64_t>(reduce.parts, 1) - 1;
  growStaging(reduce.staging + parts * reduce.partStride + reduce.outputs);
  addOrigins(*op, driverLane, 1);
  addValue(*op, reduce.destination, reduce.outputs);
  program.steps.push_back(std::move(reduce));
  return success();
}

LogicalResult ProgramExporter::add(StoreOp op) {
  StoreCommand store;
  store.staging = narrow(op, "staging", op.getStaging());
  store.elements = narrow(op, "elements", op.getElements());
  store.destination =
      makePlace(op, op.getSegment(), op.getOffset(), op.getType());
  growStaging(store.staging +
              llvm::divideCeil(uint64_t(store.elements), numLanes));
  addOrigins(*op, driverLane, 1);
  addValue(*op, store.destination, store.elements);
  program.steps.push_back(std::move(store));
  return success();
}

LogicalResult ProgramExporter::add(Operation &op) {
  if (auto segment = dyn_cast<SegmentOp>(op))
    return add(segment);
  if (auto kernel = dyn_cast<MicroKernelOp>(op)) {
    microKernels[kernel] = program.microKernels.size();
    program.microKernels.push_back(getProgram(kernel));
    return success();
  }
  if (auto phase = dyn_cast<PhaseOp>(op))
    return add(phase);
  if (auto convert = dyn_cast<ConvertOp>(op))
    return add(convert);
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return add(reduce);
  if (auto store = dyn_cast<StoreOp>(op))
    return add(store);
  if (auto matrix = dyn_cast<PackMatrixOp>(op)) {
    result.constants.push_back(makeConstant(matrix));
    return success();
  }
  if (auto vector = dyn_cast<PackVectorOp>(op)) {
    result.constants.push_back(makeConstant(vector));
    return success();
  }
  if (isa<func::ReturnOp>(op))
    return success();
  return op.emitOpError("is no part of a stream");
}

FailureOr<DeviceProgram> ProgramExporter::run() {
  result.debug.origins.resize(getChannelLane(machine.geometry.channels));
  for (Operation &op : function.getBody().front())
    if (failed(add(op)))
      return failure();
  if (hasFailed)
    return failure();
  if (llvm::Error error = check(program, machine))
    return function.emitError(areOwnStreams ? StringRef(internalErrorPrefix)
                                            : StringRef())
           << "the program breaks a rule: " << llvm::toString(std::move(error));
  result.code = encode(program);
  result.segments = program.segments;
  llvm::sort(result.constants,
             [](const DeviceConstant &a, const DeviceConstant &b) {
               return a.offset < b.offset;
             });
  return std::move(result);
}

FailureOr<DeviceProgram> exportProgram(func::FuncOp streams,
                                       const MachineDescription &machine,
                                       bool areOwnStreams) {
  return ProgramExporter(streams, machine, areOwnStreams).run();
}

} // namespace garam::pim
