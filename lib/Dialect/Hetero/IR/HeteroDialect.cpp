//===- HeteroDialect.cpp - The hetero dialect -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Hetero/IR/Hetero.h"

#include "garam/Target/CompileTarget.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "garam/Dialect/Hetero/IR/HeteroDialect.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "garam/Dialect/Hetero/IR/HeteroTypes.cpp.inc"

namespace garam::hetero {

bool isUsableScale(const llvm::APFloat &scale) {
  return scale.isFiniteNonZero() && !scale.isNegative();
}

/// An operation runs on a device of its module's system, as far as that says
/// one.
static LogicalResult verifyDevice(Operation *op, NamedAttribute named) {
  auto name = dyn_cast<StringAttr>(named.getValue());
  if (!name)
    return op->emitOpError("has '")
           << deviceAttrName
           << "', which is the name of a device, got: " << named.getValue();
  auto module = op->getParentOfType<ModuleOp>();
  auto system =
      module ? module->getAttrOfType<SystemAttr>(systemAttrName) : SystemAttr();
  if (!system)
    return success();
  DeviceAttr device = system.lookup(name.getValue());
  if (!device)
    return op->emitOpError("has '")
           << deviceAttrName << "', which is a device of the system '"
           << system.getName() << "', got: " << name;
  return success();
}

/// Whether this is [id, device, {DEVICE = REASON, ...}], of one of the devices
/// of `system` as far as that is known.
static bool isPlacedNode(Attribute attr, SystemAttr system) {
  auto node = dyn_cast<ArrayAttr>(attr);
  if (!node || node.size() != 3)
    return false;
  auto device = dyn_cast<StringAttr>(node[1]);
  auto reasons = dyn_cast<DictionaryAttr>(node[2]);
  return isa<StringAttr>(node[0]) && device && reasons &&
         (!system || system.lookup(device.getValue())) &&
         llvm::all_of(reasons, [](NamedAttribute reason) {
           return isa<StringAttr>(reason.getValue());
         });
}

static LogicalResult verifyPlacement(Operation *op, NamedAttribute named) {
  auto nodes = dyn_cast<ArrayAttr>(named.getValue());
  if (!isa<ModuleOp>(op) || !nodes)
    return op->emitOpError("has '")
           << placementAttrName
           << "', which lists the nodes of a module, got: " << named.getValue();
  auto system = op->getAttrOfType<SystemAttr>(systemAttrName);
  for (Attribute node : nodes)
    if (!isPlacedNode(node, system))
      return op->emitOpError("has '")
             << placementAttrName
             << "', whose entries are [id, device of the system, {device = "
                "reason}], got: "
             << node;
  return success();
}

/// Whether this is [device, [id, ...], reason].
static bool isRefused(Attribute attr) {
  auto entry = dyn_cast<ArrayAttr>(attr);
  if (!entry || entry.size() != 3)
    return false;
  auto nodes = dyn_cast<ArrayAttr>(entry[1]);
  return isa<StringAttr>(entry[0]) && nodes &&
         llvm::all_of(nodes, llvm::IsaPred<StringAttr>) &&
         isa<StringAttr>(entry[2]);
}

static LogicalResult verifyRefused(Operation *op, NamedAttribute named) {
  auto entries = dyn_cast<ArrayAttr>(named.getValue());
  if (!isa<ModuleOp>(op) || !entries || !llvm::all_of(entries, isRefused))
    return op->emitOpError("has '")
           << refusedAttrName
           << "', which lists [device, [id, ...], reason] for a module, got: "
           << named.getValue();
  return success();
}

/// What is taken of the device of a function.
static LogicalResult verifyTaken(Operation *op, NamedAttribute named) {
  if (isa<func::FuncOp>(op) && readTaken(named.getValue()))
    return success();
  return op->emitOpError("has '")
         << takenAttrName
         << "', which lists {resource, begin, end, shared?} for a function, in "
            "order and without overlaps, got: "
         << named.getValue();
}

LogicalResult HeteroDialect::verifyOperationAttribute(Operation *op,
                                                      NamedAttribute named) {
  if (named.getName() == deviceAttrName)
    return verifyDevice(op, named);
  if (named.getName() == placementAttrName)
    return verifyPlacement(op, named);
  if (named.getName() == refusedAttrName)
    return verifyRefused(op, named);
  if (named.getName() == takenAttrName)
    return verifyTaken(op, named);
  if (named.getName() == systemAttrName &&
      (!isa<ModuleOp>(op) || !isa<SystemAttr>(named.getValue())))
    return op->emitOpError("has '")
           << systemAttrName
           << "', which is the system of a module, got: " << named.getValue();
  if (named.getName() != loweredAttrName)
    return success();
  auto type = dyn_cast<TypeAttr>(named.getValue());
  if (!isa<func::FuncOp>(op) || !type || !isa<FunctionType>(type.getValue()))
    return op->emitOpError("has '")
           << loweredAttrName
           << "', which is the former type of a function, got: "
           << named.getValue();
  return success();
}

/// What the host computes for a tensor of 8-bit integers.
static LogicalResult verifyQuantization(Operation *op, Type type,
                                        NamedAttribute named) {
  if (named.getName() != quantizationAttrName)
    return success();
  auto attrs = dyn_cast<DictionaryAttr>(named.getValue());
  auto scale = attrs ? attrs.getAs<FloatAttr>("scale") : FloatAttr();
  auto zero = attrs ? attrs.getAs<IntegerAttr>("zero_point") : IntegerAttr();
  bool hasUnsigned = attrs && attrs.contains("is_unsigned");
  bool isRight = scale && scale.getType().isF32() && zero &&
                 zero.getType().isInteger(64) &&
                 (!hasUnsigned || attrs.getAs<UnitAttr>("is_unsigned")) &&
                 attrs.size() == (hasUnsigned ? 3 : 2);
  if (!isRight)
    return op->emitOpError("has a '")
           << quantizationAttrName
           << "' other than {scale : f32, zero_point : i64, is_unsigned?}: "
           << named.getValue();
  if (!isUsableScale(scale.getValue()))
    return op->emitOpError("has a '")
           << quantizationAttrName << "' whose scale is not finite and above 0";
  int64_t zeroPoint = zero.getInt();
  if (hasUnsigned ? !llvm::isUInt<8>(zeroPoint) : !llvm::isInt<8>(zeroPoint))
    return op->emitOpError("has a '")
           << quantizationAttrName << "' whose zero point, " << zeroPoint
           << ", is outside of its " << (hasUnsigned ? "unsigned" : "signed")
           << " 8-bit integers";
  if (!getElementTypeOrSelf(type).isInteger(8))
    return op->emitOpError("has a '")
           << quantizationAttrName << "' of no 8-bit integers: " << type;
  return success();
}

LogicalResult HeteroDialect::verifyRegionArgAttribute(Operation *op, unsigned,
                                                      unsigned number,
                                                      NamedAttribute named) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  return function ? verifyQuantization(op, function.getArgumentTypes()[number],
                                       named)
                  : success();
}

LogicalResult HeteroDialect::verifyRegionResultAttribute(Operation *op,
                                                         unsigned,
                                                         unsigned number,
                                                         NamedAttribute named) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  return function
             ? verifyQuantization(op, function.getResultTypes()[number], named)
             : success();
}

} // namespace garam::hetero

void ::garam::hetero::HeteroDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "garam/Dialect/Hetero/IR/HeteroTypes.cpp.inc"
      >();
  addSystemAttributes();
  addOperations<
#define GET_OP_LIST
#include "garam/Dialect/Hetero/IR/HeteroOps.cpp.inc"
      >();
}
