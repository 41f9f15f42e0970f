//===- NPUDialect.cpp - The npu dialect -----------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Support/FunctionAttributes.h"
#include "garam/Target/DeviceTarget.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "garam/Dialect/NPU/IR/NPUDialect.cpp.inc"
#include "garam/Dialect/NPU/IR/NPUEnums.cpp.inc"

namespace garam::npu {

/// A list in an attribute: `[` elements `]`.
template <typename ElementTy>
static ParseResult parseList(AsmParser &parser, SmallVector<ElementTy> &list) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
    FailureOr<ElementTy> element = FieldParser<ElementTy>::parse(parser);
    if (succeeded(element))
      list.push_back(*element);
    return LogicalResult(element);
  });
}
template <typename ElementTy>
static void printList(AsmPrinter &printer, ArrayRef<ElementTy> list) {
  printer << '[';
  printer.printStrippedAttrOrType(list);
  printer << ']';
}

} // namespace garam::npu

#define GET_ATTRDEF_CLASSES
#include "garam/Dialect/NPU/IR/NPUAttributes.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "garam/Dialect/NPU/IR/NPUTypes.cpp.inc"

void ::garam::npu::NPUDialect::initialize() {
  // lib/Target/NPU has the compiler behind it.
  declarePromisedInterface<DeviceTargetAttrInterface, TargetAttr>();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "garam/Dialect/NPU/IR/NPUAttributes.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "garam/Dialect/NPU/IR/NPUTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "garam/Dialect/NPU/IR/NPUOps.cpp.inc"
      >();
}

namespace garam::npu {

//===----------------------------------------------------------------------===//
// Attributes of functions
//===----------------------------------------------------------------------===//

static bool isBound(Attribute attr) {
  auto bound = dyn_cast<DictionaryAttr>(attr);
  return bound && isCount(bound.get(boundMACsKey)) &&
         isDuration(bound.get(boundSecondsKey)) &&
         isCount(bound.get(boundWeightBytesKey));
}

static bool areNodeEnds(Attribute attr) {
  auto ends = dyn_cast<DictionaryAttr>(attr);
  return ends && llvm::all_of(ends, [](NamedAttribute end) {
           return isDuration(end.getValue());
         });
}

static bool isFusion(Attribute attr) {
  auto fusion = dyn_cast<DictionaryAttr>(attr);
  return fusion &&
         llvm::all_of(
             ArrayRef<StringRef>{fusionSecondsKey, fusionBoundKey,
                                 fusionWholeKey},
             [&](StringRef key) { return isDuration(fusion.get(key)); });
}

static bool isChoice(Attribute attr) {
  auto choice = dyn_cast<DictionaryAttr>(attr);
  if (!choice)
    return false;
  auto nodes = choice.getAs<ArrayAttr>(choiceNodesKey);
  auto seconds = choice.getAs<FloatAttr>(choiceSecondsKey);
  return nodes && llvm::all_of(nodes, llvm::IsaPred<StringAttr>) &&
         choice.getAs<StringAttr>(choiceChosenKey) &&
         choice.getAs<StringAttr>(choiceNextKey) && seconds &&
         seconds.getType().isF64() && seconds.getValue().isFinite() &&
         choice.getAs<BoolAttr>(choiceExactKey);
}

static bool areChoices(Attribute attr) {
  auto choices = dyn_cast<ArrayAttr>(attr);
  return choices && llvm::all_of(choices, isChoice);
}

LogicalResult NPUDialect::verifyOperationAttribute(Operation *op,
                                                   NamedAttribute named) {
  return verifyFunctionAttribute(
      op, named,
      {{BoundAttrHelper::getNameStr(), isBound,
        "{macs, compute_s, weight_bytes}"},
       {EstimateAttrHelper::getNameStr(), isDuration, "seconds as an f64"},
       {NodeEndsAttrHelper::getNameStr(), areNodeEnds,
        "{node = seconds as an f64, ...}"},
       {FusionAttrHelper::getNameStr(), isFusion,
        "{seconds, bound_s, whole_s}"},
       {ChoicesAttrHelper::getNameStr(), areChoices,
        "a list of {nodes, chosen, next, seconds, exact}"}});
}

} // namespace garam::npu
