//===- ExportProgram.cpp - From kernels to a host program -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Host/Compile.h"

#include "ConstantWriter.h"
#include "garam/MemoryPlanning/MemoryPlanner.h"
#include "garam/Support/DataTypes.h"
#include "garam/Support/NodeIds.h"
#include "garam/Support/RawElements.h"
#include "garam/Target/DebugMapBuilder.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace garam::host {
namespace {

/// Offsets from which every type and vector can be read without crossing a
/// cache line more than it must.
constexpr uint64_t bufferAlignment = 64;

/// Steps of the memory planner's search, a fraction of a second: scratch memory
/// should be small, but nothing fails if it is not.
constexpr uint64_t maxPlannerSteps = 5000;

/// Where a tensor lies.
struct Place {
  uint32_t segment = 0;
  uint64_t offset = 0, size = 0;
};

/// What shares the scratch segment, with when it does.
struct ScratchBuffers {
  void add(KernelOp kernel, Value result, uint64_t size, int64_t first,
           int64_t last);

  struct Owner {
    KernelOp kernel;
    Value result;
    uint64_t size;
  };
  std::vector<Owner> owners;
  std::vector<memory::Buffer> buffers; // of each owner; time counts kernels
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
  ScratchBuffers getScratchBuffers();
  LogicalResult planScratch();
  void addKernel(KernelOp kernel, unsigned number);
  void addArgument(Step &step, const Place &place, bool isWritten);
  void planRegion(const Place &place, Location loc);
  void addValue(KernelOp kernel, uint32_t step);

  func::FuncOp function;
  const LoweredKernels &kernels;
  Program &program;
  llvm::DenseMap<Value, Place> places;
  DebugMapBuilder debug;
};

} // namespace

/// The tensor whose memory `value` is: reshapes move nothing.
static Value getBase(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<KernelOp, PermuteOp>(op) || op->getNumOperands() == 0)
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

/// Whether weights are read as they are, and not only in another order.
static bool isReadAsItIs(Value weights) {
  return llvm::any_of(weights.getUsers(), [](Operation *user) {
    if (isa<PermuteOp>(user))
      return false;
    return isa<KernelOp>(user) || user->getNumResults() == 0 ||
           isReadAsItIs(user->getResult(0));
  });
}

/// What tells an order of elements from others.
static Attribute getOrder(PermuteOp permute) {
  return ArrayAttr::get(permute.getContext(),
                        {permute.getPermutationAttr(),
                         TypeAttr::get(permute.getSource().getType())});
}

/// Writes `weights` in the order of `permute`, or as they are if that is null.
static std::function<void(llvm::MutableArrayRef<uint8_t>)>
makeWriter(ElementsAttr weights, PermuteOp permute) {
  // The operations may be gone by then, attributes are not.
  bool isInOrder = !permute || getRawElements(weights)->isSplat;
  if (isInOrder)
    return [weights](llvm::MutableArrayRef<uint8_t> to) {
      writeElements(weights, to);
    };
  auto source = cast<RankedTensorType>(permute.getSource().getType());
  DenseI64ArrayAttr permutation = permute.getPermutationAttr();
  return [weights, source, permutation](llvm::MutableArrayRef<uint8_t> to) {
    writePermuted(*getRawElements(weights), to.size() / source.getNumElements(),
                  source.getShape(), permutation, to);
  };
}

/// Each constant once in each order, however often it is used.
LogicalResult Exporter::addConstants() {
  llvm::DenseMap<std::pair<Attribute, Attribute>, uint64_t> offsets;
  uint64_t size = 0;
  for (Operation &op : function.front()) {
    auto permute = dyn_cast<PermuteOp>(op);
    ElementsAttr value;
    Operation *weights =
        permute ? getBase(permute.getSource()).getDefiningOp() : &op;
    if (!weights || !matchPattern(weights, m_Constant(&value))) {
      if (permute)
        return op.emitOpError("permutes what is no weight");
      continue;
    }
    if (!getRawElements(value))
      return op.emitError("holds weights whose elements are not loaded");
    if (!permute && !isReadAsItIs(op.getResult(0)))
      continue;
    uint64_t bytes = getByteSize(op.getResult(0));
    // The sizes and the order of what is permuted, which no other type has.
    auto [position, isNew] = offsets.try_emplace(
        {value, permute ? getOrder(permute) : Attribute()}, size);
    places[op.getResult(0)] = {/*segment=*/0, position->second, bytes};
    if (!isNew)
      continue;
    result.constants.push_back({size, bytes, makeWriter(value, permute)});
    size = llvm::alignTo(size + bytes, bufferAlignment);
  }
  if (size != 0)
    addSegment(MemoryRole::Constant, size, "constants");
  return success();
}

