//===- ExportProgram.cpp - Commands of the dialect to the ISA's -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ConstantWriter.h"
#include "PlanBuilder.h"
#include "garam/Dialect/NPU/IR/ElementKinds.h"
#include "garam/Dialect/NPU/Transforms/CommandAccess.h"
#include "garam/Dialect/NPU/Transforms/MicroCode.h"
#include "garam/Support/NodeIds.h"
#include "garam/Target/NPU/Compile.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <map>

using namespace mlir;

namespace garam::npu {
namespace {

SegmentRole getRole(StringRef role) {
  return llvm::StringSwitch<SegmentRole>(role)
      .Case("constant", SegmentRole::Constant)
      .Case("parameter", SegmentRole::Parameter)
      .Case("state", SegmentRole::State)
      .Case("input", SegmentRole::Input)
      .Case("output", SegmentRole::Output)
      .Default(SegmentRole::Scratch);
}

class ProgramExporter {
public:
  ProgramExporter(func::FuncOp func, const MachineDescription &machine)
      : func(func), machine(machine) {}

  FailureOr<CompiledProgram> run() {
    result.program.numCores = machine.cores;
    if (failed(checkLength()))
      return failure();
    for (Operation &op : func.front())
      if (failed(visit(&op)))
        return failure();
    assembleQueues();
    llvm::sort(result.constants, [](const auto &a, const auto &b) {
      return a.offset < b.offset;
    });
    return std::move(result);
  }

private:
  struct QueueContent {
    std::vector<Command> commands;
    std::vector<SmallVector<uint32_t, 1>> origins;
  };

  /// Commands that a queue executes when the loops of `op` are expanded, those
  /// that begin and end them included: see maxExecutedCommands.
  static uint64_t countExecutions(Operation &op) {
    auto loop = dyn_cast<LoopOp>(op);
    if (!loop)
      return 1;
    uint64_t turn = 1; // the end
    for (Operation &repeated : loop.getBody().front())
      turn = llvm::SaturatingAdd(turn, countExecutions(repeated));
    return llvm::SaturatingMultiplyAdd<uint64_t>(turn, loop.getCount(), 1);
  }

  /// The plan of the program is as long as its queues are: they are held to the
  /// ISA's limit before it is made.
  LogicalResult checkLength() {
    std::map<unsigned, uint64_t> lengths;
    for (Operation &op : func.front()) {
      if (!isCommand(&op) && !isa<WaitOp, SignalOp, LoopOp>(op))
        continue;
      uint64_t &length = lengths[getQueue(&op)];
      length = llvm::SaturatingAdd(length, countExecutions(op));
      if (length > maxExecutedCommands)
        return op.emitOpError("brings its queue to ")
               << length
               << " commands when loops are expanded; a program executes at "
                  "most "
               << maxExecutedCommands << " in a queue";
    }
    return success();
  }

  LogicalResult visit(Operation *op) {
    return TypeSwitch<Operation *, LogicalResult>(op)
        .Case([&](SegmentOp segment) {
          result.program.segments.push_back(
              {getRole(segment.getRole()),
               static_cast<uint64_t>(segment.getSize().value_or(0)),
               segment.getName().str()});
          return success();
        })
        .Case([&](BufferOp buffer) { return addBuffer(buffer); })
        .Case([&](MicroProgramOp program) {
          FailureOr<MicroCode> code = translateMicroProgram(program);
          if (failed(code))
            return failure();
          codes[program.getResult()] = std::move(*code);
          return success();
        })
        .Case([&](ParameterOp parameter) {
          result.program.parameters.push_back(
              {parameter.getName().str(),
               static_cast<uint32_t>(parameter.getMaximum())});
          return success();
        })
        .Case<TensorCommandOp, VectorCommandOp, DMACommandOp, WaitOp, SignalOp,
              LoopOp>([&](auto command) {
          llvm::DenseMap<Operation *, uint32_t> numbers;
          unsigned number = getQueue(command);
          addCommand(command, queues[number], numbers);
          plan.addExecutions(command, number, numbers);
          return success();
        })
        .Case([&](ValueOp value) {
          addValue(value);
          return success();
        })
        .Case<func::ReturnOp>([](auto) { return success(); })
        .Default([](Operation *other) -> LogicalResult {
          return other->emitOpError("is no command");
        });
  }

