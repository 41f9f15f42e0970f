//===- VectorRegions.cpp - Regions of the vector engine -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What the regions of npu.vector and of npu.micro_program hold: their values
// are registers of the vector engine.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/IR/ElementKinds.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>

using namespace mlir;

namespace garam::npu {

//===----------------------------------------------------------------------===//
// Registers
//===----------------------------------------------------------------------===//

/// The type of a register into which an element is widened.
static Type getRegisterType(Value tensor) {
  Type type = getElementTypeOrSelf(tensor);
  MLIRContext *context = type.getContext();
  return isa<FloatType>(type) ? Type(Float32Type::get(context))
                              : Type(IntegerType::get(context, 32));
}

static Type getRegisterType(DescriptorAttr descriptor) {
  MLIRContext *context = descriptor.getContext();
  return isInteger(getElementType(descriptor.getType()))
             ? Type(IntegerType::get(context, 32))
             : Type(Float32Type::get(context));
}

/// The types of the registers that combine values.
static SmallVector<Type> getSumTypes(ArrayAttr combiners) {
  return llvm::map_to_vector(
      combiners.getAsRange<CombinerAttr>(),
      [](CombinerAttr combiner) { return combiner.getInitial().getType(); });
}

/// Whether a store takes `stored` for an element whose register is `type`:
/// stores round f32 to integers.
static bool isStored(Type stored, Type type) {
  return stored == type || (stored.isF32() && type.isInteger(32));
}

/// Whether a register holds a result of `op` that is of type `type`. One that
/// holds a rounded number holds it as f32.
static bool isRegister(Operation &op, Type type) {
  return type.isF32() || type.isInteger(32) || type.isInteger(1) ||
         (isa<arith::TruncFOp>(op) && (type.isF16() || type.isBF16()));
}

static LogicalResult verifyRegisters(Operation *op, Block &block,
                                     StringRef constraint = "") {
  for (Operation &inner : block.without_terminator()) {
    if (!isa<IndexOp>(inner) &&
        !isa_and_present<arith::ArithDialect, math::MathDialect>(
            inner.getDialect()))
      return op->emitOpError(constraint)
             << "regions hold arith and math operations and npu.index, got: '"
             << inner.getName() << "'";
    for (Type type : inner.getResultTypes())
      if (!isRegister(inner, type))
        return op->emitOpError(constraint)
               << "values in regions are f32, i32 or i1, got: " << type
               << " of '" << inner.getName() << "'";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// VectorOp
//===----------------------------------------------------------------------===//

static LogicalResult verifyArguments(VectorOp op, Block &block, StringRef name,
                                     ArrayRef<Type> expected) {
  if (block.getNumArguments() != expected.size())
    return op.emitOpError("(C7) ")
           << name << " needs " << expected.size()
           << " arguments, got: " << block.getNumArguments();
  for (auto [i, type] : llvm::enumerate(expected))
    if (block.getArgument(i).getType() != type)
      return op.emitOpError("(C7) argument ")
             << i << " of " << name << " is " << type
             << ", got: " << block.getArgument(i).getType();
  return success();
}

static LogicalResult verifyYield(VectorOp op, Block &block, StringRef name,
                                 ArrayRef<Type> expected, bool isStoring) {
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield || yield.getValues().size() != expected.size())
    return op.emitOpError("(C8) ")
           << name << " yields " << expected.size() << " values";
  for (auto [value, type] : llvm::zip_equal(yield.getValues(), expected))
    if (value.getType() != type &&
        !(isStoring && isStored(value.getType(), type)))
      return op.emitOpError("(C8) ")
             << name << " yields " << type << ", got: " << value.getType();
  return success();
}

LogicalResult VectorOp::verifyRegions() {
  SmallVector<Type> inputs, outputs;
  for (Value input : getInputs())
    inputs.push_back(getRegisterType(input));
  for (Value result : getResults())
    outputs.push_back(getRegisterType(result));
  SmallVector<Type> sums = getSumTypes(getCombiners());
  Block &body = getBody().front();
  bool hasFinish = !getFinish().empty();
  if (failed(verifyArguments(*this, body, "body", inputs)) ||
      failed(verifyYield(*this, body, "body", hasFinish ? sums : outputs,
                         /*isStoring=*/!hasFinish)) ||
      failed(verifyRegisters(*this, body, "(C9) ")))
    return failure();
  if (!hasFinish)
    return success();
  SmallVector<Type> finishTypes = sums;
  unsigned numParallel = getSizes().size() - getNumReductions();
  auto isReduced = [&](AffineMap map) {
    return llvm::any_of(llvm::seq<unsigned>(numParallel, getSizes().size()),
                        [&](unsigned dim) { return map.isFunctionOfDim(dim); });
  };
  for (auto [type, map] :
       llvm::zip(inputs, getIndexingMaps().getAsValueRange<AffineMapAttr>()))
    if (!isReduced(map))
      finishTypes.push_back(type);
  Block &finish = getFinish().front();
  if (failed(verifyArguments(*this, finish, "finish", finishTypes)) ||
      failed(verifyYield(*this, finish, "finish", outputs,
                         /*isStoring=*/true)) ||
      failed(verifyRegisters(*this, finish, "(C9) ")))
    return failure();
  return success();
}

LogicalResult IndexOp::verify() {
  auto vector = (*this)->getParentOfType<VectorOp>();
  if (!vector)
    return emitOpError("(C1) stands in npu.vector");
  int64_t rank = vector.getSizes().size();
  // A combined value has no index in a dimension that it was combined over.
  if (vector.getFinish().isAncestor((*this)->getParentRegion()))
    rank -= vector.getNumReductions();
  if (getDim() >= static_cast<uint64_t>(rank))
    return emitOpError("(C2) dimension is 0 to ")
           << rank - 1 << ", got: " << static_cast<int64_t>(getDim());
  if (int64_t size = vector.getSizes()[getDim()];
      size > std::numeric_limits<int32_t>::max())
    return emitOpError("(C3) an index is an i32, which does not count to ")
           << size;
  return success();
}

//===----------------------------------------------------------------------===//
// MicroProgramOp and its commands
//===----------------------------------------------------------------------===//

LogicalResult MicroProgramOp::verifyRegions() {
  Block &body = getBody().front();
  if (failed(verifyRegisters(*this, body)))
    return failure();
  if (getFinish().empty())
    return success();
  SmallVector<Type> sums = getSumTypes(getCombiners());
  for (auto [value, type] :
       llvm::zip_equal(body.getTerminator()->getOperands(), sums))
    if (value.getType() != type)
      return emitOpError("yields ")
             << type << " to a combiner, got: " << value.getType();
  SmallVector<Type> arguments = sums;
  for (int64_t input : getFinishInputs().value_or(ArrayRef<int64_t>()))
    arguments.push_back(body.getArgument(input).getType());
  Block &finish = getFinish().front();
  for (auto [argument, type] :
       llvm::zip_equal(finish.getArguments(), arguments))
    if (argument.getType() != type)
      return emitOpError("takes ")
             << type << " as argument #" << argument.getArgNumber()
             << " of 'finish', got: " << argument.getType();
  return verifyRegisters(*this, finish);
}

/// What a program stores; nothing where its own verification finds faults.
static YieldOp findStores(MicroProgramOp program) {
  Region &last =
      program.getFinish().empty() ? program.getBody() : program.getFinish();
  if (last.empty() || last.front().empty())
    return nullptr;
  return dyn_cast<YieldOp>(last.front().back());
}

LogicalResult VectorCommandOp::verifyRegisters() {
  auto program = getProgram().getDefiningOp<MicroProgramOp>();
  YieldOp yield = findStores(program);
  if (!yield)
    return success();
  OperandRange stored = yield.getValues();
  if (stored.size() != getOutputs().size())
    return emitOpError("needs one output a value of its program, got: ")
           << getOutputs().size() << " != " << stored.size();
  auto descriptors = getDescriptors().getAsRange<DescriptorAttr>().begin();
  for (BlockArgument argument : program.getBody().getArguments())
    if (Type type = getRegisterType(*descriptors++); argument.getType() != type)
      return emitOpError("loads ")
             << type << " for argument #" << argument.getArgNumber()
             << " of its program, which is " << argument.getType();
  for (Value value : stored)
    if (Type type = getRegisterType(*descriptors++);
        !isStored(value.getType(), type))
      return emitOpError("stores ")
             << type << ", its program yields " << value.getType();
  return success();
}

} // namespace garam::npu
