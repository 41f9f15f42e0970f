//===- Stage.cpp - A uniform view of the stage operations -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Stage.h"

#include "ConcatTrees.h"
#include "TileGeometry.h"
#include "mlir/IR/AffineMap.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace garam::npu {

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

RankedTensorType getTensorType(Value tensor) {
  return cast<RankedTensorType>(tensor.getType());
}

int64_t getElementBytes(Value tensor) {
  return getElementBytes(
      getElementKind(getTensorType(tensor).getElementType(), false));
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

Box StageOperand::getRange(const Box &loops) const {
  Box range;
  for (auto [row, constant] : llvm::zip(coefficients, constants)) {
    int64_t low = constant, high = constant;
    for (auto [dim, coefficient] : llvm::enumerate(row)) {
      int64_t first = coefficient * loops.low[dim];
      int64_t last = coefficient * (loops.high[dim] - 1);
      low += std::min(first, last);
      high += std::max(first, last);
    }
    range.low.push_back(low);
    range.high.push_back(high + 1);
  }
  return range;
}

Box StageOperand::getRegion(const Box &loops) const {
  Box range = getRange(loops);
  if (loops.isEmpty())
    range.high = range.low;
  return range.intersect(Box::ofShape(getTensorType(tensor).getShape()));
}

bool StageOperand::dependsOn(unsigned dim) const {
  return llvm::any_of(coefficients, [&](auto &row) { return row[dim] != 0; });
}

/// `map` is linear: its coefficients are differences of values.
static StageOperand makeOperand(Value tensor, AffineMap map, bool isUnsigned,
                                OperandRole role = OperandRole::Plain) {
  StageOperand operand;
  operand.tensor = tensor;
  operand.role = role;
  operand.type =
      getElementKind(getTensorType(tensor).getElementType(), isUnsigned);
  SmallVector<int64_t> point(map.getNumDims(), 0);
  SmallVector<int64_t> origin = map.compose(point);
  operand.constants.assign(origin.begin(), origin.end());
  operand.coefficients.resize(map.getNumResults());
  for (unsigned dim = 0; dim < map.getNumDims(); ++dim) {
    point[dim] = 1;
    SmallVector<int64_t> moved = map.compose(point);
    point[dim] = 0;
    for (unsigned c = 0; c < map.getNumResults(); ++c)
      operand.coefficients[c].push_back(moved[c] - origin[c]);
  }
  operand.padding.assign(map.getNumResults(), false);
  return operand;
}

const StageOperand *Stage::getInput(OperandRole role) const {
  for (const StageOperand &input : inputs)
    if (input.role == role)
      return &input;
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

bool isStage(Operation *op) { return isa<ContractOp, VectorOp>(op); }

SliceAttr getSlice(Operation *stage) {
  if (auto contract = dyn_cast<ContractOp>(stage))
    return contract.getSliceAttr();
  return cast<VectorOp>(stage).getSliceAttr();
}

void setSlice(Operation *stage, SliceAttr slice) {
  if (auto contract = dyn_cast<ContractOp>(stage))
    contract.setSliceAttr(slice);
  else
    cast<VectorOp>(stage).setSliceAttr(slice);
}

bool keepsConstants(Operation *stage) {
  SliceAttr slice = getSlice(stage);
  return slice && slice.getResident();
}

static Stage getContractStage(ContractOp op) {
  Stage stage;
  stage.op = op;
  stage.sizes = llvm::to_vector(op.getSizes());
  for (Attribute kind : op.getIterators())
    stage.kinds.push_back(cast<IteratorKindAttr>(kind).getValue());
  SmallVector<AffineMap> maps =
      llvm::to_vector(op.getIndexingMaps().getAsValueRange<AffineMapAttr>());
  unsigned next = 0;
  auto add = [&](Value tensor, OperandRole role, bool isUnsigned) {
    if (tensor)
      stage.inputs.push_back(
          makeOperand(tensor, maps[next++], isUnsigned, role));
  };
  add(op.getActivation(), OperandRole::Activation, op.getActivationUnsigned());
  add(op.getWeight(), OperandRole::Weight, op.getWeightUnsigned());
  add(op.getBias(), OperandRole::Bias, false);
  add(op.getScale(), OperandRole::Scale, false);
  add(op.getResidual(), OperandRole::Residual, op.getResidualUnsigned());
  if (auto padding = op.getActivationPadding())
    stage.inputs[0].padding.assign(padding->begin(), padding->end());
  // The accessor of an i32 attribute is unsigned; a zero point is not.
  stage.inputs[0].fill = static_cast<int32_t>(op.getActivationZeroPoint());
  stage.outputs.push_back(
      makeOperand(op.getResult(), maps[next], op.getOutputUnsigned()));
  return stage;
}

static Stage getVectorStage(VectorOp op) {
  Stage stage;
  stage.op = op;
  stage.sizes = llvm::to_vector(op.getSizes());
  unsigned numParallel = stage.sizes.size() - op.getNumReductions();
  stage.kinds.assign(stage.sizes.size(), IteratorKind::reduction);
  std::fill_n(stage.kinds.begin(), numParallel, IteratorKind::row);
  SmallVector<AffineMap> maps =
      llvm::to_vector(op.getIndexingMaps().getAsValueRange<AffineMapAttr>());
  unsigned next = 0;
  for (auto [i, input] : llvm::enumerate(op.getInputs())) {
    auto flags = op.getUnsignedInputs();
    StageOperand operand =
        makeOperand(input, maps[next++], flags && (*flags)[i]);
    if (op.getPaddings()) {
      auto padding = cast<DenseBoolArrayAttr>((*op.getPaddings())[i]);
      if (!padding.empty())
        operand.padding.assign(padding.asArrayRef().begin(),
                               padding.asArrayRef().end());
    }
    if (op.getFills())
      operand.fill = (*op.getFills())[i];
    if (auto isUpper = op.getUpperInputs())
      operand.isUpper = (*isUpper)[i];
    stage.inputs.push_back(std::move(operand));
  }
  for (auto [i, output] : llvm::enumerate(op.getResults())) {
    auto flags = op.getUnsignedOutputs();
    stage.outputs.push_back(
        makeOperand(output, maps[next++], flags && (*flags)[i]));
  }
  return stage;
}

/// Whether `op` is a stage of the slice that `slice` says.
static bool isOfSlice(Operation *op, SliceAttr slice) {
  SliceAttr other = op && isStage(op) ? getSlice(op) : SliceAttr();
  return other && other.getGroup() == slice.getGroup() &&
         other.getNumber() == slice.getNumber();
}

bool isThereBefore(Value tensor, Operation *stage) {
  Operation *op = tensor.getDefiningOp();
  if (!op)
    return true;
  if (isa<ConcatOp>(op))
    return llvm::all_of(op->getOperands(), [&](Value input) {
      return isThereBefore(input, stage);
    });
  return isStage(op) && op != stage;
}

/// What the stages of a slice hand to each other is held.
static void findHeld(Stage &stage, SliceAttr slice) {
  for (StageOperand &input : stage.inputs)
    input.isHeld = isPackable(input)
                       ? slice.getResident()
                       : isOfSlice(input.tensor.getDefiningOp(), slice);
  for (StageOperand &output : stage.outputs)
    output.isHeld =
        llvm::all_of(output.tensor.getUsers(),
                     [&](Operation *user) { return isOfSlice(user, slice); });
}

Stage getStage(Operation *op) {
  auto contract = dyn_cast<ContractOp>(op);
  Stage stage = contract ? getContractStage(contract)
                         : getVectorStage(cast<VectorOp>(op));
  if (SliceAttr slice = getSlice(op))
    findHeld(stage, slice);
  return stage;
}

//===----------------------------------------------------------------------===//
// Decisions
//===----------------------------------------------------------------------===//

/// The schedule of a stage, or null.
static ScheduleAttr findSchedule(Operation *op) {
  if (auto contract = dyn_cast<ContractOp>(op))
    return contract.getScheduleAttr();
  return cast<VectorOp>(op).getScheduleAttr();
}

/// The schedule of a stage, or one in which nothing is decided.
static ScheduleAttr getScheduleOrEmpty(Operation *op) {
  if (ScheduleAttr schedule = findSchedule(op))
    return schedule;
  DenseI64ArrayAttr none;
  return ScheduleAttr::get(op->getContext(), /*layouts=*/{}, none, none, none,
                           /*first_core=*/0, /*homes=*/{});
}

static void setSchedule(Operation *op, ScheduleAttr schedule) {
  if (auto contract = dyn_cast<ContractOp>(op))
    contract.setScheduleAttr(schedule);
  else
    cast<VectorOp>(op).setScheduleAttr(schedule);
}

SmallVector<int64_t> getLayout(OpResult result) {
  ScheduleAttr schedule = findSchedule(result.getOwner());
  if (schedule && !schedule.getLayouts().empty())
    return llvm::to_vector(
        schedule.getLayouts()[result.getResultNumber()].asArrayRef());
  return llvm::to_vector(
      llvm::seq<int64_t>(0, getTensorType(result).getRank()));
}

void setLayouts(Operation *op, ArrayRef<SmallVector<int64_t>> layouts) {
  SmallVector<DenseI64ArrayAttr> attributes;
  for (ArrayRef<int64_t> layout : layouts)
    attributes.push_back(DenseI64ArrayAttr::get(op->getContext(), layout));
  ScheduleAttr old = getScheduleOrEmpty(op);
  setSchedule(op,
              ScheduleAttr::get(op->getContext(), attributes, old.getSplit(),
                                old.getGrain(), old.getTile(),
                                old.getFirstCore(), old.getHomes()));
}

int64_t StageSchedule::getNumParts() const {
  int64_t parts = 1;
  for (int64_t count : split)
    parts *= count;
  return parts;
}

std::optional<int64_t> StageSchedule::findPart(int64_t core) const {
  int64_t part = core - firstCore;
  return part >= 0 && part < getNumParts() ? std::optional(part) : std::nullopt;
}

Box StageSchedule::getPart(const Stage &stage, int64_t part) const {
  Box box = stage.getLoops();
  for (int dim = stage.getNumLoops() - 1; dim >= 0; --dim) {
    int64_t index = part % split[dim];
    part /= split[dim];
    int64_t grains = llvm::divideCeil(stage.sizes[dim], grain[dim]);
    box.low[dim] =
        std::min(grain[dim] * (index * grains / split[dim]), stage.sizes[dim]);
    box.high[dim] = std::min(grain[dim] * ((index + 1) * grains / split[dim]),
                             stage.sizes[dim]);
  }
  return box;
}

int64_t StageSchedule::getFullestPart(const Stage &stage) const {
  int64_t part = 0;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim) {
    int64_t grains = llvm::divideCeil(stage.sizes[dim], grain[dim]);
    auto getGrains = [&](int64_t index) {
      return (index + 1) * grains / split[dim] - index * grains / split[dim];
    };
    // The last part has as many grains as any.
    int64_t last = split[dim] - 1, inner = last - 1;
    while (inner > 0 && getGrains(inner) < getGrains(last))
      --inner;
    part = part * split[dim] + (inner > 0 ? inner : last);
  }
  return part;
}

bool isScheduled(Operation *stage) {
  ScheduleAttr schedule = findSchedule(stage);
  return schedule && schedule.getSplit() && !schedule.getSplit().empty();
}

static SmallVector<int64_t> toVector(DenseI64ArrayAttr attribute) {
  return attribute ? llvm::to_vector(attribute.asArrayRef())
                   : SmallVector<int64_t>();
}

StageSchedule getSchedule(const Stage &stage) { return getSchedule(stage.op); }

StageSchedule getSchedule(Operation *stage) {
  ScheduleAttr attribute = getScheduleOrEmpty(stage);
  StageSchedule schedule;
  schedule.split = toVector(attribute.getSplit());
  schedule.tile = toVector(attribute.getTile());
  schedule.grain = toVector(attribute.getGrain());
  schedule.firstCore = attribute.getFirstCore();
  return schedule;
}

LogicalResult checkScheduled(Operation *op, const MachineDescription &machine) {
  ScheduleAttr schedule = getScheduleOrEmpty(op);
  DenseI64ArrayAttr split = schedule.getSplit();
  if (!split)
    return op->emitOpError("is not scheduled: run npu-schedule-stages first");
  uint64_t parts = 1;
  for (int64_t count : split.asArrayRef())
    parts = llvm::SaturatingMultiply<uint64_t>(parts, count);
  if (parts > machine.cores)
    return op->emitOpError("is split over ")
           << parts << " cores, but " << machine.name << " has "
           << machine.cores
           << ": run npu-schedule-stages for that machine, or lessen 'split'";
  uint64_t lastFirst = machine.cores - parts;
  if (static_cast<uint64_t>(schedule.getFirstCore()) > lastFirst)
    return op->emitOpError("has its ")
           << parts << " parts from core " << schedule.getFirstCore()
           << " on, but " << machine.name << " has " << machine.cores
           << " cores: 'first_core' is at most " << lastFirst;
  return success();
}

void setSchedule(Operation *stage, const StageSchedule &schedule) {
  MLIRContext *context = stage->getContext();
  ScheduleAttr old = getScheduleOrEmpty(stage);
  setSchedule(stage,
              ScheduleAttr::get(context, old.getLayouts(),
                                DenseI64ArrayAttr::get(context, schedule.split),
                                DenseI64ArrayAttr::get(context, schedule.grain),
                                DenseI64ArrayAttr::get(context, schedule.tile),
                                schedule.firstCore, old.getHomes()));
}

HomeKind getHome(OpResult result) {
  ScheduleAttr schedule = findSchedule(result.getOwner());
  return schedule && !schedule.getHomes().empty()
             ? schedule.getHomes()[result.getResultNumber()]
             : HomeKind::Split;
}

LogicalResult checkHomes(Operation *op) {
  for (OpResult result : op->getResults()) {
    Value whole = getConcatWhole(result);
    bool isReturned = llvm::any_of(whole.getUsers(), [](Operation *user) {
      return user->hasTrait<OpTrait::ReturnLike>();
    });
    if (getHome(result) == HomeKind::Output && !isReturned)
      return op->emitOpError("has the home 'output' for result #")
             << result.getResultNumber() << ", which is not returned";
  }
  return success();
}

void setHomes(Operation *op, ArrayRef<HomeKind> homes) {
  ScheduleAttr old = getScheduleOrEmpty(op);
  setSchedule(op, ScheduleAttr::get(op->getContext(), old.getLayouts(),
                                    old.getSplit(), old.getGrain(),
                                    old.getTile(), old.getFirstCore(), homes));
}

} // namespace garam::npu
