//===- PIMInstructionOps.cpp - Micro-kernels ------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/PIM/IR/PIM.h"
#include "garam/Target/PIM/Machine/Rules.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace garam::pim {

//===----------------------------------------------------------------------===//
// Operations and instructions
//===----------------------------------------------------------------------===//

static Operand getOperand(OperandAttr attr) {
  // An index that does not fit is reported as such.
  constexpr unsigned maxIndex = 255;
  return {attr.getOperandClass(),
          static_cast<uint8_t>(std::min(attr.getIndex(), maxIndex))};
}

template <typename Op>
static Instruction getArithmetic(Opcode opcode, Op op) {
  Instruction i;
  i.opcode = opcode;
  i.destination = getOperand(op.getDestination());
  i.source0 = getOperand(op.getSource0());
  i.source1 = getOperand(op.getSource1());
  i.autoIndex = op.getAutoIndex();
  return i;
}

template <typename Op>
static Instruction getMove(Opcode opcode, Op op) {
  Instruction i;
  i.opcode = opcode;
  i.destination = getOperand(op.getDestination());
  i.source0 = getOperand(op.getSource0());
  i.relu = op.getRelu();
  return i;
}

std::optional<Instruction> getInstruction(Operation *operation) {
  using Result = std::optional<Instruction>;
  return TypeSwitch<Operation *, Result>(operation)
      .Case([](AddOp op) { return getArithmetic(Opcode::Add, op); })
      .Case([](MulOp op) { return getArithmetic(Opcode::Mul, op); })
      .Case([](MacOp op) { return getArithmetic(Opcode::Mac, op); })
      .Case([](MadOp op) {
        Instruction i = getArithmetic(Opcode::Mad, op);
        i.source2 = getOperand(op.getSource2());
        return i;
      })
      .Case([](MovOp op) { return getMove(Opcode::Mov, op); })
      .Case([](FillOp op) { return getMove(Opcode::Fill, op); })
      .Case([](NopOp op) {
        Instruction i;
        i.count = op.getCount();
        return i;
      })
      .Case([](JumpOp op) {
        Instruction i;
        i.opcode = Opcode::Jump;
        i.count = op.getCount();
        i.offset = op.getOffset();
        return i;
      })
      .Case([](ExitOp) {
        Instruction i;
        i.opcode = Opcode::Exit;
        return i;
      })
      .Default(Result());
}

void createInstruction(OpBuilder &builder, mlir::Location loc,
                       const Instruction &i) {
  auto attr = [&](const Operand &operand) {
    return OperandAttr::get(builder.getContext(), operand.operandClass,
                            operand.index);
  };
  OperandAttr destination = attr(i.destination), source0 = attr(i.source0),
              source1 = attr(i.source1);
  switch (i.opcode) {
  case Opcode::Nop:
    NopOp::create(builder, loc, i.count);
    break;
  case Opcode::Add:
    AddOp::create(builder, loc, destination, source0, source1, i.autoIndex);
    break;
  case Opcode::Mul:
    MulOp::create(builder, loc, destination, source0, source1, i.autoIndex);
    break;
  case Opcode::Mac:
    MacOp::create(builder, loc, destination, source0, source1, i.autoIndex);
    break;
  case Opcode::Mad:
    MadOp::create(builder, loc, destination, source0, source1, attr(i.source2),
                  i.autoIndex);
    break;
  case Opcode::Mov:
    MovOp::create(builder, loc, destination, source0, i.relu);
    break;
  case Opcode::Fill:
    FillOp::create(builder, loc, destination, source0, i.relu);
    break;
  case Opcode::Jump:
    JumpOp::create(builder, loc, i.count, i.offset);
    break;
  case Opcode::Exit:
    ExitOp::create(builder, loc);
    break;
  }
}

std::vector<Instruction> getProgram(MicroKernelOp kernel) {
  std::vector<Instruction> program;
  for (Operation &op : kernel.getBody().front())
    if (std::optional<Instruction> instruction = getInstruction(&op))
      program.push_back(*instruction);
  return program;
}

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

static LogicalResult verifyInstruction(Operation *op) {
  std::string message = checkInstruction(*getInstruction(op));
  if (message.empty())
    return success();
  return op->emitOpError("breaks the rule of operands: ") << message;
}

LogicalResult AddOp::verify() { return verifyInstruction(*this); }
LogicalResult MulOp::verify() { return verifyInstruction(*this); }
LogicalResult MacOp::verify() { return verifyInstruction(*this); }
LogicalResult MadOp::verify() { return verifyInstruction(*this); }
LogicalResult MovOp::verify() { return verifyInstruction(*this); }
LogicalResult FillOp::verify() { return verifyInstruction(*this); }
LogicalResult NopOp::verify() { return verifyInstruction(*this); }
LogicalResult JumpOp::verify() { return verifyInstruction(*this); }
LogicalResult ExitOp::verify() { return verifyInstruction(*this); }

LogicalResult MicroKernelOp::verifyRegions() {
  SmallVector<Operation *> operations;
  for (Operation &op : getBody().front()) {
    operations.push_back(&op);
    if (!getInstruction(&op))
      return emitOpError("(C1) holds instructions only, got: ") << op.getName();
  }
  Profile profile = getPipeline() ? Profile::Silicon : Profile::Simulator;
  for (const Finding &finding : checkProgram(getProgram(*this), profile)) {
    if (finding.severity == Severity::Warning && finding.rule != Rule::Hazard)
      continue;
    InFlightDiagnostic error = emitOpError("(C2) breaks the rule of ")
                               << getName(finding.rule) << ": "
                               << finding.message;
    if (finding.instruction < operations.size())
      error.attachNote(operations[finding.instruction]->getLoc())
          << "at instruction " << finding.instruction;
    return error;
  }
  return success();
}

} // namespace garam::pim