  /// Adds what is stored of `op`: once, however often it is repeated.
  void addCommand(Operation *op, QueueContent &queue,
                  llvm::DenseMap<Operation *, uint32_t> &numbers) {
    auto add = [&](Command command) {
      queue.commands.push_back(std::move(command));
      queue.origins.push_back(getOrigins(op->getLoc()));
    };
    TypeSwitch<Operation *>(op)
        .Case<TensorCommandOp, VectorCommandOp, DMACommandOp, WaitOp, SignalOp>(
            [&](auto command) {
              numbers[op] = queue.commands.size();
              add(convert(command));
            })
        .Case([&](LoopOp loop) {
          add(LoopBeginCommand{
              static_cast<uint32_t>(loop.getCount()),
              static_cast<int8_t>(loop.getParameter().value_or(-1))});
          for (Operation &repeated : loop.getBody().front())
            addCommand(&repeated, queue, numbers);
          add(LoopEndCommand());
        });
  }

  //===--- Buffers -------------------------------------------------------===//

  LogicalResult addBuffer(BufferOp op) {
    if (!op.getOffset())
      return op.emitOpError("has no address: run npu-plan-memory first");
    plan.addBuffer(op);
    return op.getParts() ? addConstants(op) : success();
  }

  LogicalResult addConstants(BufferOp op) {
    SmallVector<PartAttr> parts =
        llvm::to_vector(op.getParts()->getAsRange<PartAttr>());
    for (PartAttr part : parts)
      if (failed(verifyPart(part, op)))
        return failure();
    DeviceConstant constant;
    constant.offset = *op.getOffset();
    constant.size = op.getSize();
    constant.write = [parts](MutableArrayRef<uint8_t> bytes) {
      for (PartAttr part : parts)
        writePart(part, bytes.drop_front(part.getOffset()));
    };
    for (StringRef node : getNodeIds(op.getLoc()))
      constant.nodes.push_back(node.str());
    constant.findNonFinite = [parts](ArrayRef<uint8_t> bytes) {
      std::optional<NonFiniteWeight> found;
      for (PartAttr part : parts)
        if (!found)
          found = npu::findNonFinite(part, bytes.drop_front(part.getOffset()));
      return found;
    };
    result.constants.push_back(std::move(constant));
    return success();
  }

  Address getAddress(Value value, int64_t core) {
    BufferOp op = LoopOp::resolve(value);
    Address address;
    address.space = static_cast<MemorySpace>(op.getSpace());
    address.offset = op.getOffset().value_or(0);
    address.index = op.getCores() ? core : op.getSegment().value_or(0);
    return address;
  }

  //===--- Descriptors ---------------------------------------------------===//

  /// Where the walk begins in the first turns, and how it moves from there.
  Address getAddress(DescriptorAttr attr, Value buffer, int64_t core) {
    Address address = getAddress(buffer, core);
    address.offset += attr.getOffset();
    llvm::copy(attr.getLoops(), address.loopStrides.begin());
    if (ParameterTermAttr term = attr.getTerm()) {
      address.parameter = term.getParameter();
      address.parameterStride = term.getStride();
    }
    return address;
  }

  /// `places[i]` is the ISA's dimension of the descriptor's dimension i.
  Descriptor convert(DescriptorAttr attr, Value buffer, int64_t core,
                     ArrayRef<unsigned> places) {
    Descriptor descriptor;
    descriptor.address = getAddress(attr, buffer, core);
    descriptor.type = getElementType(attr.getType());
    for (auto [place, stride] : llvm::zip(places, attr.getStrides()))
      descriptor.strides[place] = stride;
    for (GuardAttr guardAttr : attr.getGuards()) {
      Guard guard;
      guard.start = guardAttr.getStart();
      guard.extent = guardAttr.getExtent();
      for (auto [place, coefficient] :
           llvm::zip(places, guardAttr.getCoefficients()))
        guard.coefficients[place] = coefficient;
      llvm::copy(guardAttr.getLoops(), guard.loopStrides.begin());
      descriptor.guards.push_back(guard);
    }
    if (attr.getFill())
      descriptor.fill = attr.getFill().getValueAsDouble();
    return descriptor;
  }

  //===--- Commands ------------------------------------------------------===//

