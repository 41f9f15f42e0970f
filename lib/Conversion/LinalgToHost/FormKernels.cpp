//===- FormKernels.cpp - Makes each structured operation a kernel ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/LinalgToHost/Passes.h"

#include "Support.h"
#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "garam/Dialect/Host/IR/Host.h"
#include "garam/Support/NodeIds.h"
#include "garam/Transforms/MostIterations.h"
#include "garam/Transforms/SizeAnalysis.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_HOSTFORMKERNELS
#include "garam/Conversion/LinalgToHost/Passes.h.inc"

namespace host {
namespace {

class KernelFormer {
public:
  explicit KernelFormer(func::FuncOp function) : function(function) {}

  LogicalResult run();

private:
  bool isCheap(Operation *op);
  bool isRoot(Operation &op);
  LogicalResult checkRoot(Operation *op);
  void gather(Operation *op, SetVector<Operation *> &members,
              SetVector<Value> &inputs);
  SmallVector<Value> findTogether(Operation *root);
  void formKernel(ArrayRef<Value> computed);
  void separateResults();
  void computeSizes(SizeAnalysis &analysis);
  LogicalResult holdSizes(SizeAnalysis &analysis);
  LogicalResult holdResult(SizeAnalysis &analysis, OpResult result);
  void viewBuffers(SizeAnalysis &analysis);
  void eraseDead();

