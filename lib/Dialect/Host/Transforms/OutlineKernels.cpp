//===- OutlineKernels.cpp - Makes functions on buffers of kernels ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Host/Transforms/Passes.h"

#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "garam/Transforms/BodyHash.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_HOSTOUTLINEKERNELS
#include "garam/Dialect/Host/Transforms/Passes.h.inc"

namespace host {

std::string getKernelName(unsigned number) {
  return ("garam_kernel_" + Twine(number)).str();
}

/// The same for kernels whose functions are the same: weights are not in them.
static llvm::hash_code hashKernel(KernelOp kernel) {
  TypeRange types = kernel.getBody().getArgumentTypes();
  return llvm::hash_combine(
      llvm::hash_combine_range(types.begin(), types.end()), hashBodies(kernel));
}

static bool haveOneFunction(KernelOp left, KernelOp right) {
  return OperationEquivalence::isRegionEquivalentTo(
      &left.getBody(), &right.getBody(), OperationEquivalence::IgnoreLocations);
}

KernelNumbers numberKernels(func::FuncOp function) {
  KernelNumbers result;
  llvm::DenseMap<size_t, SmallVector<uint32_t, 1>> known; // by hash
  for (auto kernel : function.getOps<KernelOp>()) {
    SmallVector<uint32_t, 1> &alike = known[hashKernel(kernel)];
    auto same = llvm::find_if(alike, [&](uint32_t number) {
      return haveOneFunction(result.kernels[number], kernel);
    });
    if (same == alike.end()) {
      alike.push_back(result.kernels.size());
      same = std::prev(alike.end());
      result.kernels.push_back(kernel);
    }
    result.numbers.push_back(*same);
  }
  return result;
}

static bool isEmpty(Type type) {
  return llvm::is_contained(cast<RankedTensorType>(type).getShape(), 0);
}

/// A tensor without elements has nothing to read or to write: any shape of its
/// buffer does, and one of a single dimension has a stride other than 0, which
/// pointers in place of memrefs need.
static MemRefType getBufferType(RankedTensorType tensor) {
  return isEmpty(tensor)
             ? MemRefType::get({0}, tensor.getElementType())
             : MemRefType::get(tensor.getShape(), tensor.getElementType());
}

/// What a kernel's body works on in place of a buffer.
static Value makeTensor(OpBuilder &builder, Value buffer, Location loc,
                        RankedTensorType type) {
  if (isEmpty(type))
    return tensor::EmptyOp::create(builder, loc, type.getShape(),
                                   type.getElementType());
  return bufferization::ToTensorOp::create(builder, loc, type, buffer,
                                           /*restrict=*/true,
                                           /*writable=*/false);
}

/// The bytes of a buffer, of which a kernel makes a memref of sizes of run
/// time.
static MemRefType getBytesType(RankedTensorType tensor) {
  constexpr int64_t bitsPerByte = 8;
  int64_t width =
      llvm::divideCeil(tensor.getElementTypeBitWidth(), bitsPerByte);
  return MemRefType::get({tensor.getNumElements() * width},
                         IntegerType::get(tensor.getContext(), bitsPerByte));
}

/// The front of a buffer that is given as bytes.
static Value makeView(OpBuilder &builder, Location loc, Value bytes,
                      RankedTensorType type, ValueRange sizes) {
  Value start = arith::ConstantIndexOp::create(builder, loc, 0);
  return memref::ViewOp::create(
      builder, loc, MemRefType::get(type.getShape(), type.getElementType()),
      bytes, start, sizes);
}

namespace {

/// Makes the body of a function of that of a kernel.
class BodyBuilder {
public:
  BodyBuilder(KernelOp kernel, Block *entry, OpBuilder &builder)
      : kernel(kernel), body(kernel.getBody().front()), entry(entry),
        builder(builder), loc(kernel.getLoc()) {}

  void run();

private:
  void cloneScalars();
  void addInputs();
  void addOutputViews();
  Value getStored(unsigned number);
  void store(unsigned number);
  void storeParts(Value value, Value target);
  void storeTo(Value value, Value target);