  Command convert(TensorCommandOp op) {
    TensorCommand command;
    SmallVector<unsigned> rows, reduction;
    for (auto [i, size] : llvm::enumerate(op.getRows())) {
      command.rows[i] = size;
      rows.push_back(i);
    }
    for (auto [i, size] : llvm::enumerate(op.getReduction())) {
      command.reduction[i] = size;
      reduction.push_back(i);
    }
    command.columns = op.getColumns();
    command.unitRows = op.getUnitRows();
    command.unitColumns = op.getUnitColumns();
    command.accumulate = op.getAccumulate();
    command.store = bool(op.getOutput());
    command.activationZeroPoint = op.getActivationZeroPoint();
    command.weightZeroPoint = op.getWeightZeroPoint();
    command.residualZeroPoint = op.getResidualZeroPoint();
    command.outputZeroPoint = op.getOutputZeroPoint();
    command.residualScale = op.getResidualScale().convertToFloat();
    command.hasClamp = command.store && (op.getClampLow() || op.getClampHigh());
    constexpr float infinity = std::numeric_limits<float>::infinity();
    if (command.hasClamp) {
      command.clampLow =
          op.getClampLow() ? op.getClampLow()->convertToFloat() : -infinity;
      command.clampHigh =
          op.getClampHigh() ? op.getClampHigh()->convertToFloat() : infinity;
    }

    unsigned next = 0;
    int64_t core = op.getCore();
    auto take = [&](Value buffer, Descriptor &descriptor,
                    ArrayRef<unsigned> places) {
      if (!buffer)
        return false;
      descriptor = convert(cast<DescriptorAttr>(op.getDescriptors()[next++]),
                           buffer, core, places);
      return true;
    };
    constexpr unsigned columnPlace = 3;
    SmallVector<unsigned> activationPlaces = rows, weightPlaces = reduction,
                          outputPlaces = rows;
    for (unsigned i : reduction)
      activationPlaces.push_back(maxRowDims + i);
    weightPlaces.push_back(columnPlace);
    outputPlaces.push_back(columnPlace);
    // A tile of one column has no loop for it.
    take(op.getActivation(), command.activation, activationPlaces);
    take(op.getWeight(), command.weight, weightPlaces);
    command.hasBias = take(op.getBias(), command.bias, {0});
    command.hasScale = take(op.getScale(), command.scale, {0});
    command.hasResidual =
        take(op.getResidual(), command.residual, outputPlaces);
    take(op.getOutput(), command.output, outputPlaces);
    return command;
  }

  Command convert(VectorCommandOp op) {
    VectorCommand command;
    command.sizes.assign(op.getSizes().begin(), op.getSizes().end());
    command.numReductionDims = op.getNumReductions();
    SmallVector<unsigned> places =
        llvm::to_vector(llvm::seq<unsigned>(0, command.sizes.size()));
    if (command.sizes.empty())
      command.sizes.push_back(1);
    const MicroCode &code = codes.find(op.getProgram())->second;
    command.body = code.body;
    command.reductions = code.reductions;
    command.finish = code.finish;
    // Loops of size 1 are dropped from the walk, reductions among them: the
    // sums are still sums.
    if (!code.reductions.empty() && command.numReductionDims == 0) {
      command.sizes.push_back(1);
      command.numReductionDims = 1;
    }
    unsigned next = 0;
    auto take = [&](Value buffer) {
      return convert(cast<DescriptorAttr>(op.getDescriptors()[next++]), buffer,
                     op.getCore(), places);
    };
    for (Value input : op.getInputs())
      command.inputs.push_back(take(input));
    for (auto [output, stored] : llvm::zip(op.getOutputs(), code.outputs))
      command.outputs.push_back({take(output), stored.source, stored.isFloat});
    return command;
  }

  Command convert(DMACommandOp op) {
    DMACommand command;
    command.sizes.assign(op.getSizes().begin(), op.getSizes().end());
    command.elementBytes = op.getElementBytes();
    SmallVector<unsigned> places =
        llvm::to_vector(llvm::seq<unsigned>(0, command.sizes.size()));
    unsigned next = 0;
    auto take = [&](Value buffer, int64_t core) {
      return convert(cast<DescriptorAttr>(op.getDescriptors()[next++]), buffer,
                     core, places);
    };
    int64_t core = op.getCore();
    if (Value source = op.getSource()) {
      int64_t sourceCore = op.getSourceCore().value_or(core);
      command.source = take(source, sourceCore);
    } else {
      command.kind = DMAKind::Fill;
      command.fillBits = op.getFillBits().value_or(0);
    }
    SmallVector<int64_t> receivers = getReceivers(op);
    command.destination =
        take(op.getDestination(), receivers.empty() ? core : receivers[0]);
    if (receivers.size() > 1)
      for (int64_t receiver : receivers)
        command.multicast |= uint64_t(1) << receiver;
    if (Value indices = op.getIndices()) {
      command.kind = DMAKind::Gather;
      auto attr = cast<DescriptorAttr>(op.getDescriptors()[next]);
      command.indirection.address = getAddress(attr, indices, core);
      command.indirection.type = getElementType(attr.getType());
      command.indirection.dimension = op.getIndirectDim().value_or(0);
      command.indirection.limit = op.getIndirectLimit().value_or(1);
    }
    return command;
  }

