//===- SizeInputs.cpp - Inputs and outputs of sizes of run time -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "garam/Support/CountedSizes.h"
#include "garam/Support/NodeIds.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Transforms/Passes.h"
#include "garam/Transforms/SizeAnalysis.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_SIZEINPUTS
#include "garam/Transforms/Passes.h.inc"

namespace {

/// Names of an argument's dimensions, by the importer.
constexpr llvm::StringLiteral importedNamesAttr = "onnx.dims";

struct SizeInputs : impl::SizeInputsBase<SizeInputs> {
  void runOnOperation() override;

private:
  bool checkInputs(func::FuncOp function);
  void addSizes(func::FuncOp function);
  void takeInput(func::FuncOp function, unsigned number, OpBuilder &builder);
  LogicalResult placeOutputs(func::FuncOp function);

  std::vector<SizeSymbol> symbols;
};

} // namespace

/// The symbol of a dimension of an argument; null: it has none.
static const SizeSymbol *findSymbol(func::FuncOp function, unsigned number,
                                    int64_t dim, ArrayRef<SizeSymbol> symbols) {
  auto names = function.getArgAttrOfType<ArrayAttr>(number, importedNamesAttr);
  if (!names)
    return nullptr;
  StringRef name = cast<StringAttr>(names[dim]).getValue();
  auto *found = llvm::find_if(
      symbols, [&](const SizeSymbol &symbol) { return symbol.name == name; });
  return found == symbols.end() || name.empty() ? nullptr : found;
}

/// Whether each dimension that is not fixed has a symbol; otherwise devices say
/// which have none.
bool SizeInputs::checkInputs(func::FuncOp function) {
  for (BlockArgument argument : function.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      return false;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (type.isDynamicDim(dim) &&
          !findSymbol(function, argument.getArgNumber(), dim, symbols))
        return false;
  }
  return true;
}

void SizeInputs::addSizes(func::FuncOp function) {
  Builder builder(function.getContext());
  auto attrs = builder.getDictionaryAttr(
      {builder.getNamedAttr(
           valueNameAttrName,
           builder.getStringAttr(makeValueName(function, "sizes"))),
       builder.getNamedAttr(symbolsAttrName,
                            makeSymbolsAttr(function.getContext(), symbols))});
  auto type = RankedTensorType::get({static_cast<int64_t>(symbols.size())},
                                    builder.getI64Type());
  // Fails for functions of types without arguments only.
  (void)function.insertArgument(function.getNumArguments(), type, attrs,
                                function.getLoc());
}

void SizeInputs::takeInput(func::FuncOp function, unsigned number,
                           OpBuilder &builder) {
  BlockArgument argument = function.getArgument(number);
  auto type = cast<RankedTensorType>(argument.getType());
  if (type.hasStaticShape())
    return;
  Location loc = argument.getLoc();
  SizeAnalysis analysis(function);
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<StringRef> names(shape.size());
  SmallVector<Value> sizes;
  for (auto [dim, size] : llvm::enumerate(shape)) {
    if (!ShapedType::isDynamic(size))
      continue;
    const SizeSymbol *symbol = findSymbol(function, number, dim, symbols);
    size = symbol->most;
    names[dim] = symbol->name;
    sizes.push_back(analysis.makeIndex(
        builder, loc,
        getAffineSymbolExpr(symbol - symbols.data(), builder.getContext())));
  }
  argument.setType(type.clone(shape));
  auto front = ext::TakeFrontOp::create(builder, loc, type, argument, sizes);
  argument.replaceAllUsesExcept(front, front);
  function.removeArgAttr(number, importedNamesAttr);
  function.setArgAttr(number, dimensionsAttrName,
                      builder.getStrArrayAttr(names));
}

/// Results in tensors of their greatest sizes, each with one for the sizes that
/// they have.
LogicalResult SizeInputs::placeOutputs(func::FuncOp function) {
  SizeAnalysis analysis(function, SizeAnalysis::Unequal::Collect);
  if (failed(analysis.run()))
    return failure();
  if (!analysis.getConditions().empty())
    function.setArgAttr(function.getNumArguments() - 1, conditionsAttrName,
                        makeConditionsAttr(function.getContext(),
                                           analysis.getConditions(),
                                           symbols.size()));
  Operation *terminator = function.front().getTerminator();
  unsigned numResults = terminator->getNumOperands();
  for (unsigned number = 0; number < numResults; ++number) {
    Value value = terminator->getOperand(number);
    auto type = cast<RankedTensorType>(value.getType());
    if (type.hasStaticShape())
      continue;
    Location loc = dropNodeValue(value.getLoc());
    if (function.getResultAttr(number, countedAttrName))
      return emitRefusal({loc, "the data decides one size of an output and the "
                               "run another; bind the model's inputs to fixed "
                               "sizes with --shape or --dim"});
    RankedTensorType largest = analysis.getLargestType(value);
    if (!largest)
      return emitRefusal({loc, "an output has more elements than can be "
                               "counted"});
    OpBuilder builder(terminator);
    SmallVector<Value> dynamicSizes, counts;
    SmallVector<std::string> names;
    for (auto [dim, size] : llvm::enumerate(analysis.getSizes(value))) {
      Value index = analysis.makeIndex(builder, loc, size);
      if (type.isDynamicDim(dim))
        dynamicSizes.push_back(index);
      counts.push_back(arith::IndexCastOp::create(builder, loc,
                                                  builder.getI64Type(), index));
      names.push_back(type.isDynamicDim(dim) ? describeSize(size, symbols)
                                             : std::string());
    }
    terminator->setOperand(
        number,
        ext::PlaceFrontOp::create(builder, loc, largest, value, dynamicSizes));
    Value all = tensor::FromElementsOp::create(
        builder, loc,
        RankedTensorType::get({type.getRank()}, builder.getI64Type()), counts);
    auto known =
        function.getResultAttrOfType<StringAttr>(number, valueNameAttrName);
    std::string name = makeValueName(
        function, ((known ? known.getValue() : "output") + ".sizes").str());
    function.setResultAttr(number, dimensionsAttrName,
                           builder.getStrArrayAttr(SmallVector<StringRef>(
                               names.begin(), names.end())));
    function.setResultAttr(number, sizedAttrName, builder.getStringAttr(name));
    (void)function.insertResult(
        function.getNumResults(), all.getType(),
        builder.getDictionaryAttr(builder.getNamedAttr(
            valueNameAttrName, builder.getStringAttr(name))));
    terminator->insertOperands(terminator->getNumOperands(), all);
  }
  return success();
}

void SizeInputs::runOnOperation() {
  func::FuncOp function = getOperation();
  auto attr = function->getAttrOfType<ArrayAttr>(symbolsAttrName);
  if (!attr || function.isExternal())
    return;
  symbols = readSymbols(attr);
  if (!checkInputs(function))
    return;
  function->removeAttr(symbolsAttrName);
  addSizes(function);
  auto builder = OpBuilder::atBlockBegin(&function.front());
  for (unsigned number = 0; number + 1 < function.getNumArguments(); ++number)
    takeInput(function, number, builder);
  if (failed(placeOutputs(function)))
    signalPassFailure();
  // Valid also where it fails: what is not is a fault of the compiler.
  function.setFunctionType(FunctionType::get(
      function.getContext(),
      llvm::to_vector(function.getBody().getArgumentTypes()),
      llvm::to_vector(function.front().getTerminator()->getOperandTypes())));
}

} // namespace garam