  KernelOp kernel;
  Block &body;
  Block *entry;
  OpBuilder &builder;
  Location loc;
  IRMapping mapping;
  SmallVector<Value> views; // of results that are placed in buffers, or null
};

} // namespace

/// Whether a kernel takes the front of an input, and not the whole.
static bool takesFront(BlockArgument argument) {
  return llvm::any_of(argument.getUsers(), llvm::IsaPred<ext::TakeFrontOp>);
}

static ext::PlaceFrontOp getPlacement(KernelOp kernel, unsigned number) {
  return kernel.getBody()
      .front()
      .getTerminator()
      ->getOperand(number)
      .getDefiningOp<ext::PlaceFrontOp>();
}

void BodyBuilder::addInputs() {
  for (BlockArgument argument : body.getArguments()) {
    BlockArgument buffer = entry->getArgument(argument.getArgNumber());
    auto type = cast<RankedTensorType>(argument.getType());
    if (!takesFront(argument))
      mapping.map(argument, makeTensor(builder, buffer, loc, type));
    else if (!llvm::all_of(argument.getUsers(),
                           llvm::IsaPred<ext::TakeFrontOp>))
      mapping.map(argument,
                  makeTensor(builder, makeView(builder, loc, buffer, type, {}),
                             loc, type));
  }
}

/// Sizes come first: what is computed goes to views that are there.
void BodyBuilder::cloneScalars() {
  for (Operation &op : body.without_terminator()) {
    bool isScalar =
        op.getNumRegions() == 0 &&
        llvm::none_of(op.getResultTypes(), llvm::IsaPred<ShapedType>) &&
        llvm::all_of(op.getOperands(),
                     [&](Value operand) { return mapping.contains(operand); });
    if (isScalar)
      builder.clone(op, mapping);
  }
}

void BodyBuilder::addOutputViews() {
  for (unsigned number = 0; number < kernel->getNumResults(); ++number) {
    views.emplace_back();
    ext::PlaceFrontOp placement = getPlacement(kernel, number);
    if (!placement)
      continue;
    SmallVector<Value> sizes = llvm::map_to_vector(
        placement.getSizes(), [&](Value size) { return mapping.lookup(size); });
    views.back() = makeView(
        builder, loc, entry->getArgument(kernel->getNumOperands() + number),
        cast<RankedTensorType>(placement.getSource().getType()), sizes);
  }
}

/// The insertions, the last first, that make `value` one after the other, each
/// of what only the next goes on with.
static SmallVector<tensor::InsertSliceOp> getInsertions(Value value) {
  SmallVector<tensor::InsertSliceOp> insertions;
  auto insertion = value.getDefiningOp<tensor::InsertSliceOp>();
  while (insertion && insertion->hasOneUse()) {
    insertions.push_back(insertion);
    insertion = insertion.getDest().getDefiningOp<tensor::InsertSliceOp>();
  }
  return insertions;
}

/// Whether nothing has written the elements of `value`.
static bool isUnwritten(Value value) {
  Operation *op = value.getDefiningOp();
  while (isa_and_present<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op))
    op = op->getOperand(0).getDefiningOp();
  return isa_and_present<tensor::EmptyOp>(op);
}

void BodyBuilder::storeTo(Value value, Value target) {
  auto store = bufferization::MaterializeInDestinationOp::create(
      builder, loc, /*result=*/Type(), value, target);
  store.setRestrict(true);
  store.setWritable(true);
}

