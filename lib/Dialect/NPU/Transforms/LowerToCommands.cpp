//===- LowerToCommands.cpp - Scheduled stages to commands -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
#include "StageLowering.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "garam/Support/NodeIds.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPULOWERTOCOMMANDS
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// Name of argument or result `index`, for the segment that holds it.
std::string getEntryName(DictionaryAttr attributes, StringRef fallback,
                         unsigned index) {
  if (attributes)
    if (auto name = attributes.getAs<StringAttr>(valueNameAttrName))
      return name.str();
  return (fallback + Twine(index)).str();
}

/// A tensor that fills its own segment, row-major: how ONNX lays it out.
Piece createSegmentPiece(CommandEmitter &emitter, RoleKind role, StringRef name,
                         RankedTensorType type) {
  Piece piece = makeDRAMPiece(type);
  int64_t bytes = type.getNumElements() *
                  getElementBytes(getElementKind(type.getElementType(), false));
  int64_t segment = emitter.createSegment(role, name, bytes);
  emitter.allocate(piece, segment, bytes);
  return piece;
}

class FunctionLowering {
public:
  FunctionLowering(func::FuncOp func, const MachineDescription &machine)
      : func(func), emitter(func.getContext(), machine) {}

  LogicalResult run() {
    eraseDeadOps();
    if (failed(checkStages()))
      return failure();
    emitter.loc = func.getLoc();
    int64_t constantSegment =
        emitter.createSegment(RoleKind::constant, "constants", std::nullopt);
    std::vector<Piece> inputs =
        createEntries(RoleKind::input, func.getArgumentTypes(),
                      [&](unsigned i) { return func.getArgAttrDict(i); });
    std::vector<Piece> results =
        createEntries(RoleKind::output, func.getResultTypes(),
                      [&](unsigned i) { return func.getResultAttrDict(i); });
    int64_t scratchSegment =
        emitter.createSegment(RoleKind::scratch, "scratch", std::nullopt);

    StageLowering stages(emitter, constantSegment, scratchSegment);
    for (auto [argument, piece] : llvm::zip(func.getArguments(), inputs))
      stages.homes[argument] = {{piece}};
    auto returnOp = cast<func::ReturnOp>(func.front().getTerminator());
    for (auto [value, piece] : llvm::zip(returnOp.getOperands(), results))
      stages.outputs.try_emplace(value, piece);

    findNodeValues();
    for (Operation &op : func.front().without_terminator()) {
      if (failed(lower(&op, stages)))
        return failure();
      recordValue(&op, stages);
    }
    for (auto [value, piece] : llvm::zip(returnOp.getOperands(), results)) {
      emitter.loc = value.getLoc();
      bool isThere =
          stages.getHome(value).pieces.front().view.buffer == piece.view.buffer;
      if (!isThere)
        stages.copyTo(value, piece);
    }
    replaceBody();
    return success();
  }

private:
  /// All stages have schedules that the machine can follow, before the first
  /// one asks those of its consumers.
  LogicalResult checkStages() {
    for (Operation &op : func.front())
      if (isStage(&op) && (failed(checkScheduled(&op, emitter.machine)) ||
                           failed(checkHomes(&op))))
        return failure();
    return success();
  }

