//===- LowerToStreams.cpp - From kernels to streams -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"
#include "Machine.h"
#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "garam/Dialect/PIM/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace garam {
#define GEN_PASS_DEF_PIMLOWERTOSTREAMS
#include "garam/Dialect/PIM/Transforms/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::pim {

MicroKernelOp createMicroKernel(OpBuilder &builder, mlir::Location loc,
                                const MachineDescription &machine,
                                ArrayRef<Instruction> instructions) {
  auto kernel = MicroKernelOp::create(
      builder, loc, MicroKernelType::get(builder.getContext()),
      machine.hasPipeline);
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&kernel.getBody());
  for (const Instruction &instruction : instructions)
    createInstruction(builder, loc, instruction);
  return kernel;
}

SmallVector<int64_t> getStrides(RankedTensorType type, AffineMap map) {
  SmallVector<int64_t> strides(map.getNumDims(), 0);
  int64_t stride = 1;
  for (auto [size, expr] :
       llvm::reverse(llvm::zip_equal(type.getShape(), map.getResults()))) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      strides[dim.getPosition()] = stride;
    stride *= size;
  }
  return strides;
}

namespace {

class FunctionLowering {
public:
  FunctionLowering(func::FuncOp function, const MachineDescription &machine)
      : function(function), machine(machine), builder(function.getContext()) {}

  LogicalResult run();

private:
  LogicalResult check();
  template <typename Visit>
  void forEachKernel(Visit visit);
  Value createSegment(SegmentKind kind, StringRef name, int64_t size);
  void createSegments();
  void createScratch();
  TensorHome getHome(Value value);
  void writeConstants(const LoweringContext &context);

  func::FuncOp function;
  const MachineDescription &machine;
  OpBuilder builder;
  SmallVector<Operation *> kernels;
  SmallVector<ConstantPlaces> places; // of each
  Value constants;
  llvm::DenseMap<Value, TensorHome> homes;
};

} // namespace

/// The value whose bytes `value` has.
static Value getSource(Value value) {
  while (Operation *definition = value.getDefiningOp()) {
    if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(definition))
      break;
    value = definition->getOperand(0);
  }
  return value;
}

static int64_t getByteSize(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getNumElements() * tensor.getElementTypeBitWidth() / 8;
}

LogicalResult FunctionLowering::check() {
  for (Operation &op : function.getBody().front()) {
    auto gemv = dyn_cast<GemvOp>(op);
    auto elementwise = dyn_cast<ElementwiseOp>(op);
    if ((gemv && !gemv.getPlacement()) ||
        (elementwise && !elementwise.getPlacement()))
      return op.emitOpError("has no place in the banks");
    if (elementwise && elementwise.getPlacement()->getOperands().size() !=
                           elementwise.getOperands().size())
      return op.emitOpError("has places for another number of operands");
    if (gemv || elementwise)
      kernels.push_back(&op);
    else if (!isa<func::ReturnOp, tensor::CollapseShapeOp,
                  tensor::ExpandShapeOp>(op) &&
             !op.hasTrait<OpTrait::ConstantLike>())
      return op.emitOpError("is no kernel of HBM-PIM");
  }
  return checkPlaces(kernels, machine);
}

template <typename Visit>
void FunctionLowering::forEachKernel(Visit visit) {
  for (auto [kernel, place] : llvm::zip_equal(kernels, places)) {
    if (auto gemv = dyn_cast<GemvOp>(kernel))
      visit(gemv, place);
    else
      visit(cast<ElementwiseOp>(kernel), place);
  }
}

Value FunctionLowering::createSegment(SegmentKind kind, StringRef name,
                                      int64_t size) {
  return SegmentOp::create(builder, function.getLoc(),
                           SegmentType::get(builder.getContext()), kind, name,
                           size);
}

