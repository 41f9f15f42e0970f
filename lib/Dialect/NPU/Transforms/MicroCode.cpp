//===- MicroCode.cpp - Micro-programs of the vector engine ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/Transforms/MicroCode.h"

#include "LogisticMatch.h"
#include "QuantizingStore.h"
#include "garam/Dialect/NPU/IR/ElementKinds.h"
#include "garam/Target/DeviceTarget.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

#include <bitset>

using namespace mlir;

namespace garam::npu {
namespace {

uint32_t getBits(TypedAttr value) {
  if (auto number = dyn_cast<FloatAttr>(value)) {
    APFloat narrow = number.getValue();
    bool losesInfo;
    narrow.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven,
                   &losesInfo);
    return narrow.bitcastToAPInt().getZExtValue();
  }
  // Booleans are 0 and 1, other integers keep their sign.
  APInt number = cast<IntegerAttr>(value).getValue();
  return number.getBitWidth() == 1
             ? number.getZExtValue()
             : static_cast<uint32_t>(number.getSExtValue());
}

class Translator {
public:
  /// `outputKinds`: of each output, or nothing where they are not known.
  Translator(Operation *owner, ArrayAttr combiners, Region &body,
             Region &finish, ArrayRef<int64_t> finishInputs,
             ArrayRef<ElementKind> outputKinds)
      : owner(owner), combiners(combiners), body(body), finish(finish),
        finishInputs(finishInputs), outputKinds(outputKinds) {
    free.set();
  }

  FailureOr<MicroCode> run() {
    // The body must not write the accumulators, so they come first.
    SmallVector<uint8_t> accumulators;
    for (unsigned i = 0; i < combiners.size(); ++i) {
      FailureOr<uint8_t> accumulator = allocate();
      if (failed(accumulator))
        return failure();
      accumulators.push_back(*accumulator);
    }
    instructions = &code.body;
    for (auto [index, argument] : llvm::enumerate(body.getArguments()))
      inputs[argument] = index;
    if (failed(translate(body.front())))
      return failure();
    auto yield = cast<YieldOp>(body.front().getTerminator());
    if (combiners.empty()) {
      if (failed(addOutputs(yield)))
        return failure();
      return check();
    }
    for (auto [value, attribute, accumulator] :
         llvm::zip(yield.getValues(), combiners.getAsRange<CombinerAttr>(),
                   accumulators)) {
      FailureOr<uint8_t> source = use(value);
      if (failed(source))
        return failure();
      code.reductions.push_back(
          {static_cast<npu::Combiner>(attribute.getKind()), *source,
           accumulator, getBits(attribute.getInitial())});
    }
    return translateFinish();
  }

private:
  FailureOr<MicroCode> translateFinish() {
    instructions = &code.finish;
    Block &block = finish.front();
    // Registers of the body are free now, those of the sums are not.
    free.set();
    registers.clear();
    inputs.clear();
    unsigned numSums = code.reductions.size();
    for (auto [i, argument] : llvm::enumerate(block.getArguments())) {
      if (i < numSums) {
        registers[argument] = code.reductions[i].accumulator;
        free.reset(code.reductions[i].accumulator);
      } else {
        inputs[argument] = finishInputs[i - numSums];
      }
    }
    for (auto [reduction, sum] :
         llvm::zip(code.reductions, block.getArguments()))
      startFromInput(reduction, sum);
    if (failed(translate(block)) ||
        failed(addOutputs(cast<YieldOp>(block.getTerminator()))))
      return failure();
    return check();
  }

  /// An integer sum that starts from nothing and to which an input is added
  /// afterwards starts from that input.
  void startFromInput(VectorReduction &reduction, BlockArgument sum) {
    if (reduction.combiner != npu::Combiner::AddI || reduction.initial != 0 ||
        !sum.hasOneUse())
      return;
    auto addition = dyn_cast<arith::AddIOp>(*sum.getUsers().begin());
    if (!addition)
      return;
    Value other =
        addition.getLhs() == sum ? addition.getRhs() : addition.getLhs();
    auto input = inputs.find(other);
    if (input == inputs.end() || !other.hasOneUse())
      return;
    reduction.initialInput = static_cast<int8_t>(input->second);
    registers[addition.getResult()] = reduction.accumulator;
    absorbed.insert(addition);
  }

