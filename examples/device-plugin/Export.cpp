//===- Export.cpp - From planned chains to a program ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Export.h"

#include "Program.h"
#include "garam/Support/RawElements.h"
#include "garam/Target/DebugMapBuilder.h"

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
  void addOrigins(ChainOp chain, Address address);
  LogicalResult checkResults();
  void addSegments();

  func::FuncOp function;
  Segments first;
  Program program;
  DeviceProgram result;
  uint64_t weightBytes = 0, scratchBytes = 0;
  /// Numbers of a chain's instructions.
  llvm::DenseMap<Value, uint32_t> numbers;
  garam::DebugMapBuilder debug;
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

/// A weight at `offset` of segment 0. It is written from where it is now,
/// without a copy, once the binary is.
static FailureOr<garam::DeviceConstant> makeConstant(WeightOp weight,
                                                     uint64_t offset) {
  uint64_t size = getBytes(weight.getType());
  std::optional<garam::RawElements> elements =
      garam::getRawElements(weight.getValue());
  if (!elements)
    return weight.emitOpError("has a value that is not there");
  auto shape = cast<ShapedType>(weight.getValue().getType()).getShape();
  auto write = [elements = *elements, shape,
                permutation = weight.getPermutation()](
                   llvm::MutableArrayRef<uint8_t> to) {
    garam::writePermuted(elements, elementBytes, shape, permutation, to);
  };
  return garam::DeviceConstant{offset, size, write};
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

/// What the chain's nodes are, and which output of one it makes: `garam run
/// --keep-intermediates` can show that.
void Exporter::addOrigins(ChainOp chain, Address address) {
  SmallVector<Location> locs;
  chain.walk<WalkOrder::PreOrder>(
      [&](Operation *op) { locs.push_back(op->getLoc()); });
  garam::DenseValue value;
  value.segment = address.segment;
  value.offset = address.offset;
  value.command = debug.addCommand(
      /*lane=*/0, debug.getNodes(FusedLoc::get(chain.getContext(), locs)));
  debug.addValue(chain.getLoc(), chain.getType().getNumElements(), value);
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
  addOrigins(op, *address);
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
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitError("needed a function of one block");
  for (auto weight : function.getOps<WeightOp>())
    if (failed(addWeight(weight)))
      return failure();
  for (auto chain : function.getOps<ChainOp>())
    if (failed(addChain(chain)))
      return failure();
  if (failed(checkResults()))
    return failure();
  addSegments();
  if (uint64_t bytes = program.countBytes(); bytes > machine.memoryBytes)
    return garam::emitRefusal(
        {function, "it needs " + Twine(bytes) + " bytes of memory, '" +
                       machine.name + "' has " + Twine(machine.memoryBytes)});
  if (llvm::Error error = checkProgram(program, machine))
    return function.emitError()
           << "the program does not work: " << llvm::toString(std::move(error));

  result.code = encode(program);
  result.segments = program.segments;
  result.debug = debug.take(/*lanes=*/1);
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