void FunctionLowering::createSegments() {
  places.resize(kernels.size());
  int64_t bursts = 0;
  forEachKernel([&](auto kernel, ConstantPlaces &place) {
    bursts += countConstants(kernel, machine, bursts, place);
  });
  if (bursts != 0)
    constants =
        createSegment(SegmentKind::constant, "weights", bursts * bytesPerBurst);
  for (BlockArgument argument : function.getArguments())
    homes[argument] = {
        createSegment(SegmentKind::input,
                      ("input " + Twine(argument.getArgNumber())).str(),
                      getByteSize(argument.getType())),
        0, getElementTypeOrSelf(argument.getType())};
  Operation *terminator = function.getBody().front().getTerminator();
  for (OpOperand &result : terminator->getOpOperands())
    homes[getSource(result.get())] = {
        createSegment(SegmentKind::output,
                      ("output " + Twine(result.getOperandNumber())).str(),
                      getByteSize(result.get().getType())),
        0, getElementTypeOrSelf(result.get().getType())};
}

/// What is no result of the function lies in scratch memory.
void FunctionLowering::createScratch() {
  SmallVector<Value> values;
  int64_t size = 0;
  for (Operation *kernel : kernels) {
    Value value = kernel->getResult(0);
    if (homes.contains(value))
      continue;
    homes[value] = {Value(), size, getElementTypeOrSelf(value.getType())};
    values.push_back(value);
    size += llvm::alignTo(getByteSize(value.getType()), bytesPerBurst);
  }
  if (size == 0)
    return;
  Value scratch = createSegment(SegmentKind::scratch, "scratch", size);
  for (Value value : values)
    homes[value].segment = scratch;
}

TensorHome FunctionLowering::getHome(Value value) {
  return homes.lookup(getSource(value));
}

void FunctionLowering::writeConstants(const LoweringContext &context) {
  if (!constants)
    return;
  forEachKernel([&](auto kernel, const ConstantPlaces &place) {
    packConstants(kernel, context, place);
  });
  SmallVector<mlir::Location> locs;
  for (Operation *kernel : kernels)
    locs.push_back(kernel->getLoc());
  StreamBuilder setup(builder, machine, /*rank=*/0);
  setup.phase(builder.getFusedLoc(locs), "weights", /*isSetup=*/true, [&] {
    forEachKernel([&](auto kernel, const ConstantPlaces &place) {
      StreamBuilder stream(builder, machine, kernel.getPlacement()->getRank());
      pim::writeConstants(kernel, context, stream, place);
    });
  });
}

LogicalResult FunctionLowering::run() {
  if (failed(check()))
    return failure();
  Block &body = function.getBody().front();
  SmallVector<Operation *> old;
  for (Operation &op : body)
    old.push_back(&op);
  builder.setInsertionPoint(body.getTerminator());
  createSegments();
  createScratch();
  auto home = [this](Value value) { return getHome(value); };
  LoweringContext context = {builder, machine, home, constants};
  writeConstants(context);
  forEachKernel([&](auto kernel, const ConstantPlaces &place) {
    lowerKernel(kernel, context, place);
  });
  func::ReturnOp::create(builder, function.getLoc());
  for (Operation *op : llvm::reverse(old))
    op->erase();

  FunctionType type = function.getFunctionType();
  function.removeArgAttrsAttr();
  function.removeResAttrsAttr();
  function->setAttr(hetero::loweredAttrName, TypeAttr::get(type));
  body.eraseArguments(0, body.getNumArguments());
  function.setFunctionType(FunctionType::get(function.getContext(), {}, {}));
  return success();
}

LogicalResult lowerToStreams(func::FuncOp function,
                             const MachineDescription &machine) {
  return FunctionLowering(function, machine).run();
}

} // namespace garam::pim

namespace {

struct PIMLowerToStreams
    : garam::impl::PIMLowerToStreamsBase<PIMLowerToStreams> {
  using PIMLowerToStreamsBase::PIMLowerToStreamsBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    auto machine = garam::pim::loadMachine(getOperation(), target);
    if (failed(machine) ||
        failed(garam::pim::lowerToStreams(getOperation(), *machine)))
      signalPassFailure();
  }
};

} // namespace
