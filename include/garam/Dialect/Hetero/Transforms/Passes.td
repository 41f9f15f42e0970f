//===- Passes.td - Passes of the hetero dialect ------------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_HETERO_TRANSFORMS_PASSES_TD
#define GARAM_DIALECT_HETERO_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def HeteroHoistQuantizationPass
    : Pass<"hetero-hoist-quantization", "::mlir::ModuleOp"> {
  let summary = "Leaves the quantisation of inputs and outputs to the host";
  let description = [{
    For a device that has no float types. Where all that is done with an input
    is its quantisation, with one scale for the tensor, the function takes the
    quantised tensor instead; where an output is a dequantised tensor, it
    returns the quantised one. The attribute `hetero.quantization` of the
    argument or result says what the runtime has to compute: scale, zero point,
    signedness. Everything else stays as it is, for the device to refuse.

    It changes what functions take and return, so that it runs on the module and
    leaves alone the functions that something in the module refers to.

    Before:

    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xi8> {
      %q = garam_ext.quantize %x scale %half zero_point %one
          : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
      return %q : tensor<4xi8>
    }
    ```

    After:

    ```mlir
    func.func @main(%q: tensor<4xi8> {hetero.quantization =
        {scale = 5.0e-01 : f32, zero_point = 1 : i64}}) -> tensor<4xi8> {
      return %q : tensor<4xi8>
    }
    ```
  }];
  let dependentDialects = ["::garam::hetero::HeteroDialect"];
}

def HeteroOutlinePass : Pass<"hetero-outline", "::mlir::ModuleOp"> {
  let summary = "Moves functions into executables of the module's device";
  let description = [{
    The module carries its device as the attribute `hetero.target`. Each of its
    functions with a body moves, whole, into an executable for that device,
    named after the function and its number; in its place comes a function of
    the same signature that dispatches it and awaits the end. Attributes of
    arguments and results (their names in the model) stay on both. The module's
    attribute goes away, for each executable has its own.

    A function that the device does not accept is an error at each operation
    that it refuses, with the reason. Without `check` the device is not asked:
    when it compiles the function, it refuses the same with the same words.

    Before:

    ```mlir
    module attributes {hetero.target = #target} {
      func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
        %y = linalg.exp ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>)
            -> tensor<4xf32>
        return %y : tensor<4xf32>
      }
    }
    ```

    After:

    ```mlir
    hetero.executable @main_0 target(#target) {
      func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
        %y = linalg.exp ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>)
            -> tensor<4xf32>
        return %y : tensor<4xf32>
      }
    }
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %token, %y = hetero.dispatch @main_0::@main(%x)
          : (tensor<4xf32>) -> tensor<4xf32>
      hetero.await %token
      return %y : tensor<4xf32>
    }
    ```
  }];
  let options = [
    Option<"precision", "precision", "std::string", /*default=*/"\"\"",
           "Arithmetic of float models; empty for the device's choice">,
    Option<"check", "check", "bool", /*default=*/"true",
           "Ask the device whether it accepts the functions">
  ];
  let dependentDialects = ["::garam::hetero::HeteroDialect"];
}

#endif // GARAM_DIALECT_HETERO_TRANSFORMS_PASSES_TD
