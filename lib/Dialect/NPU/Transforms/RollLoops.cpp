//===- RollLoops.cpp - Repeated commands become hardware loops ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Each queue is a list of nodes: commands at first. A node has a shape, what
// must be the same in every turn of a loop, and numbers, what a loop can move:
// where operands begin and where guards start. Where a run of nodes repeats
// with a period, equal shapes and constant increments of the numbers, a loop
// takes its place, a node again, whose shape holds the increments. Periods are
// tried from the shortest to the longest: first for loops of commands, then for
// loops around such loops, up to the depth that the machine has. Each try is
// one pass over the list: a run is scanned again only when its loop would not
// pay, and then it is a few turns long.
//
//===----------------------------------------------------------------------===//

#include "CommandPhases.h"
#include "garam/Dialect/NPU/Transforms/CommandAccess.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "garam/Support/NodeIds.h"
#include "garam/Target/NPU/Machine/ISA.h"
#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <deque>
#include <map>
#include <unordered_map>

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUROLLLOOPS
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// The longest body that is looked for, in nodes: several tiles of a stage with
/// their transfers, waits and signals.
constexpr size_t maxPeriod = 128;

/// Words of LoopBegin and LoopEnd in the binary form.
constexpr int64_t loopWords = 4;

//===----------------------------------------------------------------------===//
// Shapes of commands
//===----------------------------------------------------------------------===//

using Properties =
    std::variant<TensorCommandOp::Properties, VectorCommandOp::Properties,
                 DMACommandOp::Properties, WaitOp::Properties,
                 SignalOp::Properties>;

/// Numbers for the nodes of the model that a location names: the same for the
/// same nodes.
class NodeNumbers {
public:
  unsigned get(Location loc) {
    auto [it, isNew] = ofLocation.try_emplace(loc);
    if (isNew) {
      auto ids = llvm::to_vector_of<std::string>(getNodeIds(loc));
      it->second = ofNodes.try_emplace(ids, ofNodes.size()).first->second;
    }
    return it->second;
  }

private:
  llvm::DenseMap<Location, unsigned> ofLocation;
  std::map<llvm::SmallVector<std::string>, unsigned> ofNodes;
};

/// What two commands have in common that can be turns of one: everything but
/// where their operands begin, and so the nodes of the model.
struct CommandShape {
  Properties properties; // the descriptors without their numbers
  unsigned nodes;        // NodeNumbers
  /// The micro-program, and the memories of the buffers.
  SmallVector<const void *, 12> operands;

  bool operator==(const CommandShape &other) const {
    return nodes == other.nodes && operands == other.operands &&
           properties == other.properties;
  }
};

struct ShapeHash {
  size_t operator()(const CommandShape &shape) const {
    return llvm::hash_combine(llvm::hash_combine_range(shape.operands),
                              shape.nodes, shape.properties.index());
  }
};

/// A descriptor that begins at 0, with guards that do.
DescriptorAttr dropNumbers(DescriptorAttr attr) {
  SmallVector<GuardAttr> guards;
  for (GuardAttr guard : attr.getGuards())
    guards.push_back(GuardAttr::get(attr.getContext(), 0, guard.getExtent(),
                                    guard.getCoefficients(), {}));
  return DescriptorAttr::get(attr.getContext(), 0, attr.getType(),
                             attr.getStrides(), {}, attr.getTerm(), guards,
                             attr.getFill());
}

template <typename OpTy>
Properties getProperties(OpTy op) {
  return typename OpTy::Properties(op.getProperties());
}

template <typename OpTy>
Properties getPropertiesWithoutNumbers(OpTy op) {
  typename OpTy::Properties properties = op.getProperties();
  SmallVector<Attribute> descriptors;
  for (auto descriptor :
       op.getDescriptors().template getAsRange<DescriptorAttr>())
    descriptors.push_back(dropNumbers(descriptor));
  properties.descriptors = ArrayAttr::get(op.getContext(), descriptors);
  return properties;
}

CommandShape getShape(Operation *op, NodeNumbers &nodeNumbers) {
  CommandShape shape{
      TypeSwitch<Operation *, Properties>(op)
          .Case<TensorCommandOp, VectorCommandOp, DMACommandOp>(
              [](auto command) { return getPropertiesWithoutNumbers(command); })
          .Case<WaitOp, SignalOp>(
              [](auto command) { return getProperties(command); }),
      nodeNumbers.get(op->getLoc()),
      {}};
  for (Value operand : op->getOperands()) {
    auto buffer = operand.getDefiningOp<BufferOp>();
    if (!buffer) {
      shape.operands.push_back(operand.getAsOpaquePointer());
      continue;
    }
    shape.operands.append({buffer.getSpaceAttr().getAsOpaquePointer(),
                           buffer.getCoresAttr().getAsOpaquePointer(),
                           buffer.getSegmentAttr().getAsOpaquePointer()});
  }
  return shape;
}