  LogicalResult addOutputs(YieldOp yield) {
    for (auto [i, value] : llvm::enumerate(yield.getValues())) {
      QuantizingStore store = getStore(yield, i);
      FailureOr<uint8_t> source = use(store.value);
      if (failed(source))
        return failure();
      VectorOutput &output = code.outputs.emplace_back();
      output.source = *source;
      output.isFloat = isa<FloatType>(value.getType());
      output.scale = store.scale;
      output.zeroPoint = store.zeroPoint;
    }
    return success();
  }

  QuantizingStore getStore(YieldOp yield, unsigned output) const {
    Value value = yield.getValues()[output];
    return output < outputKinds.size() && storesOutputs(yield)
               ? matchQuantizingStore(value, outputKinds[output])
               : QuantizingStore{value};
  }

  bool storesOutputs(YieldOp yield) const {
    return combiners.empty() || yield->getParentRegion() == &finish;
  }

  FailureOr<MicroCode> check() {
    if (code.body.size() + code.finish.size() > maxVectorInstructions)
      return emitAsRefusal(owner->emitOpError("needs ")
                           << code.body.size() + code.finish.size()
                           << " micro-instructions, more than "
                           << maxVectorInstructions);
    return code;
  }

  LogicalResult translate(Block &block) {
    absorbStores(cast<YieldOp>(block.getTerminator()));
    LogisticMatches logistic(block);
    // Last operation that uses each value, for its register to be free then.
    for (Operation &op : block)
      if (!logistic.parts.contains(&op))
        for (Value operand : getSources(&op, logistic))
          lastUse[operand] = &op;
    for (Operation &op : block.without_terminator()) {
      if (absorbed.contains(&op) || logistic.parts.contains(&op))
        continue;
      SmallVector<Value, 3> sources = getSources(&op, logistic);
      if (failed(logistic.operands.contains(&op)
                     ? emit(op.getResult(0), VectorOpcode::SigmoidF, sources)
                     : translate(&op)))
        return failure();
      for (Value operand : sources)
        if (lastUse[operand] == &op)
          release(operand);
    }
    return success();
  }

  /// What the instructions of `op` read.
  static SmallVector<Value, 3> getSources(Operation *op,
                                          const LogisticMatches &logistic) {
    auto function = logistic.operands.find(op);
    if (function != logistic.operands.end())
      return {function->second};
    return llvm::to_vector<3>(op->getOperands());
  }

  /// What the stores of `yield` do is no instruction.
  void absorbStores(YieldOp yield) {
    for (unsigned i = 0; i < yield.getNumOperands(); ++i)
      for (Operation *op : getStore(yield, i).absorbed)
        absorbed.insert(op);
  }

  FailureOr<uint8_t> allocate() {
    for (unsigned i = 0; i < maxVectorRegisters; ++i) {
      if (!free.test(i))
        continue;
      free.reset(i);
      return static_cast<uint8_t>(i);
    }
    return emitAsRefusal(owner->emitOpError("needs more than ")
                         << maxVectorRegisters
                         << " registers of the vector engine");
  }

  void release(Value value) {
    auto it = registers.find(value);
    if (it == registers.end())
      return;
    free.set(it->second);
    registers.erase(it);
    inputs.erase(value);
  }

  /// Register of `value`; an input is loaded when it is first asked for.
  FailureOr<uint8_t> use(Value value) {
    auto it = registers.find(value);
    if (it != registers.end())
      return it->second;
    auto input = inputs.find(value);
    if (input == inputs.end())
      return owner->emitOpError("uses a value from outside of its region");
    FailureOr<uint8_t> target = allocate();
    if (failed(target))
      return failure();
    append(VectorOpcode::Load, *target, 0, 0, 0, input->second);
    registers[value] = *target;
    return target;
  }

  void append(VectorOpcode opcode, uint8_t target, uint8_t a = 0, uint8_t b = 0,
              uint8_t c = 0, uint32_t immediate = 0) {
    instructions->push_back({opcode, target, a, b, c, immediate});
  }

  /// result = opcode(operands of op).
  LogicalResult emit(Operation *op, VectorOpcode opcode,
                     uint32_t immediate = 0) {
    return emit(op->getResult(0), opcode, op->getOperands(), immediate);
  }

  LogicalResult emit(Value result, VectorOpcode opcode, ValueRange operands,
                     uint32_t immediate = 0) {
    uint8_t sources[3] = {0, 0, 0};
    for (auto [i, operand] : llvm::enumerate(operands)) {
      FailureOr<uint8_t> source = use(operand);
      if (failed(source))
        return failure();
      sources[i] = *source;
    }
    FailureOr<uint8_t> target = allocate();
    if (failed(target))
      return failure();
    append(opcode, *target, sources[0], sources[1], sources[2], immediate);
    registers[result] = *target;
    return success();
  }

