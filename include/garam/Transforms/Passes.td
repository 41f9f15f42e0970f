//===- Passes.td - Passes on any dialect -------------------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TRANSFORMS_PASSES_TD
#define GARAM_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def VerifyNodeIds : Pass<"verify-node-ids"> {
  let summary = "Checks that operations name the ONNX nodes they come from";
  let description = [{
    An error for each operation of a function's body that computes a tensor and
    whose location resolves to no node id: such an operation would be missing in
    reports and traces. Constants, empty tensors and calls have none, and
    operations inside of another operation's region belong to that. Changes
    nothing; it can run after any stage.
  }];
}

#endif // GARAM_TRANSFORMS_PASSES_TD