/// Descriptors of a command, in the order of its buffer operands.
ArrayAttr getDescriptors(Operation *op) {
  return TypeSwitch<Operation *, ArrayAttr>(op)
      .Case<TensorCommandOp, VectorCommandOp, DMACommandOp>(
          [](auto command) { return command.getDescriptors(); })
      .Default(ArrayAttr());
}

/// What a loop may move from turn to turn.
struct Number {
  int64_t value;
  bool isGuardStart; // moves by 32 bits at most: see Guard in ISA.h
};

using Numbers = SmallVector<Number, 4>;

/// Of each descriptor the address and then the starts of its guards.
Numbers getNumbers(Operation *op) {
  Numbers numbers;
  ArrayAttr descriptors = getDescriptors(op);
  if (!descriptors)
    return numbers;
  unsigned next = 0;
  for (Value operand : op->getOperands()) {
    auto buffer = operand.getDefiningOp<BufferOp>();
    if (!buffer)
      continue;
    auto descriptor = cast<DescriptorAttr>(descriptors[next++]);
    numbers.push_back(
        {int64_t(buffer.getOffset().value_or(0)) + descriptor.getOffset(),
         /*isGuardStart=*/false});
    for (GuardAttr guard : descriptor.getGuards())
      numbers.push_back({guard.getStart(), /*isGuardStart=*/true});
  }
  return numbers;
}

/// About how many words the binary form of a command has.
int64_t estimateWords(Operation *op) {
  constexpr int64_t headWords = 3;
  int64_t words = headWords;
  ArrayAttr descriptors = getDescriptors(op);
  if (!descriptors)
    return words;
  for (auto descriptor : descriptors.getAsRange<DescriptorAttr>()) {
    words += 2 + descriptor.getStrides().size();
    for (GuardAttr guard : descriptor.getGuards())
      words += 3 + guard.getCoefficients().size();
  }
  return words;
}

//===----------------------------------------------------------------------===//
// Finding repetitions
//===----------------------------------------------------------------------===//

/// A command, or the loop that some commands have become.
struct Node {
  unsigned shape = 0; // equal shapes have equal numbers
  unsigned depth = 0; // of loops
  int64_t words = 0;  // about
  Numbers numbers;
  Operation *op = nullptr; // of a command
  /// Of a loop: the nodes of the first turn, of the second turn, ...
  std::vector<Node *> repeated;
  size_t period = 0; // nodes of a turn

  size_t getNumTurns() const { return repeated.size() / period; }
};

/// Rolls the commands of one queue.
class QueueRoller {
public:
  explicit QueueRoller(NodeNumbers &nodeNumbers) : nodeNumbers(nodeNumbers) {}

  void add(Operation *op) {
    Node &node = storage.emplace_back();
    node.shape = commandShapes.try_emplace(getShape(op, nodeNumbers), numShapes)
                     .first->second;
    numShapes = std::max(numShapes, node.shape + 1);
    node.words = estimateWords(op);
    node.numbers = getNumbers(op);
    node.op = op;
    nodes.push_back(&node);
  }

  /// Returns whether there is a loop.
  bool roll() {
    bool hasLoop = false;
    for (unsigned depth = 1; depth <= maxLoopDepth; ++depth)
      for (size_t period = 1; period <= maxPeriod; ++period)
        hasLoop |= rollPeriod(period, depth);
    return hasLoop;
  }

  ArrayRef<Node *> getNodes() const { return nodes; }

private:
  /// Whether the nodes at `first` and a period later can be two turns of one,
  /// in a run that starts at `start`.
  bool matches(size_t start, size_t first, size_t period) const {
    const Node &a = *nodes[first], &b = *nodes[first + period];
    if (a.shape != b.shape)
      return false;
    if (first < start + period)
      return true;
    const Node &before = *nodes[first - period];
    for (size_t i = 0; i < a.numbers.size(); ++i)
      if (b.numbers[i].value - a.numbers[i].value !=
          a.numbers[i].value - before.numbers[i].value)
        return false;
    return true;
  }

