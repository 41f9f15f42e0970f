//===- Passes.td - From structured operations to crossbars -*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONVERSION_LINALGTOANALOG_PASSES_TD
#define GARAM_CONVERSION_LINALGTOANALOG_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertLinalgToAnalog
    : Pass<"convert-linalg-to-analog", "::mlir::func::FuncOp"> {
  let summary = "Turns products with constant weights into analog products";
  let description = [{
    Matrix products and convolutions of f32 with constant weights become
    `analog.convert`, `analog.multiply` and `analog.rescale`. Paddings of the
    input disappear in the conversion's map, a convolution's windows become
    vectors, its groups blocks of the matrix. Factors, a bias a column and
    bounds (ReLU, Clip) that follow a product are its rescaling. Everything else
    is refused, operation by operation, then the pass fails.

    The bounds of a DAC are those of the values that go into it
    (`garam_ext.range`), and zero. Where none were observed, an argument of the function is taken to lie in [-1, 1],
    and a column of a product within four standard deviations of its bias, for
    inputs that are evenly spread over their range and independent.

    ```mlir
    %0 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>)
                       outs(%zero : tensor<4x16xf32>) -> tensor<4x16xf32>
    // becomes
    %m = analog.matrix dense_resource<w> : tensor<8x16xf32>
        map affine_map<(k, n) -> (k, n)> groups [] reduction [8] outputs [16]
        levels 127 : !analog.matrix<8, 16>
    %c = analog.convert %x vectors [4] rows [8]
        map affine_map<(m, k) -> (m, k)> dac <...>
        : tensor<4x8xf32> -> tensor<4x8xi8>
    %s = analog.multiply %c, %m
        : tensor<4x8xi8>, !analog.matrix<8, 16> -> tensor<4x16xi32>
    %0 = analog.rescale %s, %m vectors [4] map affine_map<(m, n) -> (m, n)>
        scale ... : tensor<4x16xi32>, !analog.matrix<8, 16> -> tensor<4x16xf32>
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", "",
           "target by name or file, for a function in no executable">
  ];
  let dependentDialects = ["::garam::analog::AnalogDialect"];
}

#endif // GARAM_CONVERSION_LINALGTOANALOG_PASSES_TD
