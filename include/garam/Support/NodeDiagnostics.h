//===- NodeDiagnostics.h - Diagnostics that begin with a node ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_NODEDIAGNOSTICS_H
#define GARAM_SUPPORT_NODEDIAGNOSTICS_H

#include "garam/Support/DiagnosedError.h"
#include "mlir/IR/Diagnostics.h"

namespace garam {

/// Writes "node 'a' (Conv, opset 17): " and notes what that is, so that it can
/// be told from the message.
void beginWithNode(mlir::InFlightDiagnostic &diagnostic,
                   const DiagnosedNode &node);

/// The node that `diagnostic` begins with, if it was noted.
std::optional<DiagnosedNode> readLeadingNode(mlir::Diagnostic &diagnostic);

} // namespace garam

#endif // GARAM_SUPPORT_NODEDIAGNOSTICS_H
