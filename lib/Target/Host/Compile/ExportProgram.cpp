//===- ExportProgram.cpp - From kernels to a host program -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Host/Compile.h"

#include "ConstantWriter.h"
#include "MemoryPlanner.h"
#include "garam/Support/NodeIds.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace garam::host {
namespace {

/// Where a tensor lies.
struct Place {
  uint32_t segment = 0;
  uint64_t offset = 0, size = 0;
};

class Exporter {
public:
  Exporter(func::FuncOp function, const LoweredKernels &kernels,
           Program &program)
      : function(function), kernels(kernels), program(program) {}

  LogicalResult run();
  DeviceProgram result;

private:
  LogicalResult addConstants();
  uint32_t addSegment(MemoryRole role, uint64_t size, const Twine &name);
  void addInputsAndOutputs();
  void findLastUses();
  void addKernel(KernelOp kernel, unsigned number);
  void placeResults(KernelOp kernel);
  void addArgument(Step &step, const Place &place, bool isWritten);
  void releaseAfter(Operation *op);
  SmallVector<uint32_t, 1> getNodes(Location loc);
  void planRegion(const Place &place, Location loc);
  void addValue(KernelOp kernel, uint32_t step);

  func::FuncOp function;
  const LoweredKernels &kernels;
  Program &program;
  llvm::DenseMap<Value, Place> places;
  MemoryPlanner scratch;
  uint32_t scratchSegment = 0;
  /// Results in scratch memory, by the kernel that uses them last.
  llvm::DenseMap<Operation *, SmallVector<Value>> lastUses;
  llvm::StringMap<uint32_t> nodeNumbers;
};

} // namespace

/// The tensor whose memory `value` is: reshapes move nothing.
static Value getBase(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<KernelOp>(op) || op->getNumOperands() == 0)
      break;
    value = op->getOperand(0);
  }
  return value;
}

static uint64_t getByteSize(Value value) {
  return getByteSize(cast<RankedTensorType>(value.getType()));
}

uint32_t Exporter::addSegment(MemoryRole role, uint64_t size,
                              const Twine &name) {
  program.segments.push_back({role, size, name.str()});
  return program.segments.size() - 1;
}

/// Each constant once, however often it is used.
LogicalResult Exporter::addConstants() {
  llvm::DenseMap<Attribute, uint64_t> offsets;
  uint64_t size = 0;
  for (Operation &op : function.front()) {
    ElementsAttr value;
    if (!matchPattern(&op, m_Constant(&value)))
      continue;
    if (!isLoaded(value))
      return op.emitError("holds weights whose elements are not loaded");
    uint64_t bytes = getByteSize(op.getResult(0));
    auto [position, isNew] = offsets.try_emplace(value, size);
    places[op.getResult(0)] = {/*segment=*/0, position->second, bytes};
    if (!isNew)
      continue;
    result.constants.push_back(
        {size, bytes, [value](llvm::MutableArrayRef<uint8_t> to) {
           writeElements(value, to);
         }});
    size = llvm::alignTo(size + bytes, bufferAlignment);
  }
  if (size != 0)
    addSegment(MemoryRole::Constant, size, "constants");
  return success();
}

static std::string getName(ArrayAttr all, unsigned number, StringRef fallback) {
  if (all)
    if (auto attrs = dyn_cast<DictionaryAttr>(all[number]))
      if (auto name = attrs.getAs<StringAttr>("onnx.name"))
        return name.str();
  return (fallback + Twine(number)).str();
}

void Exporter::addInputsAndOutputs() {
  for (BlockArgument argument : function.getArguments()) {
    std::string name =
        getName(function.getArgAttrsAttr(), argument.getArgNumber(), "input");
    uint64_t size = getByteSize(argument);
    places[argument] = {addSegment(MemoryRole::Input, size, name), 0, size};
  }
  for (OpOperand &operand : function.front().getTerminator()->getOpOperands()) {
    std::string name = getName(function.getResAttrsAttr(),
                               operand.getOperandNumber(), "output");
    uint64_t size = getByteSize(operand.get());
    places[getBase(operand.get())] = {
        addSegment(MemoryRole::Output, size, name), 0, size};
  }
}

void Exporter::findLastUses() {
  llvm::DenseMap<Value, Operation *> last;
  for (auto kernel : function.getOps<KernelOp>()) {
    for (Value result : kernel.getResults())
      last[result] = kernel;
    for (Value input : kernel.getInputs())
      if (Value base = getBase(input); base.getDefiningOp<KernelOp>())
        last[base] = kernel;
  }
  for (auto kernel : function.getOps<KernelOp>())
    for (Value result : kernel.getResults())
      if (!places.count(result))
        lastUses[last[result]].push_back(result);
}

SmallVector<uint32_t, 1> Exporter::getNodes(Location loc) {
  SmallVector<uint32_t, 1> numbers;
  for (StringRef id : getNodeIds(loc)) {
    auto [position, isNew] =
        nodeNumbers.try_emplace(id, result.debug.nodes.size());
    if (isNew)
      result.debug.nodes.push_back(id.str());
    numbers.push_back(position->second);
  }
  return numbers;
}