static std::string getName(ArrayAttr all, unsigned number, StringRef fallback) {
  if (all)
    if (auto attrs = dyn_cast<DictionaryAttr>(all[number]))
      if (auto name = attrs.getAs<StringAttr>(valueNameAttrName))
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

/// A buffer without elements takes a place too: it has an address.
void ScratchBuffers::add(KernelOp kernel, Value result, uint64_t size,
                         int64_t first, int64_t last) {
  memory::Buffer buffer;
  buffer.lower = first;
  buffer.upper = last + 1;
  buffer.size = llvm::alignTo(std::max<uint64_t>(size, 1), bufferAlignment);
  buffer.alignment = bufferAlignment;
  owners.push_back({kernel, result, size});
  buffers.push_back(std::move(buffer));
}

/// The number of the kernel that uses each result last.
static llvm::DenseMap<Value, int64_t> findLastUses(func::FuncOp function) {
  llvm::DenseMap<Value, int64_t> last;
  for (auto [number, kernel] : llvm::enumerate(function.getOps<KernelOp>())) {
    for (Value result : kernel.getResults())
      last[result] = number;
    for (Value input : kernel.getInputs())
      if (Value base = getBase(input); base.getDefiningOp<KernelOp>())
        last[base] = number;
  }
  return last;
}

ScratchBuffers Exporter::getScratchBuffers() {
  ScratchBuffers scratch;
  llvm::DenseMap<Value, int64_t> lastUses = findLastUses(function);
  for (auto [number, kernel] : llvm::enumerate(function.getOps<KernelOp>())) {
    for (Value result : kernel.getResults())
      if (!places.count(result))
        scratch.add(kernel, result, getByteSize(result), number,
                    lastUses.lookup(result));
  }
  return scratch;
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

LogicalResult Exporter::planScratch() {
  ScratchBuffers scratch = getScratchBuffers();
  if (scratch.buffers.empty())
    return success();
  memory::PlannerOptions options;
  options.maxSteps = maxPlannerSteps;
  llvm::Expected<memory::MemoryPlan> plan =
      memory::planMemory(scratch.buffers, options);
  if (!plan)
    return function.emitError() << llvm::toString(plan.takeError());
  uint32_t segment = addSegment(MemoryRole::Scratch, plan->height, "scratch");
  for (auto [owner, offset] : llvm::zip_equal(scratch.owners, plan->offsets)) {
    Place place{segment, static_cast<uint64_t>(offset), owner.size};
    planRegion(place, owner.kernel.getLoc());
    places[owner.result] = place;
  }
  return success();
}

void Exporter::addArgument(Step &step, const Place &place, bool isWritten) {
  step.arguments.push_back(
      {place.segment, place.offset, place.size, isWritten});
}

/// The output of a node that a kernel has made when it is done: what follows
/// are reshapes at most.
void Exporter::addValue(KernelOp kernel, uint32_t step) {
  std::optional<NodeValue> node = getNodeValue(kernel.getLoc());
  if (!node || kernel->getNumResults() != 1)
    return;
  Value tensor = kernel.getResults().front();
  auto type = cast<RankedTensorType>(tensor.getType());
  std::optional<DataType> dataType = getDataType(
      type.getElementType(), node->type.getElementType().isUnsignedInteger());
  if (!dataType)
    return;
  const Place &place = places.at(tensor);
  DenseValue value;
  value.segment = place.segment;
  value.offset = place.offset;
  value.type = *dataType;
  value.command = step;
  debug.addValue(kernel.getLoc(), type.getNumElements(), value);
}

void Exporter::addKernel(KernelOp kernel, unsigned number) {
  Step step;
  step.kernel = kernels.numbers[number];
  step.work = countWork(kernel);
  for (Value input : kernel.getInputs())
    addArgument(step, places.at(getBase(input)), /*isWritten=*/false);
  for (Value value : kernel.getResults())
    addArgument(step, places.at(value), /*isWritten=*/true);
  program.steps.push_back(std::move(step));
  addValue(kernel,
           debug.addCommand(/*lane=*/0, debug.getNodes(kernel.getLoc())));
}

LogicalResult Exporter::run() {
  if (failed(addConstants()))
    return failure();
  addInputsAndOutputs();
  if (failed(planScratch()))
    return failure();
  for (const auto &[number, kernel] :
       llvm::enumerate(function.getOps<KernelOp>()))
    addKernel(kernel, number);
  program.kernels = kernels.kernels;
  result.segments = program.segments;
  result.debug = debug.take(/*lanes=*/1);
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