  func::FuncOp function;
  llvm::DenseMap<Operation *, bool> cheap;
};

} // namespace

static bool hasTensorResult(Operation *op) {
  return llvm::any_of(op->getResultTypes(), llvm::IsaPred<RankedTensorType>);
}

/// The same elements under another shape.
static bool isView(Operation *op) {
  return isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::ReshapeOp,
             tensor::CastOp>(op);
}

/// The tensor whose memory `value` is.
static Value getBase(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isView(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// What every kernel that needs it computes for itself.
bool KernelFormer::isCheap(Operation *op) {
  auto [position, isNew] = cheap.try_emplace(op, false);
  if (!isNew)
    return position->second;
  bool result = false;
  // The front of a buffer has its address.
  if (isa<tensor::EmptyOp, ext::TakeFrontOp>(op))
    result = true;
  else if (isView(op) || isa<linalg::FillOp>(op)) {
    Value destination = op->getOperands().back();
    Operation *source = isView(op) ? op->getOperand(0).getDefiningOp()
                                   : destination.getDefiningOp();
    result = source && isCheap(source);
  } else {
    result = !hasTensorResult(op) && isPure(op);
  }
  return cheap[op] = result;
}

/// An insertion whose result only another one goes on with.
static bool isPartOfInsertion(Operation *op) {
  if (!isa<tensor::InsertSliceOp>(op) || !op->hasOneUse())
    return false;
  OpOperand &use = *op->use_begin();
  auto next = dyn_cast<tensor::InsertSliceOp>(use.getOwner());
  return next && &next.getDestMutable() == &use;
}

static bool hasStaticShape(Value value) {
  auto type = dyn_cast<ShapedType>(value.getType());
  return !type || type.hasStaticShape();
}

/// What makes tensors of sizes of run time, which are placed in their buffers;
/// it may make others, too.
static bool isPartOfPlacement(Operation *op) {
  return !isView(op) && !isa<ext::TakeFrontOp>(op) &&
         !op->hasTrait<OpTrait::ConstantLike>() &&
         !llvm::all_of(op->getResults(), hasStaticShape) &&
         llvm::all_of(op->getResults(), [](Value result) {
           return hasStaticShape(result) ||
                  (!result.use_empty() &&
                   llvm::all_of(result.getUsers(),
                                llvm::IsaPred<ext::PlaceFrontOp>));
         });
}

static bool isReturned(Operation *op) {
  return llvm::any_of(op->getUsers(), [](Operation *user) {
    return user->hasTrait<OpTrait::IsTerminator>();
  });
}

bool KernelFormer::isRoot(Operation &op) {
  if (op.hasTrait<OpTrait::IsTerminator>() ||
      op.hasTrait<OpTrait::ConstantLike>() || isa<KernelOp, PermuteOp>(op))
    return false;
  if (isCheap(&op))
    return hasTensorResult(&op) && isReturned(&op);
  return !isView(&op) && !isPartOfInsertion(&op) && !isPartOfPlacement(&op);
}

/// Loops and branches are kernels whole, with all that is in them.
static bool isControlFlow(Operation *op) {
  return isa<scf::ForOp, scf::IfOp>(op);
}

LogicalResult KernelFormer::checkRoot(Operation *op) {
  if (isa<linalg::LinalgOp, tensor::InsertSliceOp, tensor::ExtractSliceOp,
          tensor::InsertOp, tensor::FromElementsOp, tensor::EmptyOp,
          arith::SelectOp, ext::PlaceFrontOp>(op) ||
      isControlFlow(op) || isCheap(op))
    return success();
  return emitRefusal({op, "it is no structured operation on tensors"});
}

/// Adds `op`, and what it needs of cheap operations, to `members`; what else it
/// needs, to `inputs`.
void KernelFormer::gather(Operation *op, SetVector<Operation *> &members,
                          SetVector<Value> &inputs) {
  SmallVector<Operation *> open{op};
  members.insert(op);
  while (!open.empty()) {
    Operation *next = open.pop_back_val();
    SetVector<Value> used(next->operand_begin(), next->operand_end());
    getUsedValuesDefinedAbove(next->getRegions(), used);
    for (Value value : used) {
      Operation *producer = value.getDefiningOp();
      bool isScalarConstant = producer &&
                              producer->hasTrait<OpTrait::ConstantLike>() &&
                              !hasTensorResult(producer);
      if (producer &&
          (isScalarConstant || isCheap(producer) ||
           isPartOfInsertion(producer) ||
           (isPartOfPlacement(producer) && isa<ext::PlaceFrontOp>(next)))) {
        if (members.insert(producer))
          open.push_back(producer);
      } else {
        inputs.insert(value);
      }
    }
  }
}

/// Names all nodes that `root` carries out: what is fused into a body has the
/// nodes in the locations of its operations. The root's own comes last, as of
/// the result.
static Location getKernelLoc(Operation *root) {
  SetVector<Location> locs;
  llvm::StringSet<> known;
  for (StringRef id : getNodeIds(root->getLoc()))
    known.insert(id);
  root->walk([&](Operation *op) {
    if (op == root || op->hasTrait<OpTrait::ConstantLike>())
      return;
    bool isNew = false;
    for (StringRef id : getNodeIds(op->getLoc()))
      isNew |= known.insert(id).second;
    if (isNew)
      locs.insert(dropNodeValue(op->getLoc()));
  });
  if (locs.empty())
    return root->getLoc();
  locs.insert(root->getLoc());
  return FusedLoc::get(root->getContext(), locs.getArrayRef());
}

/// What the kernel of `root` computes: its results, or all results of the
/// operation whose results are placed in buffers, these first.
SmallVector<Value> KernelFormer::findTogether(Operation *root) {
  auto placement = dyn_cast<ext::PlaceFrontOp>(root);
  Operation *source =
      placement ? placement.getSource().getDefiningOp() : nullptr;
  if (!source || !isPartOfPlacement(source))
    return llvm::to_vector_of<Value>(root->getResults());
  SetVector<Operation *> placements;
  SmallVector<Value> others;
  for (Value result : source->getResults()) {
    if (!hasStaticShape(result))
      placements.insert(result.user_begin(), result.user_end());
    else if (!result.use_empty())
      others.push_back(result);
  }
  SmallVector<Operation *> ordered = placements.takeVector();
  llvm::sort(ordered, [](Operation *left, Operation *right) {
    return left->isBeforeInBlock(right);
  });
  SmallVector<Value> computed;
  for (Operation *each : ordered)
    computed.push_back(cast<ext::PlaceFrontOp>(each).getResult());
  computed.append(others);
  return computed;
}

/// All but cheap operations that `computed` needs come before what makes its
/// first value.
void KernelFormer::formKernel(ArrayRef<Value> computed) {
  SetVector<Operation *> roots;
  for (Value result : computed)
    roots.insert(result.getDefiningOp());
  Operation *root = roots.front();
  SetVector<Operation *> members;
  SetVector<Value> inputs;
  for (Operation *each : roots)
    gather(each, members, inputs);
  SmallVector<Operation *> ordered = members.takeVector();
  llvm::sort(ordered, [](Operation *left, Operation *right) {
    return left->isBeforeInBlock(right);
  });

  OpBuilder builder(root);
  auto kernel =
      KernelOp::create(builder, getKernelLoc(root),
                       TypeRange(ValueRange(computed)), inputs.getArrayRef());
  Block *body = builder.createBlock(&kernel.getBody());
  IRMapping mapping;
  for (Value input : inputs)
    mapping.map(input, body->addArgument(input.getType(), input.getLoc()));
  for (Operation *member : ordered)
    builder.clone(*member, mapping);
  SmallVector<Value> results;
  for (Value result : computed)
    results.push_back(mapping.lookup(result));
  YieldOp::create(builder, root->getLoc(), results);
  for (auto [result, value] : llvm::zip_equal(computed, kernel->getResults()))
    Value(result).replaceAllUsesWith(value);
  for (Operation *each : roots)
    each->erase();
}

/// Copies returned tensors that have no memory of their own.
void KernelFormer::separateResults() {
  Operation *terminator = function.front().getTerminator();
  OpBuilder builder(terminator);
  llvm::DenseSet<Value> taken;
  for (OpOperand &operand : terminator->getOpOperands()) {
    Value base = getBase(operand.get());
    Operation *producer = base.getDefiningOp();
    bool isComputed = producer && !producer->hasTrait<OpTrait::ConstantLike>();
    if (isComputed && taken.insert(base).second)
      continue;
    auto type = cast<RankedTensorType>(operand.get().getType());
    Location loc = operand.get().getLoc();
    Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                          type.getElementType());
    auto copy = linalg::CopyOp::create(builder, loc, operand.get(), empty);
    operand.set(copy.getResult(0));
  }
}

/// Whether `op` places what comes beside a result that is used: it is in the
/// way of that without a buffer.
static bool isBesideUsed(Operation *op) {
  auto placement = dyn_cast<ext::PlaceFrontOp>(op);
  Operation *source =
      placement ? placement.getSource().getDefiningOp() : nullptr;
  return source && llvm::any_of(source->getUsers(), [](Operation *user) {
           return !isa<ext::PlaceFrontOp>(user) || !user->use_empty();
         });
}

void KernelFormer::eraseDead() {
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(function.front())))
    if (isOpTriviallyDead(&op) && !isBesideUsed(&op))
      op.erase();
}

