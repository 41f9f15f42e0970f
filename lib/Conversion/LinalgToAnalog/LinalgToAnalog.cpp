//===- LinalgToAnalog.cpp - From structured operations to crossbars -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Epilogue.h"
#include "Product.h"
#include "Ranges.h"
#include "garam/Conversion/LinalgToAnalog/Passes.h"
#include "garam/Target/Analog/Machine/TargetFile.h"
#include "garam/Target/CompileTarget.h"
#include "garam/Transforms/SumOfProducts.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace garam {
#define GEN_PASS_DEF_CONVERTLINALGTOANALOG
#include "garam/Conversion/LinalgToAnalog/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::analog {

namespace {

class Converter {
public:
  Converter(func::FuncOp function, const MachineDescription &machine)
      : function(function), machine(machine) {}

  LogicalResult run();
  bool hasGuessed() const { return ranges.hasGuessed(); }

private:
  void refuse(Operation *op, const Twine &reason, const Twine &hint = "");
  void checkArguments();
  std::string checkCells(const Product &product) const;
  void convertProducts();
  void convert(const Product &product, const Epilogue &epilogue);
  void removeUnused();
  void refuseRest();
  void checkResults();

  func::FuncOp function;
  const MachineDescription &machine;
  Ranges ranges;
  llvm::SmallPtrSet<Operation *, 8> refused;
  bool failed = false;
};

} // namespace

void Converter::refuse(Operation *op, const Twine &reason, const Twine &hint) {
  failed = true;
  refused.insert(op);
  (void)emitRefusal({op, reason, hint});
}

/// Inputs of the model with dimensions that are not fixed.
void Converter::checkArguments() {
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (tensor && tensor.hasStaticShape() && tensor.getNumElements() > 0)
      continue;
    std::string name = getInputName(function, i);
    std::string found;
    llvm::raw_string_ostream(found) << type;
    refuse(function,
           "input " + name + ": found " + found +
               ", needed a shape of fixed dimensions of at least 1",
           "bind dimensions with --shape " + name + "=... or --dim NAME=VALUE");
  }
}

static RankedTensorType getMatrixType(OpBuilder &b, ArrayRef<int64_t> rows,
                                      ArrayRef<int64_t> columns, Type element) {
  return RankedTensorType::get({getVolume(rows), getVolume(columns)}, element);
}

static SmallVector<int64_t> concat(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  SmallVector<int64_t> all(a);
  llvm::append_range(all, b);
  return all;
}

void Converter::convert(const Product &product, const Epilogue &epilogue) {
  OpBuilder b(epilogue.ops.back());
  Location loc = product.op->getLoc();
  SmallVector<Location> locs;
  for (Operation *op : epilogue.ops)
    locs.push_back(op->getLoc());
  SmallVector<int64_t> rows = concat(product.groups, product.reduction);
  SmallVector<int64_t> columns = concat(product.groups, product.outputs);

  auto matrixType =
      MatrixType::get(b.getContext(), getVolume(rows), getVolume(columns));
  auto matrix = MatrixOp::create(
      b, loc, matrixType, product.weights, product.weightMap, product.groups,
      product.reduction, product.outputs, machine.crossbar.levels);
  ext::ObservedRange range = ranges.get(product.input);
  auto codes = ConvertOp::create(
      b, loc, getMatrixType(b, product.vectors, rows, b.getI8Type()),
      product.input, product.vectors, rows, product.inputMap,
      makeDAC(b.getContext(), range, machine.getDACLimit()));
  auto sums = MultiplyOp::create(
      b, loc, getMatrixType(b, product.vectors, columns, b.getI32Type()), codes,
      matrix);
  auto bound = [&](std::optional<float> value) {
    return value ? b.getF32FloatAttr(*value) : FloatAttr();
  };
  auto result = RescaleOp::create(
      b, FusedLoc::get(b.getContext(), locs), epilogue.result.getType(), sums,
      matrix, b.getDenseI64ArrayAttr(product.vectors),
      AffineMapAttr::get(epilogue.outputMap),
      b.getF64FloatAttr(epilogue.factor), epilogue.table,
      epilogue.table ? AffineMapAttr::get(epilogue.tableMap) : AffineMapAttr(),
      b.getF64FloatAttr(epilogue.tableFactor),
      b.getF64FloatAttr(epilogue.offset), bound(epilogue.low),
      bound(epilogue.high));
  if (std::optional<ext::ObservedRange> observed =
          ext::getObservedRange(epilogue.result))
    ext::setObservedRange(result, *observed);
  Value(epilogue.result).replaceAllUsesWith(result.getResult());
  for (Operation *op : llvm::reverse(epilogue.ops))
    op->erase();
  ranges.addResult(result, range);
}