  /// Another operation on the register of `value` and a constant.
  LogicalResult amend(Value value, VectorOpcode opcode, VectorOpcode constant,
                      uint32_t bits) {
    FailureOr<uint8_t> scratch = allocate();
    if (failed(scratch))
      return failure();
    append(constant, *scratch, 0, 0, 0, bits);
    append(opcode, registers[value], registers[value], *scratch);
    free.set(*scratch);
    return success();
  }

  /// The same value under another type: the register is shared by copying.
  LogicalResult emitCopy(Operation *op) {
    if (failed(emit(op, VectorOpcode::OrI)))
      return failure();
    VectorInstruction &copy = instructions->back();
    copy.b = copy.a;
    return success();
  }

  LogicalResult translate(Operation *op);
  LogicalResult translateCompare(arith::CmpFOp op);
  LogicalResult translateCompare(arith::CmpIOp op);
  LogicalResult translateExtend(Operation *op, bool isSigned);
  LogicalResult translateWidening(arith::ExtFOp op);
  LogicalResult translateBoolean(Operation *op);
  LogicalResult refuse(Operation *op);

  Operation *owner;
  ArrayAttr combiners;
  Region &body, &finish;
  ArrayRef<int64_t> finishInputs;
  ArrayRef<ElementKind> outputKinds;
  MicroCode code;
  llvm::SmallVectorImpl<VectorInstruction> *instructions = nullptr;
  std::bitset<maxVectorRegisters> free;
  llvm::DenseMap<Value, uint8_t> registers;
  llvm::DenseMap<Value, uint32_t> inputs;
  llvm::DenseMap<Value, Operation *> lastUse;
  /// Operations that are part of a store or of a reduction.
  llvm::SmallPtrSet<Operation *, 8> absorbed;
};

/// A register holds the f32 that the narrow number is.
std::optional<VectorOpcode> getRounding(Type narrow) {
  if (narrow.isF16())
    return VectorOpcode::RoundF16;
  if (narrow.isBF16())
    return VectorOpcode::RoundBF16;
  return std::nullopt;
}

/// Operations that are one instruction.
std::optional<VectorOpcode> getOpcode(Operation *op) {
  using Opcode = VectorOpcode;
  return TypeSwitch<Operation *, std::optional<Opcode>>(op)
      .Case<arith::AddFOp>([](auto) { return Opcode::AddF; })
      .Case<arith::SubFOp>([](auto) { return Opcode::SubF; })
      .Case<arith::MulFOp>([](auto) { return Opcode::MulF; })
      .Case<arith::DivFOp>([](auto) { return Opcode::DivF; })
      .Case<arith::RemFOp>([](auto) { return Opcode::RemF; })
      .Case<arith::MaximumFOp>([](auto) { return Opcode::MaxF; })
      .Case<arith::MinimumFOp>([](auto) { return Opcode::MinF; })
      .Case<arith::NegFOp>([](auto) { return Opcode::NegF; })
      .Case<arith::AddIOp>([](auto) { return Opcode::AddI; })
      .Case<arith::SubIOp>([](auto) { return Opcode::SubI; })
      .Case<arith::MulIOp>([](auto) { return Opcode::MulI; })
      .Case<arith::DivSIOp>([](auto) { return Opcode::DivI; })
      .Case<arith::RemSIOp>([](auto) { return Opcode::RemI; })
      .Case<arith::MaxSIOp>([](auto) { return Opcode::MaxI; })
      .Case<arith::MinSIOp>([](auto) { return Opcode::MinI; })
      .Case<arith::AndIOp>([](auto) { return Opcode::AndI; })
      .Case<arith::OrIOp>([](auto) { return Opcode::OrI; })
      .Case<arith::XOrIOp>([](auto) { return Opcode::XorI; })
      .Case<arith::ShLIOp>([](auto) { return Opcode::ShlI; })
      .Case<arith::ShRSIOp>([](auto) { return Opcode::ShrI; })
      .Case<arith::SelectOp>([](auto) { return Opcode::Select; })
      .Case([](arith::TruncFOp op) { return getRounding(op.getType()); })
      .Case<arith::SIToFPOp>([](auto) { return Opcode::I32ToF32; })
      .Case<arith::FPToSIOp>([](auto) { return Opcode::F32ToI32; })
      .Case<math::ExpOp>([](auto) { return Opcode::ExpF; })
      .Case<math::LogOp>([](auto) { return Opcode::LogF; })
      .Case<math::TanhOp>([](auto) { return Opcode::TanhF; })
      .Case<math::ErfOp>([](auto) { return Opcode::ErfF; })
      .Case<math::SinOp>([](auto) { return Opcode::SinF; })
      .Case<math::CosOp>([](auto) { return Opcode::CosF; })
      .Case<math::PowFOp>([](auto) { return Opcode::PowF; })
      .Case<math::SqrtOp>([](auto) { return Opcode::SqrtF; })
      .Case<math::RsqrtOp>([](auto) { return Opcode::RsqrtF; })
      .Case<math::AbsFOp>([](auto) { return Opcode::AbsF; })
      .Case<math::FloorOp>([](auto) { return Opcode::FloorF; })
      .Case<math::CeilOp>([](auto) { return Opcode::CeilF; })
      .Case<math::RoundEvenOp>([](auto) { return Opcode::RoundF; })
      .Case<math::TruncOp>([](auto) { return Opcode::TruncF; })
      .Case<math::FmaOp>([](auto) { return Opcode::FmaF; })
      .Default([](Operation *) { return std::nullopt; });
}

/// Whether `op` is arithmetic on i1, whose 0 and 1 instructions would take as
/// numbers of 32 bits.
bool isBooleanArithmetic(Operation *op) {
  auto isBool = [](Value value) { return value.getType().isInteger(1); };
  if (isa<arith::AndIOp, arith::OrIOp, arith::XOrIOp, arith::SelectOp>(op))
    return false;
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    return isBool(compare.getLhs()) &&
           compare.getPredicate() != arith::CmpIPredicate::eq &&
           compare.getPredicate() != arith::CmpIPredicate::ne;
  return isa<arith::FPToSIOp>(op)
             ? isBool(op->getResult(0))
             : getOpcode(op) && llvm::any_of(op->getOperands(), isBool);
}

LogicalResult Translator::translate(Operation *op) {
  if (isBooleanArithmetic(op))
    return translateBoolean(op);
  if (std::optional<VectorOpcode> opcode = getOpcode(op))
    return emit(op, *opcode);
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](arith::ConstantOp constant) {
        auto value = cast<TypedAttr>(constant.getValue());
        return emit(constant.getResult(),
                    isa<FloatAttr>(value) ? VectorOpcode::ConstF32
                                          : VectorOpcode::ConstI32,
                    {}, getBits(value));
      })
      .Case([&](IndexOp index) {
        return emit(index.getResult(), VectorOpcode::Index, {}, index.getDim());
      })
      .Case<arith::CmpFOp, arith::CmpIOp>(
          [&](auto compare) { return translateCompare(compare); })
      .Case([&](arith::ExtFOp widening) { return translateWidening(widening); })
      .Case<arith::ExtUIOp>(
          [&](auto extend) { return translateExtend(extend, false); })
      .Case<arith::ExtSIOp>(
          [&](auto extend) { return translateExtend(extend, true); })
      .Case([&](arith::TruncIOp truncate) -> LogicalResult {
        if (failed(emitCopy(op)))
          return failure();
        return amend(truncate.getResult(), VectorOpcode::AndI,
                     VectorOpcode::ConstI32, 1);
      })
      .Case<arith::UIToFPOp>([&](auto convert) -> LogicalResult {
        if (!convert.getOperand().getType().isInteger(1))
          return emitAsRefusal(
              op->emitOpError("has no form on the vector engine for "
                              "unsigned integers wider than i1"));
        return emit(op, VectorOpcode::I32ToF32);
      })
      .Default([&](Operation *) { return refuse(op); });
}