/// Places a result of a size of run time in a buffer of its greatest one, whose
/// front others take.
LogicalResult KernelFormer::holdResult(SizeAnalysis &analysis,
                                       OpResult result) {
  auto type = cast<RankedTensorType>(result.getType());
  RankedTensorType buffer = analysis.getLargestType(result);
  Operation *op = result.getOwner();
  if (!buffer)
    return emitRefusal({op,
                        "it makes a tensor with more elements than can be "
                        "counted",
                        "give the dimensions lower bounds"});
  bool isPlaced =
      result.hasOneUse() && isa<ext::PlaceFrontOp>(*result.user_begin());
  if (isPlaced)
    return success();
  OpBuilder builder(op);
  Location loc = op->getLoc();
  SmallVector<Value> sizes;
  for (auto [dim, size] : llvm::enumerate(analysis.getSizes(result)))
    if (type.isDynamicDim(dim))
      sizes.push_back(analysis.makeIndex(builder, loc, size));
  builder.setInsertionPointAfter(op);
  auto place = ext::PlaceFrontOp::create(builder, loc, buffer, result, sizes);
  auto take = ext::TakeFrontOp::create(builder, loc, type, place, sizes);
  result.replaceAllUsesExcept(take, place);
  return success();
}

/// `base` with other sizes.
static Value makeView(OpBuilder &builder, Location loc, Value base,
                      RankedTensorType type, ValueRange sizes) {
  if (auto fill = base.getDefiningOp<linalg::FillOp>()) {
    Value empty = makeView(builder, loc, fill.output(), type, sizes);
    return linalg::FillOp::create(builder, loc, fill.value(), empty)
        .getResult(0);
  }
  if (base.getDefiningOp<tensor::EmptyOp>())
    return tensor::EmptyOp::create(builder, loc, type, sizes);
  if (auto front = base.getDefiningOp<ext::TakeFrontOp>())
    base = front.getSource();
  return ext::TakeFrontOp::create(builder, loc, type, base, sizes);
}

