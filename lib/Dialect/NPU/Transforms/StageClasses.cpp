//===- StageClasses.cpp - Stages that cost the same -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageClasses.h"

#include "EngineTimes.h"
#include "TileGeometry.h"

using namespace mlir;

namespace garam::npu {
namespace {

/// Writes what the cost of a stage depends on into a list of numbers.
class KeyWriter {
public:
  template <typename T>
  void add(T number) {
    key.push_back(static_cast<int64_t>(number));
  }
  template <typename RangeT>
  void addAll(const RangeT &range) {
    add(range.size());
    for (const auto &number : range)
      add(number);
  }

  void addOperand(const StageOperand &operand) {
    add(operand.role);
    add(operand.type);
    add(operand.isHeld);
    add(isPackable(operand));
    addAll(getTensorType(operand.tensor).getShape());
    addAll(getMemoryOrder(operand.tensor));
    addAll(operand.constants);
    for (const auto &row : operand.coefficients)
      addAll(row);
    addAll(operand.padding);
  }

  void addInstructions(ArrayRef<VectorInstruction> instructions) {
    add(instructions.size());
    for (const VectorInstruction &instruction : instructions) {
      add(instruction.opcode);
      add(instruction.destination);
      add(instruction.a);
      add(instruction.b);
      add(instruction.c);
      // Times do not depend on the values of constants.
      bool isConstant = instruction.opcode == VectorOpcode::ConstF32 ||
                        instruction.opcode == VectorOpcode::ConstI32;
      add(isConstant ? 0 : instruction.immediate);
    }
  }

  void addCode(const MicroCode &code) {
    addInstructions(code.body);
    addInstructions(code.finish);
    add(code.reductions.size());
    for (const VectorReduction &reduction : code.reductions) {
      add(reduction.combiner);
      add(reduction.source);
      add(reduction.accumulator);
      add(reduction.initialInput);
    }
    add(code.outputs.size());
    for (const VectorOutput &output : code.outputs) {
      add(output.source);
      add(output.isFloat);
      add(quantizes(output));
    }
  }

  std::vector<int64_t> key;
};

} // namespace

unsigned StageClasses::getClass(const Stage &stage) {
  if (auto known = contracts.find(stage.op); known != contracts.end())
    return known->second;
  KeyWriter writer;
  writer.add(stage.isContract());
  writer.addAll(stage.sizes);
  writer.addAll(stage.kinds);
  for (ArrayRef<StageOperand> operands :
       {ArrayRef(stage.inputs), ArrayRef(stage.outputs)}) {
    writer.add(operands.size());
    for (const StageOperand &operand : operands)
      writer.addOperand(operand);
  }
  if (auto op = dyn_cast<VectorOp>(stage.op)) {
    FailureOr<MicroCode> code = translateMicroProgram(op);
    writer.add(succeeded(code));
    if (succeeded(code))
      writer.addCode(*code);
    for (const StageOperand &input : stage.inputs) {
      auto contract = input.tensor.getDefiningOp<ContractOp>();
      writer.add(contract ? static_cast<int64_t>(getClass(getStage(contract)))
                          : -1);
    }
  }
  unsigned number = numbers.get(std::move(writer.key));
  if (stage.isContract())
    contracts[stage.op] = number;
  return number;
}

} // namespace garam::npu