LogicalResult Translator::refuse(Operation *op) {
  return emitAsRefusal(op->emitOpError("has no form on the vector engine"));
}

LogicalResult Translator::translateBoolean(Operation *op) {
  if (!isa<arith::SIToFPOp>(op))
    return refuse(op);
  if (failed(translateExtend(op, true)))
    return failure();
  uint8_t number = registers[op->getResult(0)];
  append(VectorOpcode::I32ToF32, number, number);
  return success();
}

/// Of i1, the only integers that are narrower than a register.
LogicalResult Translator::translateExtend(Operation *op, bool isSigned) {
  if (failed(emitCopy(op)))
    return failure();
  // As a signed number, i1 true is -1.
  return isSigned ? amend(op->getResult(0), VectorOpcode::MulI,
                          VectorOpcode::ConstI32, static_cast<uint32_t>(-1))
                  : success();
}

/// A number that nothing else reads stays in its register.
LogicalResult Translator::translateWidening(arith::ExtFOp op) {
  auto narrow = registers.find(op.getIn());
  if (narrow == registers.end() || !op.getIn().hasOneUse())
    return emitCopy(op);
  uint8_t shared = narrow->second;
  registers.erase(narrow);
  registers[op.getResult()] = shared;
  return success();
}

LogicalResult Translator::translateCompare(arith::CmpIOp op) {
  ComparePredicate predicate;
  switch (op.getPredicate()) {
  case arith::CmpIPredicate::eq:
    predicate = ComparePredicate::EQ;
    break;
  case arith::CmpIPredicate::ne:
    predicate = ComparePredicate::NE;
    break;
  case arith::CmpIPredicate::slt:
    predicate = ComparePredicate::LT;
    break;
  case arith::CmpIPredicate::sle:
    predicate = ComparePredicate::LE;
    break;
  case arith::CmpIPredicate::sgt:
    predicate = ComparePredicate::GT;
    break;
  case arith::CmpIPredicate::sge:
    predicate = ComparePredicate::GE;
    break;
  default:
    return emitAsRefusal(
        op.emitOpError("compares unsigned integers, which the vector "
                       "engine does not"));
  }
  return emit(op, VectorOpcode::CmpI, static_cast<uint32_t>(predicate));
}

