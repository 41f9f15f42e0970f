//===- NPUCommandOps.cpp - Commands of the NPU on buffers -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/IR/NPU.h"

#include "garam/Target/NPU/Machine/ISA.h"

#include "llvm/ADT/TypeSwitch.h"

#include <limits>

using namespace mlir;

namespace garam::npu {

static LogicalResult verifyCore(Operation *op, int64_t core) {
  if (core < 0 || core >= static_cast<int64_t>(maxCores))
    return op->emitOpError("needs a core of 0 to ")
           << maxCores - 1 << ", got: " << core;
  return success();
}

static LogicalResult verifySizes(Operation *op, ArrayRef<int64_t> sizes,
                                 size_t most, StringRef what) {
  if (sizes.size() > most)
    return op->emitOpError("has at most ")
           << most << " " << what << ", got: " << sizes.size();
  for (int64_t size : sizes)
    if (size < 1 || size > std::numeric_limits<uint32_t>::max())
      return op->emitOpError("needs ")
             << what << " of 1 to 2^32 - 1, got: " << size;
  return success();
}

/// npu.loop operations around `op`.
static size_t getLoopDepth(Operation *op) {
  size_t depth = 0;
  while ((op = op->getParentOfType<LoopOp>()))
    ++depth;
  return depth;
}

/// Strides of at most the loops around `op`.
static LogicalResult verifyLoopStrides(Operation *op, ArrayRef<int64_t> loops,
                                       size_t depth) {
  if (loops.size() > depth)
    return op->emitOpError("has strides for ")
           << loops.size() << " loops and is in " << depth;
  return success();
}

/// A launch parameter has a number below maxLaunchParameters; whether it is
/// declared is seen when the program is exported.
static LogicalResult verifyParameter(Operation *op, int64_t parameter) {
  if (parameter < 0 || parameter >= static_cast<int64_t>(maxLaunchParameters))
    return op->emitOpError("needs a launch parameter of 0 to ")
           << maxLaunchParameters - 1 << ", got: " << parameter;
  return success();
}

/// That the ISA's field for `what` holds its value.
template <typename Field>
static LogicalResult verifyField(Operation *op, int64_t value, StringRef what) {
  using Limits = std::numeric_limits<Field>;
  if (value >= int64_t(Limits::min()) && value <= int64_t(Limits::max()))
    return success();
  return op->emitOpError("needs ") << what << " of " << Limits::min() << " to "
                                   << Limits::max() << ", got: " << value;
}

template <typename Field>
static LogicalResult verifyFields(Operation *op, ArrayRef<int64_t> values,
                                  StringRef what) {
  for (int64_t value : values)
    if (failed(verifyField<Field>(op, value, what)))
      return failure();
  return success();
}

/// That byte distances are no longer than addresses are, and so add up.
static LogicalResult verifyBytes(Operation *op, ArrayRef<int64_t> distances,
                                 StringRef what) {
  for (int64_t distance : distances)
    if (distance < -maxAddress || distance > maxAddress)
      return op->emitOpError("needs ")
             << what << " of -2^56 to 2^56 bytes, got: " << distance;
  return success();
}

/// That the fields of the ISA hold what `attr` says: see Address and Guard.
static LogicalResult verifyRanges(Operation *op, DescriptorAttr attr) {
  if (failed(verifyBytes(op, attr.getOffset(), "descriptor offsets")) ||
      failed(verifyBytes(op, attr.getStrides(), "strides")) ||
      failed(verifyBytes(op, attr.getLoops(), "loop strides")))
    return failure();
  if (ParameterTermAttr term = attr.getTerm())
    if (failed(verifyBytes(op, term.getStride(), "parameter strides")))
      return failure();
  for (GuardAttr guard : attr.getGuards())
    if (failed(verifyField<int32_t>(op, guard.getStart(), "guard starts")) ||
        failed(verifyField<uint32_t>(op, guard.getExtent(), "guard extents")) ||
        failed(verifyFields<int32_t>(op, guard.getCoefficients(),
                                     "guard coefficients")) ||
        failed(verifyFields<int32_t>(op, guard.getLoops(),
                                     "loop strides of guards")))
      return failure();
  return success();
}

/// One descriptor an operand; descriptor i walks at most `dims[i]` dimensions.
static LogicalResult verifyDescriptors(Operation *op, ArrayAttr descriptors,
                                       ArrayRef<size_t> dims) {
  if (descriptors.size() != dims.size())
    return op->emitOpError("needs one descriptor an operand, got: ")
           << descriptors.size() << " for " << dims.size() << " operands";
  size_t depth = getLoopDepth(op);
  for (auto [attribute, most] : llvm::zip(descriptors, dims)) {
    auto descriptor = cast<DescriptorAttr>(attribute);
    if (descriptor.getStrides().size() > most)
      return op->emitOpError("walks ")
             << most << " dimensions with an operand, got strides for "
             << descriptor.getStrides().size();
    if (descriptor.getGuards().size() > maxGuards)
      return op->emitOpError("has at most ")
             << maxGuards
             << " guards an operand, got: " << descriptor.getGuards().size();
    if (failed(verifyLoopStrides(op, descriptor.getLoops(), depth)))
      return failure();
    if (ParameterTermAttr term = descriptor.getTerm())
      if (failed(verifyParameter(op, term.getParameter())))
        return failure();
    for (GuardAttr guard : descriptor.getGuards()) {
      if (failed(verifyLoopStrides(op, guard.getLoops(), depth)))
        return failure();
      if (guard.getCoefficients().size() != descriptor.getStrides().size())
        return op->emitOpError("needs guards with one coefficient a stride");
    }
    if (failed(verifyRanges(op, descriptor)))
      return failure();
  }
  return success();
}

/// Every buffer operand is an npu.buffer; in local memory it lies in `core`
/// unless the engine reaches other cores' memory (DMA).
static LogicalResult verifyBuffers(Operation *op, std::optional<int64_t> core) {
  for (Value operand : op->getOperands()) {
    if (!isa<BufferType>(operand.getType()))
      continue;
    BufferOp buffer = LoopOp::resolve(operand);
    if (!buffer)
      return op->emitOpError("needs operands that are npu.buffer");
    std::optional<ArrayRef<int64_t>> cores = buffer.getCores();
    if (core && cores && !llvm::is_contained(*cores, *core))
      return op->emitOpError("runs on core ")
             << *core << ", whose memory does not hold an operand";
    if (core && !cores)
      return op->emitOpError("reaches its own core's memory only");
  }
  return success();
}

LogicalResult BufferOp::verify() {
  bool isLocal = getSpace() == SpaceKind::local;
  bool isDRAM = getSpace() == SpaceKind::dram;
  auto size = static_cast<int64_t>(getSize());
  if (size < 0 || size > maxAddress)
    return emitOpError("needs a size of 0 to 2^56 bytes, got: ") << size;
  if (auto offset = static_cast<int64_t>(getOffset().value_or(0));
      offset < 0 || offset > maxAddress)
    return emitOpError("needs an offset of 0 to 2^56, got: ") << offset;
  if (isLocal != getCores().has_value())
    return emitOpError("needs 'cores' in local memory, and only there");
  if (isLocal && getCores()->empty())
    return emitOpError("needs at least one core");
  for (int64_t core : getCores().value_or(ArrayRef<int64_t>()))
    if (failed(verifyCore(*this, core)))
      return failure();
  if (isDRAM != getSegment().has_value())
    return emitOpError("needs 'segment' in DRAM, and only there");
  if (isDRAM && *getSegment() >= maxSegments)
    return emitOpError("needs a segment of 0 to ")
           << maxSegments - 1
           << ", got: " << static_cast<int64_t>(*getSegment());
  if (getParts() && !isDRAM)
    return emitOpError("holds constants outside of DRAM");
  if (getResident() && isDRAM)
    return emitOpError("is resident in DRAM, where nothing else is possible");
  return success();
}

LogicalResult ParameterOp::verify() {
  auto maximum = static_cast<int64_t>(getMaximum());
  if (maximum < 0 || maximum > std::numeric_limits<uint32_t>::max())
    return emitOpError("needs a maximum of 0 to 2^32 - 1, got: ") << maximum;
  return success();
}

LogicalResult ValueOp::verify() {
  auto type = cast<RankedTensorType>(getType());
  if (!type.hasStaticShape() || !findElementKind(type.getElementType(), false))
    return emitOpError("needs a tensor of numbers with a fixed shape, got: ")
           << type;
  if (getViews().size() != getBuffers().size())
    return emitOpError("needs one view a buffer, got: ")
           << getViews().size() << " != " << getBuffers().size();
  if (failed(verifyBuffers(*this, std::nullopt)))
    return failure();
  size_t rank = type.getRank();
  for (auto view : getViews().getAsRange<ViewAttr>()) {
    if (view.getStrides().size() != rank || view.getLow().size() != rank ||
        view.getHigh().size() != rank)
      return emitOpError("needs views of ") << rank << " dimensions";
    for (auto [low, high, size] :
         llvm::zip(view.getLow(), view.getHigh(), type.getShape()))
      if (low < 0 || low >= high || high > size)
        return emitOpError("needs boxes that are not empty and lie in ")
               << type << ", got: [" << low << ", " << high << ")";
  }
  return success();
}

LogicalResult MicroProgramOp::verify() {
  Block &body = getBody().front();
  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (!yield)
    return emitOpError("ends its body with npu.yield");
  if (getCombiners().empty() != getFinish().empty())
    return emitOpError("has a finish region when it has combiners");
  if (getCombiners().empty())
    return success();
  if (yield.getNumOperands() != getCombiners().size())
    return emitOpError("yields one value a combiner, got: ")
           << yield.getNumOperands() << " != " << getCombiners().size();
  Block &finish = getFinish().front();
  size_t numInputs = getFinishInputs() ? getFinishInputs()->size() : 0;
  if (finish.getNumArguments() != getCombiners().size() + numInputs)
    return emitOpError("takes the sums and the finish inputs in 'finish', "
                       "got arguments: ")
           << finish.getNumArguments()
           << " != " << getCombiners().size() + numInputs;
  if (!isa<YieldOp>(finish.getTerminator()))
    return emitOpError("ends 'finish' with npu.yield");
  for (int64_t input : getFinishInputs().value_or(ArrayRef<int64_t>()))
    if (input < 0 || input >= body.getNumArguments())
      return emitOpError("names a finish input of 0 to ")
             << body.getNumArguments() - 1 << ", got: " << input;
  return success();
}

LogicalResult TensorCommandOp::verify() {
  if (failed(verifyCore(*this, getCore())) ||
      failed(verifySizes(*this, getRows(), maxRowDims, "row sizes")) ||
      failed(verifySizes(*this, getReduction(), maxReductionDims,
                         "reduction sizes")) ||
      failed(
          verifySizes(*this, static_cast<int64_t>(getColumns()), 1, "columns")))
    return failure();
  if (getUnitRows().size() > maxRowDims)
    return emitOpError("divides at most ")
           << maxRowDims << " row dimensions, got: " << getUnitRows().size();
  for (int64_t parts : getUnitRows())
    if (failed(verifyField<uint16_t>(*this, parts, "'unit_rows'")))
      return failure();
  if (failed(
          verifyField<uint16_t>(*this, getUnitColumns(), "'unit_columns'")) ||
      failed(
          verifyField<uint16_t>(*this, getUnitReduction(), "'unit_reduction'")))
    return failure();
  if (failed(verifyBuffers(*this, getCore())))
    return failure();
  if (!getOutput() && (getBias() || getScale() || getResidual()))
    return emitOpError("has an epilogue only with an output");
  size_t rows = getRows().size(), reduction = getReduction().size();
  SmallVector<size_t> dims = {rows + reduction, reduction + 1};
  if (getBias())
    dims.push_back(1);
  if (getScale())
    dims.push_back(1);
  if (getResidual())
    dims.push_back(rows + 1);
  if (getOutput())
    dims.push_back(rows + 1);
  return verifyDescriptors(*this, getDescriptors(), dims);
}

LogicalResult VectorCommandOp::verify() {
  if (failed(verifyCore(*this, getCore())) ||
      failed(verifySizes(*this, getSizes(), maxDims, "sizes")))
    return failure();
  if (getInputs().size() > maxVectorInputs ||
      getOutputs().size() > maxVectorOutputs)
    return emitOpError("takes at most ")
           << maxVectorInputs << " inputs and " << maxVectorOutputs
           << " outputs, got: " << getInputs().size() << " and "
           << getOutputs().size();
  if (getNumReductions() > getSizes().size())
    return emitOpError("reduces at most its ")
           << getSizes().size() << " dimensions, got: " << getNumReductions();
  if (failed(verifyBuffers(*this, getCore())))
    return failure();
  auto program = getProgram().getDefiningOp<MicroProgramOp>();
  if (!program)
    return emitOpError("needs a program that is npu.micro_program");
  if (program.getBody().getNumArguments() != getInputs().size())
    return emitOpError("needs one input an argument of its program, got: ")
           << getInputs().size()
           << " != " << program.getBody().getNumArguments();
  SmallVector<size_t> dims(getInputs().size() + getOutputs().size(),
                           getSizes().size());
  if (failed(verifyDescriptors(*this, getDescriptors(), dims)))
    return failure();
  return verifyRegisters();
}

/// The copies that a transfer reads and writes exist.
static LogicalResult verifyCopies(DMACommandOp op) {
  auto holds = [](Value buffer, int64_t core) {
    std::optional<ArrayRef<int64_t>> cores = LoopOp::resolve(buffer).getCores();
    return !cores || llvm::is_contained(*cores, core);
  };
  int64_t sourceCore = op.getSourceCore().value_or(op.getCore());
  if (op.getSource() && !holds(op.getSource(), sourceCore))
    return op.emitOpError("reads core ")
           << sourceCore << "'s memory, which does not hold the source";
  for (int64_t core : op.getReceivers().value_or(ArrayRef<int64_t>()))
    if (!holds(op.getDestination(), core))
      return op.emitOpError("writes core ")
             << core << "'s memory, which does not hold the destination";
  if (op.getIndices() && !holds(op.getIndices(), op.getCore()))
    return op.emitOpError("has its indices in another core's memory");
  return success();
}

LogicalResult DMACommandOp::verify() {
  if (failed(verifyCore(*this, getCore())) ||
      failed(verifySizes(*this, getSizes(), maxDims, "sizes")))
    return failure();
  if (!llvm::is_contained({1, 2, 4, 8},
                          static_cast<int64_t>(getElementBytes())))
    return emitOpError("moves elements of 1, 2, 4 or 8 bytes, got: ")
           << getElementBytes();
  if (failed(verifyBuffers(*this, std::nullopt)))
    return failure();
  if (failed(verifyCopies(*this)))
    return failure();
  if (!getSource() && !getFillBits())
    return emitOpError("needs a source or 'fill_bits'");
  if (bool(getIndices()) != getIndirectDim().has_value() ||
      bool(getIndices()) != getIndirectLimit().has_value())
    return emitOpError(
        "needs 'indirect_dim' and 'indirect_limit' with indices, and only "
        "with them");
  if (getIndirectDim() && *getIndirectDim() >= getSizes().size())
    return emitOpError("follows indices along dimension ")
           << *getIndirectDim() << " of " << getSizes().size();
  if (getIndirectLimit() &&
      failed(verifyField<uint32_t>(*this, *getIndirectLimit(),
                                   "an 'indirect_limit'")))
    return failure();
  for (int64_t core : getReceivers().value_or(ArrayRef<int64_t>()))
    if (failed(verifyCore(*this, core)))
      return failure();
  SmallVector<size_t> dims;
  if (getSource())
    dims.push_back(getSizes().size());
  dims.push_back(getSizes().size());
  if (getIndices())
    dims.push_back(1);
  return verifyDescriptors(*this, getDescriptors(), dims);
}

static LogicalResult verifySemaphore(Operation *op, uint64_t semaphore,
                                     uint64_t count) {
  if (semaphore >= maxSemaphores)
    return op->emitOpError("needs a semaphore of 0 to ")
           << maxSemaphores - 1 << ", got: " << semaphore;
  if (count < 1 || count > maxSemaphoreCount)
    return op->emitOpError("needs a count of 1 to ")
           << maxSemaphoreCount << ", got: " << count;
  return success();
}

LogicalResult WaitOp::verify() {
  if (failed(verifyCore(*this, getCore())))
    return failure();
  return verifySemaphore(*this, getSemaphore(), getCount());
}

LogicalResult SignalOp::verify() {
  if (failed(verifyCore(*this, getCore())) ||
      failed(verifyCore(*this, getTargetCore())))
    return failure();
  return verifySemaphore(*this, getSemaphore(), getCount());
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

LogicalResult SetupOp::verifyRegions() {
  for (Operation &op : getBody().front()) {
    auto copy = dyn_cast<DMACommandOp>(op);
    if (!copy || !copy.getSource() || copy.getIndices())
      return op.emitOpError("is in an npu.setup, which holds copies only");
    if (!LoopOp::resolve(copy.getSource()).getParts())
      return copy.emitOpError("brings no constants in an npu.setup");
    if (!LoopOp::resolve(copy.getDestination()).getResident())
      return copy.emitOpError("fills a buffer in an npu.setup that is not "
                              "resident");
  }
  return success();
}

BufferOp LoopOp::resolve(Value value, ArrayRef<int64_t> turns) {
  while (auto argument = dyn_cast<BlockArgument>(value)) {
    auto loop = dyn_cast<LoopOp>(argument.getOwner()->getParentOp());
    if (!loop)
      return nullptr;
    int64_t turn = turns.empty() ? 0 : turns[getLoopDepth(loop)];
    size_t number = argument.getArgNumber() * loop.getCount() + turn;
    if (number >= loop.getBuffers().size())
      return nullptr;
    value = loop.getBuffers()[number];
  }
  return value.getDefiningOp<BufferOp>();
}

/// The queue of a command, as the attributes of `op` say.
static std::pair<int64_t, EngineKind> getCoreAndEngine(Operation *op) {
  return TypeSwitch<Operation *, std::pair<int64_t, EngineKind>>(op)
      .Case([](TensorCommandOp command) {
        return std::make_pair(int64_t(command.getCore()), EngineKind::tensor);
      })
      .Case([](VectorCommandOp command) {
        return std::make_pair(int64_t(command.getCore()), EngineKind::vector);
      })
      .Case([](DMACommandOp command) {
        return std::make_pair(int64_t(command.getCore()), EngineKind::dma);
      })
      .Case<WaitOp, SignalOp, LoopOp>([](auto command) {
        return std::make_pair(int64_t(command.getCore()), command.getEngine());
      })
      .Default(std::make_pair(int64_t(-1), EngineKind::tensor));
}

/// All buffers of an argument lie in the memory of the first one.
static LogicalResult verifyTurns(LoopOp loop, unsigned argument) {
  BufferOp first;
  for (Value value : loop.getBuffers(argument)) {
    BufferOp buffer = LoopOp::resolve(value);
    if (!buffer)
      return loop.emitOpError("needs operands that are npu.buffer");
    if (!first)
      first = buffer;
    if (buffer.getSpace() != first.getSpace() ||
        buffer.getCoresAttr() != first.getCoresAttr() ||
        buffer.getSegmentAttr() != first.getSegmentAttr())
      return loop.emitOpError("stays in one memory with argument ")
             << argument << ", but its buffers lie in several";
  }
  return success();
}

LogicalResult LoopOp::verify() {
  auto count = static_cast<int64_t>(getCount());
  if (failed(verifyCore(*this, getCore())))
    return failure();
  if (count < 1 || count > std::numeric_limits<uint32_t>::max())
    return emitOpError("needs a count of 1 to 2^32 - 1, got: ") << count;
  if (getParameter() && failed(verifyParameter(*this, *getParameter())))
    return failure();
  if (size_t depth = getLoopDepth(*this); depth >= maxLoopDepth)
    return emitOpError("nests at most ") << maxLoopDepth << " deep";
  Block &body = getBody().front();
  if (getBuffers().size() != body.getNumArguments() * getCount())
    return emitOpError("needs one buffer a turn and argument, got: ")
           << getBuffers().size() << " != " << body.getNumArguments() << " * "
           << count;
  for (unsigned i = 0; i < body.getNumArguments(); ++i)
    if (failed(verifyTurns(*this, i)))
      return failure();
  for (Operation &op : body)
    if (getCoreAndEngine(&op) !=
        std::make_pair(int64_t(getCore()), getEngine()))
      return emitOpError("repeats commands of its own queue only, got: ")
             << op.getName();
  return success();
}

} // namespace garam::npu