  /// Makes loops that are `depth` deep of the runs of `period`, from the first
  /// to the last.
  bool rollPeriod(size_t period, unsigned depth) {
    std::vector<Node *> rolled;
    bool changed = false;
    for (size_t start = 0; start < nodes.size();) {
      size_t end = start;
      while (end + period < nodes.size() && matches(start, end, period))
        ++end;
      size_t numTurns = (end - start) / period + 1;
      if (Node *loop = makeLoop(start, period, numTurns, depth)) {
        rolled.push_back(loop);
        start += period * numTurns;
        changed = true;
        continue;
      }
      // What does not match is in no run. Nor does a run of another depth hide
      // one of this: wherever a body begins in it, the nodes are the same but
      // for their order. A run that does not pay may hide one that does.
      bool mayHideRun = numTurns > 1 && getLoopDepth(start, period) == depth;
      size_t next = mayHideRun ? start + 1 : end + 1;
      for (; start < std::min(next, nodes.size()); ++start)
        rolled.push_back(nodes[start]);
    }
    nodes = std::move(rolled);
    return changed;
  }

  /// How deep a loop around `period` nodes would be.
  unsigned getLoopDepth(size_t start, size_t period) const {
    unsigned depth = 0;
    for (const Node *node : ArrayRef(nodes).slice(start, period))
      depth = std::max(depth, node->depth);
    return depth + 1;
  }

  /// Null when the loop would not be smaller than what it repeats, not be
  /// `depth` deep, or move a guard further than the ISA can say.
  Node *makeLoop(size_t start, size_t period, size_t numTurns, unsigned depth) {
    if (numTurns < 2 || getLoopDepth(start, period) != depth)
      return nullptr;
    Node loop;
    loop.depth = depth;
    loop.words = loopWords;
    int64_t bodyWords = 0;
    std::vector<int64_t> shape = {static_cast<int64_t>(numTurns)};
    for (size_t i = start; i < start + period; ++i) {
      const Node &node = *nodes[i], &next = *nodes[i + period];
      bodyWords += node.words;
      shape.push_back(node.shape);
      for (auto [number, later] : llvm::zip(node.numbers, next.numbers)) {
        int64_t increment = later.value - number.value;
        if (number.isGuardStart && !llvm::isInt<32>(increment))
          return nullptr;
        shape.push_back(increment);
        loop.words += increment != 0; // a loop stride
        loop.numbers.push_back(number);
      }
    }
    loop.words += bodyWords;
    if (loop.words >= bodyWords * static_cast<int64_t>(numTurns))
      return nullptr;
    loop.shape =
        loopShapes.try_emplace(std::move(shape), numShapes).first->second;
    numShapes = std::max(numShapes, loop.shape + 1);
    loop.period = period;
    loop.repeated.assign(nodes.begin() + start,
                         nodes.begin() + start + period * numTurns);
    return &storage.emplace_back(std::move(loop));
  }

  NodeNumbers &nodeNumbers;
  std::deque<Node> storage;
  std::vector<Node *> nodes;
  unsigned numShapes = 0;
  std::unordered_map<CommandShape, unsigned, ShapeHash> commandShapes;
  /// Turns, and the shapes of the body with the increments of their numbers.
  std::map<std::vector<int64_t>, unsigned> loopShapes;
};

//===----------------------------------------------------------------------===//
// Writing loops
//===----------------------------------------------------------------------===//

/// Moves the commands of a queue to the builder's place, in loops.
class LoopWriter {
public:
  explicit LoopWriter(OpBuilder &builder) : builder(builder) {}