/// Why no splitting makes room for a product's weights, before each of them is
/// read; empty when the crossbars have as many cells.
std::string Converter::checkCells(const Product &product) const {
  int64_t weights = getVolume(product.groups) * getVolume(product.reduction) *
                    getVolume(product.outputs);
  int64_t cells =
      int64_t(machine.cores) * machine.crossbar.rows * machine.crossbar.columns;
  if (weights <= cells)
    return "";
  return ("found a product with " + Twine(weights) +
          " weights, needed at most the " + Twine(cells) + " cells of the " +
          Twine(machine.cores) + " crossbars of '" + machine.name + "'")
      .str();
}

/// In order, so that ranges of inputs are known.
void Converter::convertProducts() {
  SmallVector<linalg::LinalgOp> candidates;
  for (auto op : function.getOps<linalg::LinalgOp>())
    if (isSumOfProducts(op) && op.getNumDpsInputs() == 2)
      candidates.push_back(op);
  for (linalg::LinalgOp op : candidates) {
    std::string reason;
    std::optional<Product> product = matchProduct(op, reason);
    if (product)
      reason = checkCells(*product);
    if (reason.empty())
      convert(*product, findEpilogue(*product));
    else
      refuse(op, reason);
  }
}

void Converter::removeUnused() {
  SmallVector<Operation *> operations;
  for (Operation &op : function.getBody().front())
    operations.push_back(&op);
  for (Operation *op : llvm::reverse(operations))
    if (isOpTriviallyDead(op))
      op->erase();
}

/// Whether `op` is only there for the operations that read it: an empty tensor,
/// its initial value or a constant.
static bool isOperand(Operation *op) {
  return isa<tensor::EmptyOp, arith::ConstantOp, linalg::FillOp>(op) &&
         llvm::none_of(op->getUsers(), llvm::IsaPred<func::ReturnOp>);
}

void Converter::refuseRest() {
  for (Operation &op : function.getBody().front()) {
    if (isa<AnalogDialect>(op.getDialect()) ||
        isa<func::ReturnOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp>(
            op) ||
        refused.contains(&op) || isOperand(&op))
      continue;
    refuse(&op, "is neither a product nor a bias, a factor or bounds directly "
                "behind one on the same device, needed a matrix product or a "
                "convolution with constant weights");
  }
}

/// What is returned must be made here, each result by a product of its own.
void Converter::checkResults() {
  llvm::SmallDenseSet<Value> seen;
  Operation *terminator = function.getBody().front().getTerminator();
  for (Value value : terminator->getOperands()) {
    Operation *shape = nullptr;
    while (isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(
        value.getDefiningOp())) {
      shape = value.getDefiningOp();
      value = shape->getOperand(0);
    }
    if (value.getDefiningOp<RescaleOp>() && seen.insert(value).second)
      continue;
    refuse(shape ? shape : function.getOperation(),
           "found a result that no product of its own makes, needed one");
  }
}

LogicalResult Converter::run() {
  checkArguments();
  if (!function.getBody().hasOneBlock())
    refuse(function, "found control flow, needed a sequence of operations");
  if (failed)
    return failure();
  convertProducts();
  removeUnused();
  refuseRest();
  if (!failed)
    checkResults();
  return failure(failed);
}

} // namespace garam::analog

using namespace garam::analog;

namespace {

struct ConvertLinalgToAnalog
    : garam::impl::ConvertLinalgToAnalogBase<ConvertLinalgToAnalog> {
  using ConvertLinalgToAnalogBase::ConvertLinalgToAnalogBase;
  void runOnOperation() override;
};

} // namespace

void ConvertLinalgToAnalog::runOnOperation() {
  func::FuncOp function = getOperation();
  if (function.isExternal())
    return;
  FailureOr<MachineDescription> machine =
      garam::loadMachineOf(function, deviceKind, target, readTargetFile);
  if (failed(machine))
    return signalPassFailure();
  Converter converter(function, *machine);
  if (failed(converter.run()))
    return signalPassFailure();
  if (!converter.hasGuessed())
    return;
  auto *dialect = getContext().getLoadedDialect<AnalogDialect>();
  dialect->getGuessedRangesAttrHelper().setAttr(function,
                                                UnitAttr::get(&getContext()));
  // The same text for every function, for the driver to join.
  function.emitWarning(
      "ranges of tensors that are converted for crossbars are guesses; hint: "
      "--calibrate FILE.npz gives samples of the model's inputs");
}