  Command convert(WaitOp op) {
    return WaitCommand{static_cast<uint16_t>(op.getSemaphore()),
                       static_cast<uint32_t>(op.getCount())};
  }

  Command convert(SignalOp op) {
    return SignalCommand{static_cast<uint16_t>(op.getTargetCore()),
                         static_cast<Engine>(op.getTargetEngine()),
                         static_cast<uint16_t>(op.getSemaphore()),
                         static_cast<uint32_t>(op.getCount())};
  }

  //===--- Values --------------------------------------------------------===//

  void addValue(ValueOp op) {
    auto type = cast<RankedTensorType>(op.getType());
    CompiledValue value;
    value.name = op.getName().str();
    value.type = getElementType(
        getElementKind(type.getElementType(), /*isUnsigned=*/false));
    value.shape.assign(type.getShape().begin(), type.getShape().end());
    for (auto [buffer, attribute] : llvm::zip(op.getBuffers(), op.getViews())) {
      auto view = cast<ViewAttr>(attribute);
      auto bufferOp = buffer.getDefiningOp<BufferOp>();
      CompiledPiece piece;
      // Where several cores have it, they have the same.
      piece.address = getAddress(
          buffer, bufferOp.getCores() ? bufferOp.getCores()->front() : 0);
      piece.address.offset += view.getBase();
      for (auto [low, high, stride] :
           llvm::zip(view.getLow(), view.getHigh(), view.getStrides())) {
        piece.address.offset += low * stride;
        piece.low.push_back(low);
        piece.sizes.push_back(high - low);
        piece.strides.push_back(stride);
      }
      piece.lastWrites = plan.getLastWrites(bufferOp);
      value.pieces.push_back(std::move(piece));
    }
    result.values.push_back(std::move(value));
  }

  //===--- Origins and queues --------------------------------------------===//

  SmallVector<uint32_t, 1> getOrigins(Location loc) {
    auto [it, inserted] = originsOf.try_emplace(loc);
    if (inserted) {
      for (StringRef id : getNodeIds(loc)) {
        auto [number, isNew] = nodeNumbers.try_emplace(id, nodeNumbers.size());
        if (isNew)
          result.nodes.push_back(id.str());
        it->second.push_back(number->second);
      }
    }
    return it->second;
  }

  void assembleQueues() {
    std::map<uint32_t, uint32_t> queueNumbers;
    for (auto &[number, content] : queues) {
      queueNumbers[number] = result.program.queues.size();
      Queue queue;
      queue.core = number / numEngineKinds;
      queue.engine = static_cast<Engine>(number % numEngineKinds);
      queue.commands = std::move(content.commands);
      result.program.queues.push_back(std::move(queue));
      result.plan.operandBuffers.push_back(
          std::move(plan.operandBuffers[number]));
      result.origins.push_back(std::move(content.origins));
    }
    for (CompiledValue &value : result.values)
      for (CompiledPiece &piece : value.pieces)
        for (LastWrite &write : piece.lastWrites)
          write.queue = queueNumbers[write.queue];
    result.plan.buffers = std::move(plan.buffers);
  }

  func::FuncOp func;
  const MachineDescription &machine;
  CompiledProgram result;
  PlanBuilder plan;
  std::map<unsigned, QueueContent> queues;
  llvm::DenseMap<Value, MicroCode> codes;
  llvm::DenseMap<Location, SmallVector<uint32_t, 1>> originsOf;
  llvm::StringMap<uint32_t> nodeNumbers;
};

} // namespace

FailureOr<CompiledProgram> exportProgram(func::FuncOp commands,
                                         const MachineDescription &machine) {
  return ProgramExporter(commands, machine).run();
}

} // namespace garam::npu