/// Views of tensors of sizes of run time become fronts of the same buffers,
/// whatever their shapes.
void KernelFormer::viewBuffers(SizeAnalysis &analysis) {
  for (Operation &op : llvm::make_early_inc_range(function.front())) {
    if (!isView(&op))
      continue;
    Value base = getBase(op.getResult(0));
    auto type = cast<RankedTensorType>(op.getResult(0).getType());
    bool isOfRunTime = !type.hasStaticShape() ||
                       !cast<ShapedType>(base.getType()).hasStaticShape();
    if (!isOfRunTime)
      continue;
    OpBuilder builder(&op);
    SmallVector<Value> sizes;
    for (auto [dim, size] : llvm::enumerate(analysis.getSizes(op.getResult(0))))
      if (type.isDynamicDim(dim))
        sizes.push_back(analysis.makeIndex(builder, op.getLoc(), size));
    op.getResult(0).replaceAllUsesWith(
        makeView(builder, op.getLoc(), base, type, sizes));
    op.erase();
  }
}

/// Sizes of run time become arithmetic on the symbols, which every kernel that
/// needs one does for itself, also in loops.
void KernelFormer::computeSizes(SizeAnalysis &analysis) {
  Block &body = function.front();
  function.walk([&](Operation *op) {
    if (auto structured = dyn_cast<linalg::LinalgOp>(op);
        structured &&
        ShapedType::isDynamicShape(structured.getStaticLoopRanges()))
      op->setAttr(
          mostIterationsAttrName,
          DenseI64ArrayAttr::get(op->getContext(),
                                 analysis.getMostIterations(structured)));
    auto dim = dyn_cast<tensor::DimOp>(op);
    AffineExpr size = dim ? analysis.getExpr(dim.getResult()) : AffineExpr();
    if (!size)
      return;
    OpBuilder builder(body.findAncestorOpInBlock(*op));
    dim.replaceAllUsesWith(analysis.makeIndex(builder, dim.getLoc(), size));
    dim.erase();
  });
}

/// Places what has a size of run time in buffers of the greatest ones.
LogicalResult KernelFormer::holdSizes(SizeAnalysis &analysis) {
  if (failed(analysis.run()))
    return failure();
  computeSizes(analysis);
  SmallVector<OpResult> held;
  bool isHeld = true;
  for (Operation &op : function.front()) {
    if (isCheap(&op) || isView(&op) || isPartOfInsertion(&op))
      continue;
    for (OpResult result : op.getResults())
      if (auto type = dyn_cast<RankedTensorType>(result.getType());
          type && !type.hasStaticShape())
        held.push_back(result);
  }
  for (OpResult result : held)
    isHeld &= succeeded(holdResult(analysis, result));
  if (!isHeld)
    return failure();
  viewBuffers(analysis);
  cheap.clear();
  eraseDead();
  return success();
}

LogicalResult KernelFormer::run() {
  bool accepted = true;
  SizeAnalysis analysis(function);
  if (analysis.hasSymbols() && failed(holdSizes(analysis)))
    return failure();
  if (!checkSupported(function, analysis.hasSymbols()))
    return failure();
  // Of a loop that was unrolled: nothing goes on with it where it was.
  for (auto store : llvm::make_early_inc_range(
           function.getOps<bufferization::MaterializeInDestinationOp>())) {
    store.getResult().replaceAllUsesWith(store.getSource());
    store.erase();
  }
  separateResults();
  SmallVector<Operation *> roots;
  for (Operation &op : function.front())
    if (isRoot(op))
      roots.push_back(&op);
  for (Operation *root : roots)
    accepted &= succeeded(checkRoot(root));
  if (!accepted)
    return failure();
  llvm::DenseSet<Operation *> done;
  for (Operation *root : roots) {
    if (done.contains(root))
      continue;
    SmallVector<Value> together = findTogether(root);
    for (Value result : together)
      done.insert(result.getDefiningOp());
    formKernel(together);
  }
  eraseDead();
  return success();
}

} // namespace host

namespace {

struct HostFormKernels : impl::HostFormKernelsBase<HostFormKernels> {
  void runOnOperation() override {
    if (failed(host::KernelFormer(getOperation()).run()))
      signalPassFailure();
  }
};

} // namespace

} // namespace garam
