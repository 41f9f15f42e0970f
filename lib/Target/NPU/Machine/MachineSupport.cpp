//===- MachineSupport.cpp - Commands that a machine can execute -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Machine/Timing.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

using llvm::ArrayRef;

namespace garam::npu {

/// I8 and U8 share a mode; other types have their own.
static ElementType getModeType(ElementType type) {
  return type == ElementType::U8 ? ElementType::I8 : type;
}

/// Whether `command` divides no dimension into more parts than `share`.
static bool isWithin(const TensorCommand &command, const UnitShare &share) {
  for (unsigned dim = 0; dim < maxRowDims; ++dim)
    if (command.unitRows[dim] > share.rows[dim])
      return false;
  return command.unitColumns <= share.columns &&
         command.unitReduction <= share.reduction;
}

static llvm::Error checkUnits(const TensorCommand &command,
                              const MachineDescription &machine) {
  const TensorEngineDescription &tensor = machine.tensor;
  uint64_t units = uint64_t(command.unitColumns) * command.unitReduction;
  for (uint16_t parts : command.unitRows)
    units = llvm::SaturatingMultiply<uint64_t>(units, parts);
  bool isShared = tensor.grid ? llvm::any_of(tensor.grid->shares,
                                             [&](const UnitShare &share) {
                                               return isWithin(command, share);
                                             })
                              : command.unitReduction == 1;
  if (units > 0 && units <= tensor.units && isShared)
    return llvm::Error::success();
  std::string message = "unitRows";
  for (uint16_t parts : command.unitRows)
    message += " " + std::to_string(parts);
  return llvm::createStringError(
      message + ", unitColumns " + std::to_string(command.unitColumns) +
      ", unitReduction " + std::to_string(command.unitReduction) +
      ", but a core of '" + machine.name + "' has " +
      std::to_string(tensor.units) + " units" +
      (isShared ? "" : ", which do not share a command so"));
}

llvm::Error checkSupported(const TensorCommand &command,
                           const MachineDescription &machine) {
  const TensorEngineDescription &tensor = machine.tensor;
  ElementType type = command.activation.type;
  if (!machine.findMode(type))
    return llvm::createStringError("the tensor engine of '" + machine.name +
                                   "' has no mode for type " +
                                   getName(type).str());
  if (getModeType(type) != getModeType(command.weight.type))
    return llvm::createStringError("the tensor engine multiplies equal types, "
                                   "got activation " +
                                   getName(type).str() + " and weight " +
                                   getName(command.weight.type).str());
  if (llvm::Error error = checkUnits(command, machine))
    return error;
  if (command.hasResidual && command.store && !tensor.addsResidual())
    return llvm::createStringError("a residual, but the tensor engine of '" +
                                   machine.name + "' cannot add tensors");
  if (requantizes(command) && !tensor.addsResidual())
    return llvm::createStringError(
        "a quantisation inside of its epilogue, but the tensor engine of '" +
        machine.name + "' quantises results only");
  uint64_t bytes = getAccumulatorBytes(command, machine);
  if (bytes > tensor.accumulatorBytes)
    return llvm::createStringError(
        "rows * columns (rounded up to the array) need " +
        std::to_string(bytes) + " bytes of accumulators, but a core of '" +
        machine.name + "' has " + std::to_string(tensor.accumulatorBytes));
  return llvm::Error::success();
}

/// The float operations that requantisation consists of: scale, add, round,
/// clamp and the conversions. A chip without float arithmetic has them as a
/// fixed function.
static bool isRequantisation(VectorOpcode opcode) {
  switch (opcode) {
  case VectorOpcode::AddF:
  case VectorOpcode::SubF:
  case VectorOpcode::MulF:
  case VectorOpcode::DivF:
  case VectorOpcode::FmaF:
  case VectorOpcode::MaxF:
  case VectorOpcode::MinF:
  case VectorOpcode::NegF:
  case VectorOpcode::RoundF:
  case VectorOpcode::F32ToI32:
  case VectorOpcode::I32ToF32:
    return true;
  default:
    return false;
  }
}

static bool isFloat(VectorOpcode opcode) {
  return (opcode >= VectorOpcode::AddF && opcode <= VectorOpcode::SigmoidF) ||
         opcode == VectorOpcode::CmpF ||
         (opcode >= VectorOpcode::F32ToI32 && opcode <= VectorOpcode::RoundF16);
}

llvm::Error checkSupported(const VectorCommand &command,
                           const MachineDescription &machine) {
  if (machine.vector.hasFloat)
    return llvm::Error::success();
  for (ArrayRef<VectorInstruction> part :
       {ArrayRef(command.body), ArrayRef(command.finish)})
    for (const VectorInstruction &instruction : part)
      if (isFloat(instruction.opcode) && !isRequantisation(instruction.opcode))
        return llvm::createStringError(
            "float operation " + getInfo(instruction.opcode)->name +
            ", but the vector engine of '" + machine.name +
            "' has no float arithmetic beyond requantisation");
  return llvm::Error::success();
}

static llvm::Error checkSpace(const Address &address,
                              const MachineDescription &machine) {
  if (address.space == MemorySpace::Shared && machine.shared.bytes == 0)
    return llvm::createStringError("'" + machine.name + "' has no shared SRAM");
  if (address.space == MemorySpace::Local && address.index >= machine.cores)
    return llvm::createStringError("core " + std::to_string(address.index) +
                                   ", but '" + machine.name + "' has " +
                                   std::to_string(machine.cores) + " cores");
  return llvm::Error::success();
}

llvm::Error checkSupported(const DMACommand &command,
                           const MachineDescription &machine) {
  if (command.kind != DMAKind::Fill)
    if (llvm::Error error = checkSpace(command.source.address, machine))
      return error;
  if (llvm::Error error = checkSpace(command.destination.address, machine))
    return error;
  if (command.kind == DMAKind::Gather)
    if (llvm::Error error = checkSpace(command.indirection.address, machine))
      return error;
  // That the cores exist is a rule of the program (C23).
  if (llvm::popcount(command.multicast) > 1 && !machine.network.multicast)
    return llvm::createStringError("multicast, but the network of '" +
                                   machine.name + "' has none");
  return llvm::Error::success();
}

llvm::Error checkSupported(const ResidentBytes &bytes,
                           const MachineDescription &machine) {
  uint64_t size = machine.shared.bytes;
  if (bytes.space == MemorySpace::Local)
    size = bytes.index < machine.cores ? machine.local.bytes : 0;
  if (bytes.getEnd() <= size)
    return llvm::Error::success();
  return llvm::createStringError(
      "resident bytes [" + std::to_string(bytes.offset) + ", " +
      std::to_string(bytes.getEnd()) + ") lie outside the " +
      getName(bytes.space).str() + " memory of '" + machine.name +
      "', which has " + std::to_string(size) + " bytes");
}

} // namespace garam::npu