/// What insertions place beside each other is stored part by part, each where
/// it belongs: bufferization compares each insertion of a row with all others.
void BodyBuilder::storeParts(Value value, Value target) {
  SmallVector<tensor::InsertSliceOp> insertions = getInsertions(value);
  Value rest = insertions.empty() ? value : insertions.back().getDest();
  if (!isUnwritten(rest))
    storeTo(mapping.lookup(rest), target);
  auto map = [&](ArrayRef<OpFoldResult> sizes) {
    return llvm::map_to_vector(sizes, [&](OpFoldResult size) {
      auto computed = dyn_cast<Value>(size);
      return computed ? OpFoldResult(mapping.lookup(computed)) : size;
    });
  };
  for (tensor::InsertSliceOp insertion : llvm::reverse(insertions)) {
    if (isEmpty(insertion.getSourceType()))
      continue;
    auto offsets = map(insertion.getMixedOffsets());
    auto sizes = map(insertion.getMixedSizes());
    auto strides = map(insertion.getMixedStrides());
    MemRefType type = memref::SubViewOp::inferRankReducedResultType(
        insertion.getSourceType().getShape(),
        cast<MemRefType>(target.getType()), offsets, sizes, strides);
    Value part = memref::SubViewOp::create(builder, loc, type, target, offsets,
                                           sizes, strides);
    storeTo(mapping.lookup(insertion.getSource()), part);
  }
}

Value BodyBuilder::getStored(unsigned number) {
  if (views[number])
    return getPlacement(kernel, number).getSource();
  return body.getTerminator()->getOperand(number);
}

void BodyBuilder::store(unsigned number) {
  if (isEmpty(kernel->getResult(number).getType()))
    return;
  unsigned argument = kernel->getNumOperands() + number;
  storeParts(getStored(number),
             views[number] ? views[number] : entry->getArgument(argument));
}

void BodyBuilder::run() {
  addInputs();
  cloneScalars();
  addOutputViews();
  llvm::DenseSet<Operation *> insertions;
  for (unsigned number = 0; number < kernel->getNumResults(); ++number)
    for (tensor::InsertSliceOp insertion : getInsertions(getStored(number)))
      insertions.insert(insertion);
  for (Operation &op : body.without_terminator()) {
    if (isa<ext::PlaceFrontOp>(op) || insertions.contains(&op) ||
        (op.getNumResults() != 0 && mapping.contains(op.getResult(0))))
      continue;
    auto front = dyn_cast<ext::TakeFrontOp>(op);
    auto argument =
        front ? dyn_cast<BlockArgument>(front.getSource()) : BlockArgument();
    if (!argument) {
      builder.clone(op, mapping);
      continue;
    }
    SmallVector<Value> sizes = llvm::map_to_vector(
        front.getSizes(), [&](Value size) { return mapping.lookup(size); });
    RankedTensorType type = front.getResult().getType();
    Value view = makeView(
        builder, loc, entry->getArgument(argument.getArgNumber()), type, sizes);
    mapping.map(front.getResult(), makeTensor(builder, view, loc, type));
  }
  for (unsigned number = 0; number < kernel->getNumResults(); ++number)
    store(number);
}

func::FuncOp outlineKernel(KernelOp kernel, StringRef name, ModuleOp module) {
  Location loc = kernel.getLoc();
  auto builder = OpBuilder::atBlockEnd(module.getBody());
  SmallVector<Type> types;
  auto addBuffer = [&](Type type, bool isBytes) {
    auto tensor = cast<RankedTensorType>(type);
    types.push_back(isBytes ? getBytesType(tensor) : getBufferType(tensor));
  };
  for (BlockArgument argument : kernel.getBody().front().getArguments())
    addBuffer(argument.getType(), takesFront(argument));
  for (auto [number, type] : llvm::enumerate(kernel.getResultTypes()))
    addBuffer(type, getPlacement(kernel, number) != nullptr);
  auto function = func::FuncOp::create(builder, loc, name,
                                       builder.getFunctionType(types, {}));
  // Results lie nowhere else; inputs that lie in one place are only read.
  for (unsigned i = 0; i < types.size(); ++i)
    function.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                        builder.getUnitAttr());

  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  BodyBuilder(kernel, entry, builder).run();
  func::ReturnOp::create(builder, loc);
  return function;
}

} // namespace host

namespace {

struct HostOutlineKernels : impl::HostOutlineKernelsBase<HostOutlineKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    unsigned next = 0;
    for (auto function : llvm::to_vector(module.getOps<func::FuncOp>())) {
      for (host::KernelOp kernel : host::numberKernels(function).kernels)
        host::outlineKernel(kernel, host::getKernelName(next++), module);
      function.erase();
    }
  }
};

} // namespace
} // namespace garam