  void write(Node *node) { write(ArrayRef(node)); }

private:
  /// `turns` are the nodes that become one, in every turn of the open loops;
  /// the innermost loop's turns are next to each other.
  void write(ArrayRef<Node *> turns) {
    const Node &first = *turns.front();
    if (first.op)
      return writeCommand(turns);
    LoopOp loop = createLoop(first);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&loop.getBody().front());
    loops.push_back(loop);
    for (size_t i = 0; i < first.period; ++i) {
      std::vector<Node *> inner;
      for (const Node *node : turns)
        for (size_t j = i; j < node->repeated.size(); j += first.period)
          inner.push_back(node->repeated[j]);
      write(inner);
    }
    loops.pop_back();
  }

  LoopOp createLoop(const Node &node) {
    SmallVector<Location> locations;
    for (const Node *repeated : ArrayRef(node.repeated).take_front(node.period))
      locations.push_back(getLoc(*repeated));
    const Node *command = &node;
    while (!command->op)
      command = command->repeated.front();
    unsigned queue = getQueue(command->op);
    auto loop = LoopOp::create(
        builder, FusedLoc::get(builder.getContext(), locations),
        queue / numEngineKinds, static_cast<EngineKind>(queue % numEngineKinds),
        node.getNumTurns(), /*parameter=*/nullptr, ValueRange());
    loop.getBody().emplaceBlock();
    return loop;
  }

  Location getLoc(const Node &node) {
    if (node.op)
      return node.op->getLoc();
    SmallVector<Location> locations;
    for (const Node *repeated : ArrayRef(node.repeated).take_front(node.period))
      locations.push_back(getLoc(*repeated));
    return FusedLoc::get(builder.getContext(), locations);
  }

  void writeCommand(ArrayRef<Node *> turns) {
    Operation *op = turns.front()->op;
    op->remove();
    builder.insert(op);
    if (loops.empty())
      return;
    for (OpOperand &operand : op->getOpOperands()) {
      if (!isa<BufferType>(operand.get().getType()))
        continue;
      SmallVector<Value> buffers;
      for (const Node *turn : turns)
        buffers.push_back(turn->op->getOperand(operand.getOperandNumber()));
      operand.set(getOperand(buffers, loops));
    }
    TypeSwitch<Operation *>(op)
        .Case<TensorCommandOp, VectorCommandOp, DMACommandOp>(
            [&](auto command) {
              command.setDescriptorsAttr(
                  addStrides(command.getDescriptors(), turns));
            });
    for (const Node *turn : turns.drop_front())
      turn->op->erase();
  }

  /// The value inside of `around` that stands for `buffers`, one for each turn
  /// of them.
  Value getOperand(ArrayRef<Value> buffers, ArrayRef<LoopOp> around) {
    if (llvm::all_equal(buffers))
      return buffers.front();
    LoopOp loop = around.back();
    size_t count = loop.getCount();
    SmallVector<Value> turns;
    for (size_t turn = 0; turn < count; ++turn) {
      SmallVector<Value> outer;
      for (size_t i = turn; i < buffers.size(); i += count)
        outer.push_back(buffers[i]);
      turns.push_back(getOperand(outer, around.drop_back()));
    }
    if (llvm::all_equal(turns))
      return turns.front();
    loop.getBuffersMutable().append(turns);
    return loop.getBody().addArgument(turns.front().getType(), loop.getLoc());
  }

  /// What number `i` moves by from turn to turn of each loop.
  SmallVector<int64_t> getStrides(ArrayRef<Node *> turns, size_t i) {
    SmallVector<int64_t> strides;
    size_t distance = turns.size();
    for (LoopOp loop : loops) {
      distance /= loop.getCount();
      strides.push_back(turns[distance]->numbers[i].value -
                        turns.front()->numbers[i].value);
    }
    while (!strides.empty() && strides.back() == 0)
      strides.pop_back();
    return strides;
  }

  ArrayAttr addStrides(ArrayAttr descriptors, ArrayRef<Node *> turns) {
    SmallVector<Attribute> moved;
    size_t next = 0; // in the order of getNumbers
    MLIRContext *context = descriptors.getContext();
    for (auto attr : descriptors.getAsRange<DescriptorAttr>()) {
      SmallVector<int64_t> strides = getStrides(turns, next++);
      SmallVector<GuardAttr> guards;
      for (GuardAttr guard : attr.getGuards())
        guards.push_back(
            GuardAttr::get(context, guard.getStart(), guard.getExtent(),
                           guard.getCoefficients(), getStrides(turns, next++)));
      moved.push_back(DescriptorAttr::get(
          context, attr.getOffset(), attr.getType(), attr.getStrides(), strides,
          attr.getTerm(), guards, attr.getFill()));
    }
    return ArrayAttr::get(context, moved);
  }

  OpBuilder &builder;
  /// Around the builder's place, outermost first.
  SmallVector<LoopOp, maxLoopDepth> loops;
};

struct RollLoops : impl::NPURollLoopsBase<RollLoops> {
  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    if (failed(checkOneBlock(getOperation())) ||
        failed(checkSynchronized(getOperation())))
      return signalPassFailure();
    rollLoops(getOperation());
  }
};

} // namespace

void rollLoops(func::FuncOp func) {
  if (func.isExternal() || !func.getOps<LoopOp>().empty())
    return;
  NodeNumbers nodeNumbers;
  std::map<unsigned, QueueRoller> queues;
  SmallVector<ValueOp> values;
  for (Operation &op : func.front()) {
    if (isCommand(&op) || isa<WaitOp, SignalOp>(op))
      queues.try_emplace(getQueue(&op), nodeNumbers).first->second.add(&op);
    else if (auto value = dyn_cast<ValueOp>(op))
      values.push_back(value);
  }
  bool hasLoop = false;
  for (auto &[number, queue] : queues)
    hasLoop |= queue.roll();
  if (!hasLoop)
    return;
  OpBuilder builder(func.front().getTerminator());
  for (auto &[number, queue] : queues)
    for (Node *node : queue.getNodes())
      LoopWriter(builder).write(node);
  // Behind all commands that write what they are made of.
  for (ValueOp value : values)
    value->moveBefore(func.front().getTerminator());
}

} // namespace garam::npu
