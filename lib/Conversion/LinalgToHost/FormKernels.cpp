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
#include "garam/Transforms/SizeAnalysis.h"
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
  bool isRoot(Operation &op);
  LogicalResult checkRoot(Operation *op);
  void gather(Operation *op, SetVector<Operation *> &members,
              SetVector<Value> &inputs);
  SmallVector<Value> findTogether(Operation *root);
  void formKernel(ArrayRef<Value> computed);

  func::FuncOp function;
  CheapOperations cheap;
};

} // namespace

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
  if (cheap.contains(&op))
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
      isControlFlow(op) || cheap.contains(op))
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
          (isScalarConstant || cheap.contains(producer) ||
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

LogicalResult KernelFormer::run() {
  bool accepted = true;
  if (!checkSupported(function, SizeAnalysis(function).hasSymbols()))
    return failure();
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
  eraseDead(function);
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