  /// Nothing that has no use becomes commands.
  void eraseDeadOps() {
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(func.front())))
      if (isOpTriviallyDead(&op))
        op.erase();
  }

  std::vector<Piece>
  createEntries(RoleKind role, TypeRange types,
                llvm::function_ref<DictionaryAttr(unsigned)> getAttrs) {
    std::vector<Piece> pieces;
    for (auto [i, type] : llvm::enumerate(types))
      pieces.push_back(createSegmentPiece(
          emitter, role, getEntryName(getAttrs(i), stringifyRoleKind(role), i),
          cast<RankedTensorType>(type)));
    return pieces;
  }

  LogicalResult lower(Operation *op, StageLowering &stages) {
    emitter.loc = op->getLoc();
    if (isStage(op))
      return stages.lowerStage(op);
    if (isa<ConstantOp>(op))
      return success(); // packed where it is used
    if (auto reshape = dyn_cast<ReshapeOp>(op)) {
      lowerReshape(reshape, stages);
      return success();
    }
    if (auto view = dyn_cast<ViewOp>(op)) {
      lowerView(view, stages);
      return success();
    }
    if (auto gather = dyn_cast<GatherOp>(op)) {
      stages.lowerGather(gather);
      return success();
    }
    lowerConcat(cast<ConcatOp>(op), stages);
    return success();
  }

  //===--- Values of nodes -----------------------------------------------===//

  /// Finds the operations whose results are the values of nodes. Where a
  /// conversion has made several operations of one, the value is that of the
  /// last.
  void findNodeValues() {
    llvm::StringMap<Operation *> makers;
    for (Operation &op : func.front().without_terminator())
      if (std::optional<NodeValue> value = getDeviceValue(&op)) {
        Operation *&maker = makers[value->name];
        if (maker)
          nodeValues.erase(maker);
        maker = &op;
        nodeValues[&op] = std::move(*value);
      }
  }

  /// The value of a node that the result of `op` is, with the type that it has
  /// on the device.
  static std::optional<NodeValue> getDeviceValue(Operation *op) {
    if (op->getNumResults() != 1 || isa<ConstantOp>(op))
      return std::nullopt;
    std::optional<NodeValue> value = getNodeValue(op->getLoc());
    if (!value)
      return std::nullopt;
    // Quantisation that was moved over the operation, or another shape, make it
    // something else.
    RankedTensorType type = getTensorType(op->getResult(0));
    Type element = type.getElementType();
    Type modelElement = value->type.getElementType();
    if (type.getShape() != value->type.getShape())
      return std::nullopt;
    if (isa<FloatType>(element) && isa<FloatType>(modelElement))
      value->type = type;
    else if (!isa<IntegerType>(element) || !isa<IntegerType>(modelElement) ||
             element.getIntOrFloatBitWidth() !=
                 modelElement.getIntOrFloatBitWidth())
      return std::nullopt;
    return value;
  }

  /// Whether no two elements of a piece of a tensor of `type` lie on each
  /// other: each stride leads over all that smaller ones reach.
  static bool hasBytesOfItsOwn(const Piece &piece, RankedTensorType type) {
    SmallVector<std::pair<int64_t, int64_t>> dims; // strides and sizes
    for (unsigned dim = 0; dim < piece.view.strides.size(); ++dim)
      if (piece.box.getSize(dim) > 1)
        dims.push_back(
            {std::abs(piece.view.strides[dim]), piece.box.getSize(dim)});
    llvm::sort(dims);
    int64_t reach =
        getElementBytes(getElementKind(type.getElementType(), false));
    for (auto [stride, size] : dims) {
      if (stride < reach)
        return false;
      reach += stride * (size - 1);
    }
    return true;
  }

  void recordValue(Operation *op, StageLowering &stages) {
    auto value = nodeValues.find(op);
    if (value == nodeValues.end() || emitter.getNumSlots() == 0)
      return;
    SmallVector<Value> buffers;
    SmallVector<Attribute> views;
    for (const Piece &piece : stages.getHome(op->getResult(0)).pieces) {
      // A broadcast is the value of the node whose elements it repeats.
      if (!hasBytesOfItsOwn(piece, value->second.type))
        return;
      buffers.push_back(piece.view.buffer);
      views.push_back(ViewAttr::get(op->getContext(), piece.view.base,
                                    piece.view.strides, piece.box.low,
                                    piece.box.high));
    }
    Slot &slot = emitter.getSlot(emitter.getNumSlots() - 1);
    slot.stores.push_back(ValueOp::create(
        emitter.builder, op->getLoc(), value->second.name, value->second.type,
        buffers, emitter.builder.getArrayAttr(views)));
  }

  void lowerConcat(ConcatOp op, StageLowering &stages) {
    SmallVector<const Home *> homes;
    SmallVector<int64_t> extents;
    for (Value input : op.getInputs())
      stages.getHome(input);
    for (Value input : op.getInputs()) {
      homes.push_back(&stages.getHome(input));
      extents.push_back(getTensorType(input).getDimSize(op.getAxis()));
    }
    stages.homes[op.getResult()] = concatHomes(homes, extents, op.getAxis());
  }

  void lowerReshape(ReshapeOp op, StageLowering &stages) {
    ArrayRef<int64_t> from = getTensorType(op.getInput()).getShape();
    ArrayRef<int64_t> to = getTensorType(op.getResult()).getShape();
    std::optional<Home> home =
        reshapeHome(stages.getHome(op.getInput()), from, to);
    if (!home)
      home = reshapeHome(stages.makeRowMajor(op.getInput()), from, to);
    stages.homes[op.getResult()] = std::move(*home);
  }

  void lowerView(ViewOp op, StageLowering &stages) {
    Home source = stages.getHome(op.getInput());
    if (source.pieces.size() != 1)
      source = stages.makeRowMajor(op.getInput());
    stages.homes[op.getResult()] =
        viewHome(source, op.getMap(), getTensorType(op.getResult()).getShape());
  }

  /// The function becomes the list of commands; its segments say what goes in
  /// and out.
  void replaceBody() {
    Block *body = new Block();
    for (Operation *op : emitter.take())
      body->push_back(op);
    func.front().dropAllReferences();
    func.getBody().getBlocks().clear();
    func.getBody().push_back(body);
    OpBuilder builder = OpBuilder::atBlockEnd(body);
    func::ReturnOp::create(builder, func.getLoc());
    func.removeArgAttrsAttr();
    func.removeResAttrsAttr();
    func.setFunctionType(FunctionType::get(func.getContext(), {}, {}));
  }

  func::FuncOp func;
  CommandEmitter emitter;
  llvm::DenseMap<Operation *, NodeValue> nodeValues;
};

struct LowerToCommands : impl::NPULowerToCommandsBase<LowerToCommands> {
  using NPULowerToCommandsBase::NPULowerToCommandsBase;

  void runOnOperation() override {
    FailureOr<MachineDescription> machine = loadMachine(getOperation(), target);
    if (failed(machine) || failed(lowerToCommands(getOperation(), *machine)))
      signalPassFailure();
  }
};

} // namespace

LogicalResult lowerToCommands(func::FuncOp func,
                              const MachineDescription &machine) {
  if (failed(checkStageFunction(func)))
    return failure();
  if (func.isExternal())
    return success();
  return FunctionLowering(func, machine).run();
}

} // namespace garam::npu