void Exporter::planRegion(const Place &place, Location loc) {
  SmallVector<StringRef> nodes = getNodeIds(loc);
  PlannedRegion region;
  region.memory = "segment 'scratch'";
  region.offset = place.offset;
  region.size = place.size;
  region.name = nodes.empty() ? "" : nodes.front().str();
  result.plan.push_back(std::move(region));
}

void Exporter::placeResults(KernelOp kernel) {
  for (Value value : kernel.getResults()) {
    if (places.count(value))
      continue;
    uint64_t size = getByteSize(value);
    places[value] = {scratchSegment, scratch.allocate(size), size};
    planRegion(places[value], kernel.getLoc());
  }
}

void Exporter::addArgument(Step &step, const Place &place, bool isWritten) {
  step.arguments.push_back(
      {place.segment, place.offset, place.size, isWritten});
}

static std::optional<DataType> getDataType(Type type, bool isUnsigned) {
  if (type.isF16())
    return DataType::Float16;
  if (type.isBF16())
    return DataType::BFloat16;
  if (type.isF32())
    return DataType::Float32;
  if (type.isF64())
    return DataType::Float64;
  switch (type.getIntOrFloatBitWidth()) {
  case 1:
    return DataType::Bool;
  case 8:
    return isUnsigned ? DataType::UInt8 : DataType::Int8;
  case 16:
    return isUnsigned ? DataType::UInt16 : DataType::Int16;
  case 32:
    return isUnsigned ? DataType::UInt32 : DataType::Int32;
  case 64:
    return isUnsigned ? DataType::UInt64 : DataType::Int64;
  default:
    return std::nullopt;
  }
}

/// The output of a node that a kernel has made when it is done: what follows
/// are reshapes at most.
void Exporter::addValue(KernelOp kernel, uint32_t step) {
  std::optional<NodeValue> value = getNodeValue(kernel.getLoc());
  if (!value || kernel->getNumResults() != 1 || !value->type.hasStaticShape())
    return;
  Value tensor = kernel.getResults().front();
  auto type = cast<RankedTensorType>(tensor.getType());
  Type element = value->type.getElementType();
  bool isSameKind =
      isa<FloatType>(element) == isa<FloatType>(type.getElementType());
  std::optional<DataType> dataType =
      getDataType(type.getElementType(), element.isUnsignedInteger());
  if (!dataType || !isSameKind ||
      type.getNumElements() != value->type.getNumElements())
    return;
  DeviceValue &result = this->result.debug.values.emplace_back();
  result.name = value->name;
  ArrayRef<int64_t> shape = value->type.getShape();
  result.type = {*dataType, llvm::SmallVector<int64_t, 4>(shape)};
  const Place &place = places.at(tensor);
  ValuePiece piece;
  piece.memory = place.segment;
  piece.offset = place.offset;
  piece.low.assign(shape.size(), 0);
  piece.sizes.assign(shape.begin(), shape.end());
  piece.strides = getDenseStrides(result.type);
  piece.lastWrites.push_back({/*lane=*/0, step, /*execution=*/1});
  result.pieces.push_back(std::move(piece));
}

void Exporter::releaseAfter(Operation *op) {
  for (Value value : lastUses.lookup(op))
    scratch.release(places[value].offset, places[value].size);
}

void Exporter::addKernel(KernelOp kernel, unsigned number) {
  Step step;
  step.kernel = kernels.numbers[number];
  step.work = countWork(kernel);
  placeResults(kernel);
  for (Value input : kernel.getInputs())
    addArgument(step, places.at(getBase(input)), /*isWritten=*/false);
  for (Value value : kernel.getResults())
    addArgument(step, places.at(value), /*isWritten=*/true);
  if (uint64_t size = kernels.scratchBytes[step.kernel]) {
    Place place{scratchSegment, scratch.allocate(size), size};
    addArgument(step, place, /*isWritten=*/true);
    planRegion(place, kernel.getLoc());
    scratch.release(place.offset, size);
  }
  releaseAfter(kernel);
  program.steps.push_back(std::move(step));
  result.debug.origins.front().push_back(getNodes(kernel.getLoc()));
  addValue(kernel, program.steps.size() - 1);
}

LogicalResult Exporter::run() {
  if (failed(addConstants()))
    return failure();
  addInputsAndOutputs();
  scratchSegment = program.segments.size();
  findLastUses();
  result.debug.origins.emplace_back();
  for (const auto &[number, kernel] :
       llvm::enumerate(function.getOps<KernelOp>()))
    addKernel(kernel, number);
  if (scratch.getSize() != 0)
    addSegment(MemoryRole::Scratch, scratch.getSize(), "scratch");
  program.numKernels = kernels.scratchBytes.size();
  result.segments = program.segments;
  return success();
}

uint64_t countConstantBytes(func::FuncOp function) {
  llvm::DenseSet<Attribute> known;
  uint64_t bytes = 0;
  for (Operation &op : function.front()) {
    ElementsAttr value;
    if (matchPattern(&op, m_Constant(&value)) && known.insert(value).second)
      bytes += getByteSize(op.getResult(0));
  }
  return bytes;
}

FailureOr<DeviceProgram> exportProgram(func::FuncOp function,
                                       const LoweredKernels &kernels,
                                       Program &program) {
  Exporter exporter(function, kernels, program);
  if (failed(exporter.run()))
    return failure();
  return std::move(exporter.result);
}

} // namespace garam::host
