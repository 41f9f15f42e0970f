//===- Passes.td - From structured operations to the NPU ---*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONVERSION_LINALGTONPU_PASSES_TD
#define GARAM_CONVERSION_LINALGTONPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertLinalgToNPU : Pass<"convert-linalg-to-npu", "::mlir::func::FuncOp"> {
  let summary = "Turns structured operations into stages of the NPU";
  let description = [{
    Sums of products (matrix products and convolutions of any spelling) become
    `npu.contract`, with what the tensor engine's epilogue can do folded in: a
    bias, a scale for each channel, a residual, bounds and the quantisation of
    the result, which may be quantised before the residual is added too. Operands that are dequantised on the way in are read as
    integers, as ONNX defines the quantised operation. Without columns that
    share the weights (a depthwise convolution) the result is an `npu.vector`.
    Everything else that is structured becomes an `npu.vector`; paddings,
    slices, transpositions and broadcasts disappear in the accesses of their
    consumers where these can express them.

    Operands that were widened from `narrow-floats` and multiplied by constants,
    as DequantizeLinear does it, are read as they were, and the constants
    multiply the sum: products of two floats of 8 bits are exact in f32.

    Without `residuals`, a tensor that is added is not folded in: it is added by
    an `npu.vector`, and results are quantised once.

    Only chains of single uses are folded, so no work is done twice, and a
    function keeps its arguments and results. Constants keep their blobs. The
    location of a stage names all nodes that it carries out. The pass reports
    everything that it cannot convert, then fails.

    ```mlir
    %0 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>)
                       outs(%zero : tensor<4x16xf32>) -> tensor<4x16xf32>
    // becomes
    %0 = npu.contract %x, %w sizes [4, 16, 8]
        iterators [#npu.iterator<row>, #npu.iterator<column>,
                   #npu.iterator<reduction>]
        maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
              affine_map<(m, n, k) -> (m, n)>]
        : (tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32>
    ```
  }];
  let options = [
    Option<"residuals", "residuals", "bool", /*default=*/"true",
           "whether the tensor engine's epilogue adds tensors">,
    ListOption<"narrowFloats", "narrow-floats", "std::string",
               "floats of 8 bits that the tensor engine multiplies">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect",
                           "::garam::npu::NPUDialect"];
}

def NPUExpandTopK : Pass<"npu-expand-top-k", "::mlir::func::FuncOp"> {
  let summary = "Writes selections by ranks or as loops";
  let description = [{
    Replaces `garam_ext.top_k`. An element's place is the number of those that
    come before it: one stage counts these for each, which compares all pairs of
    a row, and one for each result puts the elements to their places. Where
    that are more comparisons than the steps of a loop are worth, it becomes a
    loop instead, with two stages a step, which `npu-unroll-loops` takes apart
    when there are few. It is always safe.

    ```mlir
    %v, %i = garam_ext.top_k %x axis 0
        : tensor<9xf32> -> tensor<2xf32>, tensor<2xi32>
    // becomes, with the maps #i = (i, j) -> (i) and #j = (i, j) -> (j)
    %ranks = linalg.generic {indexing_maps = [#i, #j, #i],
                             iterator_types = ["parallel", "reduction"]}
        ins(%x, %x : tensor<9xf32>, tensor<9xf32>) outs(%zeros : tensor<9xi32>) {
      // + 1 where the second is greater, or equal and j < i
    } -> tensor<9xi32>
    %v = linalg.generic {indexing_maps = [#j, #j, #i],
                         iterator_types = ["parallel", "reduction"]}
        ins(%ranks, %x : tensor<9xi32>, tensor<9xf32>)
        outs(%least : tensor<2xf32>) {
      // the maximum of those whose rank is i
    } -> tensor<2xf32>
    // and %i alike
    ```
  }];
  let options = [
    Option<"comparisonsPerStep", "comparisons-per-step", "int64_t",
           /*default=*/"1048576",
           "comparisons of two elements that take about as long as a step of the "
           "loop, most of whose time is that of two stages of any size: 4.5 and "
           "3.3 us on rngd, where the greatest 50 of 1000 take 9 us by ranks and "
           "170 us by steps">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::bufferization::BufferizationDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def NPUUnrollLoops : Pass<"npu-unroll-loops", "::mlir::func::FuncOp"> {
  let summary = "Replaces loops over whole tensors by their steps";
  let description = [{
    A recurrent layer, a scan or a cumulation is a loop whose steps compute with
    tensors. Where the number of steps is known and they are not too many
    operations together, the steps stand one after the other, so that each can
    become stages. What the steps collect, slice by slice, is concatenated.
    Inner loops go first; loops over single elements stay. It is always safe.

    ```mlir
    %r:2 = scf.for %i = %c0 to %c2 step %c1
        iter_args(%all = %empty, %state = %x) -> (tensor<2x4xf32>, tensor<1x4xf32>) {
      %next = linalg.exp ins(%state : tensor<1x4xf32>) outs(%place : tensor<1x4xf32>)
          -> tensor<1x4xf32>
      %inserted = tensor.insert_slice %next into %all[%i, 0] [1, 4] [1, 1]
          : tensor<1x4xf32> into tensor<2x4xf32>
      scf.yield %inserted, %next : tensor<2x4xf32>, tensor<1x4xf32>
    }
    // becomes
    %0 = linalg.exp ins(%x : tensor<1x4xf32>) outs(%place : tensor<1x4xf32>)
        -> tensor<1x4xf32>
    %1 = linalg.exp ins(%0 : tensor<1x4xf32>) outs(%place : tensor<1x4xf32>)
        -> tensor<1x4xf32>
    %all = tensor.concat dim(0) %0, %1
        : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<2x4xf32>
    ```
  }];
  let options = [
    Option<"maxOperations", "max-operations", "uint64_t", /*default=*/"1024",
           "operations that the steps of a loop may be together: of more, a "
           "program would be long and its compile slow">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def NPUCheckInterface : Pass<"npu-check-interface", "::mlir::func::FuncOp"> {
  let summary = "Refuses floats at the edges of a machine that has none";
  let description = [{
    For a machine without float arithmetic (`vector.has_float` of its target
    file), which has no float types in its memories either. What such a machine
    computes in floats between integers, as dequantised operands of a product
    and the quantisation of its result, is requantisation, which it has. Floats
    that come from an argument of the function or go to a result of it are not:
    the pass refuses every operation that they pass through. It changes nothing.
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"\"",
           "target by name or file, for a function in no executable">
  ];
}

def NPUCheckStages : Pass<"npu-check-stages", "::mlir::func::FuncOp"> {
  let summary = "Refuses stages that a machine cannot carry out";
  let description = [{
    Refuses stages whose arithmetic the machine has not: products of an element
    type that its tensor engine does not multiply, 64-bit integers and float
    operations on the vector engine, and vectors of more inputs than a command
    has. It changes nothing.
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"\"",
           "target by name or file, for a function in no executable">
  ];
}

#endif // GARAM_CONVERSION_LINALGTONPU_PASSES_TD