LogicalResult Translator::translateCompare(arith::CmpFOp op) {
  // Comparisons of the engine are false on NaN, except NE. What else there is
  // takes several, into which convert-linalg-to-npu expands it.
  ComparePredicate predicate;
  switch (op.getPredicate()) {
  case arith::CmpFPredicate::OEQ:
    predicate = ComparePredicate::EQ;
    break;
  case arith::CmpFPredicate::UNE:
    predicate = ComparePredicate::NE;
    break;
  case arith::CmpFPredicate::OLT:
    predicate = ComparePredicate::LT;
    break;
  case arith::CmpFPredicate::OLE:
    predicate = ComparePredicate::LE;
    break;
  case arith::CmpFPredicate::OGT:
    predicate = ComparePredicate::GT;
    break;
  case arith::CmpFPredicate::OGE:
    predicate = ComparePredicate::GE;
    break;
  default:
    return emitAsRefusal(
        op.emitOpError("has no form on the vector engine, which compares by "
                       "oeq, une, olt, ole, ogt and oge, got: ")
        << arith::stringifyCmpFPredicate(op.getPredicate()));
  }
  return emit(op, VectorOpcode::CmpF, static_cast<uint32_t>(predicate));
}

} // namespace

/// What the commands of `op` store their outputs as; nothing where they differ
/// or there are none.
static SmallVector<ElementKind> getOutputKinds(MicroProgramOp op) {
  SmallVector<ElementKind> kinds;
  for (Operation *user : op->getUsers()) {
    auto command = dyn_cast<VectorCommandOp>(user);
    if (!command)
      continue;
    SmallVector<ElementKind> own;
    for (Attribute attribute : command.getDescriptors().getValue().drop_front(
             command.getInputs().size()))
      own.push_back(cast<DescriptorAttr>(attribute).getType());
    if (!kinds.empty() && kinds != own)
      return {};
    kinds = std::move(own);
  }
  return kinds;
}

FailureOr<MicroCode> translateMicroProgram(MicroProgramOp op) {
  SmallVector<int64_t> finishInputs;
  if (op.getFinishInputs())
    finishInputs = llvm::to_vector(*op.getFinishInputs());
  return Translator(op, op.getCombiners(), op.getBody(), op.getFinish(),
                    finishInputs, getOutputKinds(op))
      .run();
}

FailureOr<MicroCode> translateMicroProgram(VectorOp op) {
  // Numbers of inputs do not matter to those who ask for the code of a stage.
  SmallVector<int64_t> finishInputs;
  for (unsigned i = 0; i < op.getInputs().size(); ++i)
    finishInputs.push_back(i);
  std::optional<ArrayRef<bool>> unsignedOutputs = op.getUnsignedOutputs();
  SmallVector<ElementKind> outputKinds;
  for (auto [i, result] : llvm::enumerate(op.getResults()))
    outputKinds.push_back(
        getElementKind(getElementTypeOrSelf(result),
                       unsignedOutputs && (*unsignedOutputs)[i]));
  return Translator(op, op.getCombiners(), op.getBody(), op.getFinish(),
                    finishInputs, outputKinds)
      .run();
}

} // namespace garam::npu
