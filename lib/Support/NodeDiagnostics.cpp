//===- NodeDiagnostics.cpp - Diagnostics that begin with a node -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/NodeDiagnostics.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace garam {

// The node is a dictionary with these keys among the diagnostic's metadata.
static constexpr llvm::StringLiteral idKey = "leading_node";
static constexpr llvm::StringLiteral opKey = "op";
static constexpr llvm::StringLiteral opsetKey = "opset";
static constexpr llvm::StringLiteral detailKey = "detail";

void beginWithNode(InFlightDiagnostic &diagnostic, const DiagnosedNode &node) {
  Diagnostic &underlying = *diagnostic.getUnderlyingDiagnostic();
  Builder b(underlying.getLocation().getContext());
  SmallVector<NamedAttribute> parts{
      b.getNamedAttr(idKey, b.getStringAttr(node.id)),
      b.getNamedAttr(opKey, b.getStringAttr(node.op)),
      b.getNamedAttr(detailKey, b.getStringAttr(node.detail))};
  if (node.opset)
    parts.push_back(b.getNamedAttr(opsetKey, b.getI64IntegerAttr(*node.opset)));
  underlying.getMetadata().emplace_back(Attribute(b.getDictionaryAttr(parts)));
  diagnostic << node.str() << ": ";
}

std::optional<DiagnosedNode> readLeadingNode(Diagnostic &diagnostic) {
  for (const DiagnosticArgument &argument : diagnostic.getMetadata()) {
    if (argument.getKind() !=
        DiagnosticArgument::DiagnosticArgumentKind::Attribute)
      continue;
    auto parts = dyn_cast<DictionaryAttr>(argument.getAsAttribute());
    auto id = parts ? parts.getAs<StringAttr>(idKey) : StringAttr();
    if (!id)
      continue;
    DiagnosedNode node;
    node.id = id.str();
    node.op = parts.getAs<StringAttr>(opKey).str();
    node.detail = parts.getAs<StringAttr>(detailKey).str();
    if (auto opset = parts.getAs<IntegerAttr>(opsetKey))
      node.opset = opset.getInt();
    return node;
  }
  return std::nullopt;
}

} // namespace garam
