//===- ExportProgram.cpp - Commands of the dialect to the ISA's -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ConstantWriter.h"
#include "PlanBuilder.h"
#include "garam/Dialect/NPU/IR/ElementKinds.h"
#include "garam/Dialect/NPU/Transforms/CommandAccess.h"
#include "garam/Dialect/NPU/Transforms/CommandConversion.h"
#include "garam/Support/NodeIds.h"
#include "garam/Target/NPU/Compile.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <map>

using namespace mlir;

namespace garam::npu {
namespace {

/// Weights in one piece are made in runs of so many bytes at most, which
/// several threads can share, and of which few are in memory at once. Not
/// swept.
constexpr int64_t mostConstantBytes = 8 << 20;

class ProgramExporter {
public:
  ProgramExporter(func::FuncOp func, const MachineDescription &machine)
      : func(func), machine(machine) {}

  FailureOr<CompiledProgram> run() {
    result.program.numCores = machine.cores;
    if (failed(checkLength()))
      return failure();
    reserveQueues();
    for (Operation &op : func.front())
      if (failed(visit(&op)))
        return failure();
    assembleQueues();
    assembleSetup();
    llvm::sort(result.constants, [](const auto &a, const auto &b) {
      return a.offset < b.offset;
    });
    return std::move(result);
  }

private:
  struct SetupContent {
    std::vector<Command> commands;
    std::vector<SmallVector<uint32_t, 4>> operands; // see MemoryPlan
  };
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

  /// Commands that a queue stores for `op`.
  static size_t countStored(Operation &op) {
    auto loop = dyn_cast<LoopOp>(op);
    if (!loop)
      return 1;
    size_t stored = 2; // its begin and its end
    for (Operation &repeated : loop.getBody().front())
      stored += countStored(repeated);
    return stored;
  }

  /// Makes room for the commands of queues, which are large: vectors that grow
  /// would move them again and again.
  void reserveQueues() {
    std::map<unsigned, size_t> sizes;
    for (Operation &op : func.front())
      if (isCommand(&op) || isa<WaitOp, SignalOp, LoopOp>(op))
        sizes[getQueue(&op)] += countStored(op);
    for (auto [number, size] : sizes) {
      queues[number].commands.reserve(size);
      queues[number].origins.reserve(size);
    }
  }

  LogicalResult visit(Operation *op) {
    return TypeSwitch<Operation *, LogicalResult>(op)
        .Case([&](SegmentOp segment) {
          result.program.segments.push_back(
              {static_cast<SegmentRole>(segment.getRole()),
               static_cast<uint64_t>(segment.getSize().value_or(0)),
               segment.getName().str()});
          return success();
        })
        .Case([&](BufferOp buffer) { return addBuffer(buffer); })
        .Case([&](MicroProgramOp program) {
          return conversion.addProgram(program);
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
        .Case([&](SetupOp op) {
          addSetup(op);
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
              add(conversion.convert(command));
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
    if (op.getResident() && op.getSize() > 0)
      addResident(op);
    return op.getParts() ? addConstants(op) : success();
  }

  void addResident(BufferOp op) {
    static constexpr int64_t sharedIndex[] = {0};
    for (int64_t index : op.getCores().value_or(ArrayRef(sharedIndex)))
      residents.push_back({static_cast<MemorySpace>(op.getSpace()),
                           static_cast<uint16_t>(index), *op.getOffset(),
                           op.getSize()});
  }

  LogicalResult addConstants(BufferOp op) {
    SmallVector<PartAttr> parts =
        llvm::to_vector(op.getParts()->getAsRange<PartAttr>());
    for (PartAttr part : parts)
      if (failed(verifyPart(part, op)))
        return failure();
    if (parts.size() != 1) {
      addConstant(op, parts, 0, op.getSize());
      return success();
    }
    // What is in no constant is zero.
    for (PartAttr piece : cutPart(parts.front(), mostConstantBytes))
      addConstant(op, piece, piece.getOffset(), getPartBytes(piece));
    return success();
  }

  /// Adds `parts` of `op`, which lie in the `size` bytes from `offset` on.
  void addConstant(BufferOp op, ArrayRef<PartAttr> list, uint64_t offset,
                   uint64_t size) {
    SmallVector<PartAttr> parts(list);
    DeviceConstant constant;
    constant.offset = *op.getOffset() + offset;
    constant.size = size;
    constant.write = [parts, offset](MutableArrayRef<uint8_t> bytes) {
      for (PartAttr part : parts)
        writePart(part, bytes.drop_front(part.getOffset() - offset));
    };
    for (StringRef node : getNodeIds(op.getLoc()))
      constant.nodes.push_back(node.str());
    constant.findNonFinite = [parts, offset](ArrayRef<uint8_t> bytes) {
      std::optional<NonFiniteWeight> found;
      for (PartAttr part : parts)
        if (!found)
          found = npu::findNonFinite(
              part, bytes.drop_front(part.getOffset() - offset));
      return found;
    };
    result.constants.push_back(std::move(constant));
  }

  //===--- The set-up ----------------------------------------------------===//

  void addSetup(SetupOp op) {
    for (auto copy : op.getBody().getOps<DMACommandOp>()) {
      SetupContent &queue = setup[copy.getCore()];
      queue.commands.push_back(conversion.convert(copy));
      queue.operands.push_back(plan.listOperands(copy));
    }
  }

  /// Ranges that touch or overlap become one: it is for the static checker to
  /// say that buffers must not.
  void assembleSetup() {
    for (auto &[core, content] : setup) {
      result.program.setup.push_back({static_cast<uint16_t>(core), Engine::DMA,
                                      std::move(content.commands)});
      result.plan.setupOperandBuffers.push_back(std::move(content.operands));
    }
    llvm::sort(residents, [](const ResidentBytes &a, const ResidentBytes &b) {
      return std::tie(a.space, a.index, a.offset) <
             std::tie(b.space, b.index, b.offset);
    });
    std::vector<ResidentBytes> &joined = result.program.residents;
    for (const ResidentBytes &bytes : residents)
      if (!joined.empty() && joined.back().space == bytes.space &&
          joined.back().index == bytes.index &&
          joined.back().getEnd() >= bytes.offset)
        joined.back().size = std::max(joined.back().getEnd(), bytes.getEnd()) -
                             joined.back().offset;
      else
        joined.push_back(bytes);
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
      piece.address = npu::getAddress(
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
  CommandConversion conversion;
  std::map<unsigned, QueueContent> queues;
  std::map<int64_t, SetupContent> setup; // by core
  std::vector<ResidentBytes> residents;
  llvm::DenseMap<Location, SmallVector<uint32_t, 1>> originsOf;
  llvm::StringMap<uint32_t> nodeNumbers;
};

} // namespace

FailureOr<CompiledProgram> exportProgram(func::FuncOp commands,
                                         const MachineDescription &machine) {
  return ProgramExporter(commands, machine).run();
}

} // namespace garam::npu
