//===- Export.cpp - From planned chains to a program ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Export.h"

#include "Program.h"
#include "garam/Support/NodeIds.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using garam::DeviceProgram;
using garam::MemoryRole;

namespace abacus {

uint64_t getBytes(Type type) {
  return cast<RankedTensorType>(type).getNumElements() * elementBytes;
}

Segments::Segments(func::FuncOp function) {
  inputs = function.getOps<WeightOp>().empty() ? 0 : 1;
  outputs = inputs + function.getNumArguments();
  scratch = outputs + function.getNumResults();
}

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

namespace {

class Exporter {
public:
  explicit Exporter(func::FuncOp function)
      : function(function), first(function) {}

  FailureOr<DeviceProgram> run(const Machine &machine);

private:
  FailureOr<Address> getAddress(Value tensor, Operation *user);
  LogicalResult addWeight(WeightOp weight);
  LogicalResult addChain(ChainOp chain);
  LogicalResult addInstruction(Operation &op, Chain &chain);
  void addOrigins(ChainOp chain);
  void addValue(ChainOp chain, Address address);
  LogicalResult checkResults();
  void addSegments();

  func::FuncOp function;
  Segments first;
  Program program;
  DeviceProgram result;
  uint64_t weightBytes = 0, scratchBytes = 0;
  /// Numbers of a chain's instructions.
  llvm::DenseMap<Value, uint32_t> numbers;
  llvm::MapVector<StringRef, uint32_t> nodes;
};

} // namespace

/// Where `tensor` is. IR may come from a file, so that it may be nowhere.
FailureOr<Address> Exporter::getAddress(Value tensor, Operation *user) {
  if (auto argument = dyn_cast<BlockArgument>(tensor))
    return Address{first.inputs + argument.getArgNumber(), 0};
  std::optional<PlaceAttr> place;
  if (auto weight = tensor.getDefiningOp<WeightOp>())
    place = weight.getPlace();
  else if (auto chain = tensor.getDefiningOp<ChainOp>())
    place = chain.getPlace();
  if (!place || !*place)
    return user->emitOpError("uses a tensor without a place; hint: run "
                             "abacus-plan-memory");
  return Address{place->getSegment(), place->getOffset()};
}

LogicalResult Exporter::addWeight(WeightOp weight) {
  FailureOr<Address> address = getAddress(weight, weight);
  if (failed(address))
    return failure();
  uint64_t size = getBytes(weight.getType());
  if (address->segment != 0 || address->offset < weightBytes)
    return weight.emitOpError(
        "is not in segment 0 behind the weights before it");
  weightBytes = address->offset + size;
  FailureOr<garam::DeviceConstant> constant =
      makeConstant(weight, address->offset);
  if (failed(constant))
    return failure();
  result.constants.push_back(std::move(*constant));
  return success();
}

LogicalResult Exporter::addInstruction(Operation &op, Chain &chain) {
  Instruction instruction;
  if (auto load = dyn_cast<LoadOp>(op)) {
    FailureOr<Address> address = getAddress(load.getSource(), load);
    if (failed(address))
      return failure();
    instruction.opcode = Opcode::Load;
    instruction.address = *address;
    instruction.repeat = load.getRepeat();
    instruction.period = load.getPeriod();
  } else if (auto number = dyn_cast<NumberOp>(op)) {
    instruction.opcode = Opcode::Number;
    instruction.number = number.getNumber().convertToFloat();
  } else if (auto binary = dyn_cast<BinaryOp>(op)) {
    instruction.opcode =
        static_cast<Opcode>(static_cast<unsigned>(Opcode::Add) +
                            static_cast<unsigned>(binary.getKind()));
    instruction.left = numbers.lookup(binary.getLeft());
    instruction.right = numbers.lookup(binary.getRight());
  } else {
    return op.emitOpError("is no instruction of a chain");
  }
  numbers[op.getResult(0)] = chain.instructions.size();
  chain.instructions.push_back(instruction);
  return success();
}

/// The nodes that a chain comes from, in the order of its instructions.
void Exporter::addOrigins(ChainOp chain) {
  llvm::SmallSetVector<uint32_t, 4> origins;
  chain.walk<WalkOrder::PreOrder>([&](Operation *op) {
    for (StringRef node : garam::getNodeIds(op->getLoc()))
      origins.insert(nodes.insert({node, nodes.size()}).first->second);
  });
  result.debug.origins.front().emplace_back(origins.begin(), origins.end());
}

/// What `garam run --keep-intermediates` can show.
void Exporter::addValue(ChainOp chain, Address address) {
  std::optional<garam::NodeValue> value = garam::getNodeValue(chain.getLoc());
  if (!value)
    return;
  garam::DeviceValue &made = result.debug.values.emplace_back();
  made.name = value->name;
  llvm::append_range(made.type.shape, value->type.getShape());
  garam::ValuePiece &piece = made.pieces.emplace_back();
  piece.memory = address.segment;
  piece.offset = address.offset;
  piece.sizes = made.type.shape;
  piece.low.assign(piece.sizes.size(), 0);
  piece.strides.assign(piece.sizes.size(), elementBytes);
  for (int dim = static_cast<int>(piece.sizes.size()) - 2; dim >= 0; --dim)
    piece.strides[dim] = piece.strides[dim + 1] * piece.sizes[dim + 1];
  piece.lastWrites.push_back(
      {/*lane=*/0, /*command=*/static_cast<uint32_t>(program.chains.size())});
}

LogicalResult Exporter::addChain(ChainOp op) {
  FailureOr<Address> address = getAddress(op, op);
  if (failed(address))
    return failure();
  Chain chain;
  chain.row = op.getRow();
  chain.elements = llvm::SaturatingMultiply<uint64_t>(
      op.getType().getNumElements(), chain.row);
  chain.result = *address;
  Block &body = op.getBody().front();
  for (Operation &inner : body.without_terminator())
    if (failed(addInstruction(inner, chain)))
      return failure();
  chain.stored = numbers.lookup(body.getTerminator()->getOperand(0));
  if (address->segment == first.scratch)
    scratchBytes =
        std::max(scratchBytes, address->offset + getBytes(op.getType()));
  addOrigins(op);
  addValue(op, *address);
  program.chains.push_back(std::move(chain));
  return success();
}

LogicalResult Exporter::checkResults() {
  Operation *terminator = function.front().getTerminator();
  for (auto [i, value] : llvm::enumerate(terminator->getOperands())) {
    FailureOr<Address> address = getAddress(value, terminator);
    if (failed(address))
      return failure();
    if (address->segment != first.outputs + i || address->offset != 0)
      return function.emitError() << "result " << i << " is not at the start "
                                  << "of segment " << first.outputs + i;
  }
  return success();
}

void Exporter::addSegments() {
  auto add = [&](MemoryRole role, uint64_t size, const Twine &name) {
    program.segments.push_back({role, size, name.str()});
  };
  if (first.inputs != 0)
    add(MemoryRole::Constant, weightBytes, "weights");
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
    add(MemoryRole::Input, getBytes(type), "input" + Twine(i));
  for (auto [i, type] : llvm::enumerate(function.getResultTypes()))
    add(MemoryRole::Output, getBytes(type), "output" + Twine(i));
  if (scratchBytes != 0)
    add(MemoryRole::Scratch, scratchBytes, "scratch");
}

FailureOr<DeviceProgram> Exporter::run(const Machine &machine) {
  result.debug.origins.emplace_back();
  for (auto weight : function.getOps<WeightOp>())
    if (failed(addWeight(weight)))
      return failure();
  for (auto chain : function.getOps<ChainOp>())
    if (failed(addChain(chain)))
      return failure();
  if (failed(checkResults()))
    return failure();
  addSegments();
  if (llvm::Error error = checkProgram(program, machine))
    return function.emitError()
           << "the program does not work: " << llvm::toString(std::move(error));

  result.code = encode(program);
  result.segments = program.segments;
  for (auto [node, number] : nodes)
    result.debug.nodes.push_back(node.str());
  for (const auto &[i, segment] : llvm::enumerate(program.segments))
    result.plan.push_back({("segment " + llvm::Twine(i)).str(),
                           /*isOnChip=*/false, /*offset=*/0, segment.size,
                           segment.name});
  for (const Chain &chain : program.chains)
    result.bound.macs += chain.countMACs();
  result.bound.computeSeconds =
      result.bound.macs / (machine.lanes * machine.clockHz);
  result.bound.weightBytes = weightBytes;
  result.bound.peakBytesPerSecond = machine.memoryBytesPerSecond;
  return std::move(result);
}

FailureOr<DeviceProgram> exportProgram(func::FuncOp function,
                                       const Machine &machine) {
  return Exporter(function).run(machine);
}

} // namespace abacus
