//===- Passes.td - Passes on the stages of an NPU ----------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_TRANSFORMS_STAGES_PASSES_TD
#define GARAM_DIALECT_NPU_TRANSFORMS_STAGES_PASSES_TD

include "mlir/Pass/PassBase.td"

def NPUFoldQuantization : Pass<"npu-fold-quantization", "::mlir::func::FuncOp"> {
  let summary = "Moves dequantisation down, so that tensors stay quantised";
  let description = [{
    On structured operations, before their conversion to stages:

    - what only moves elements (reshapes, slices, transpositions, concatenation
      of tensors with one scale) moves the quantised ones, and the result is
      dequantised;
    - a maximum over windows, which keeps the order of elements, is taken of the
      quantised ones;
    - a tensor that is dequantised and quantised again with the same scale and
      zero point is itself.

    Scales are those of whole tensors. Rounding is untouched, so results do not
    change.

    ```mlir
    %0 = garam_ext.dequantize %q scale %s zero_point %z
        : tensor<1x8x1x1xi8>, tensor<f32>, tensor<i8> -> tensor<1x8x1x1xf32>
    %1 = tensor.collapse_shape %0 [[0], [1, 2, 3]]
        : tensor<1x8x1x1xf32> into tensor<1x8xf32>
    // becomes
    %0 = tensor.collapse_shape %q [[0], [1, 2, 3]]
        : tensor<1x8x1x1xi8> into tensor<1x8xi8>
    %1 = garam_ext.dequantize %0 scale %s zero_point %z
        : tensor<1x8xi8>, tensor<f32>, tensor<i8> -> tensor<1x8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def NPUPrepareMovement
    : Pass<"npu-prepare-movement", "::mlir::func::FuncOp"> {
  let summary = "Writes insertions and paddings as descriptors can walk them";
  let description = [{
    On structured operations, before their conversion to stages. An insertion
    of a strided slice into a tensor of one value, as a transposed convolution
    needs it, becomes paddings and reshapes; a padding of more dimensions than a
    descriptor guards becomes two.

    ```mlir
    %y = tensor.insert_slice %x into %zeros[0] [4] [2]
        : tensor<4xf32> into tensor<8xf32>
    // becomes
    %0 = tensor.expand_shape %x [[0, 1]] output_shape [4, 1]
        : tensor<4xf32> into tensor<4x1xf32>
    %1 = tensor.pad %0 low[0, 0] high[0, 1] ... : tensor<4x1xf32> to tensor<4x2xf32>
    %y = tensor.collapse_shape %1 [[0, 1]] : tensor<4x2xf32> into tensor<8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def NPUAbsorbReshapes : Pass<"npu-absorb-reshapes", "::mlir::func::FuncOp"> {
  let summary = "Lets stages read what a reshape was made of";
  let description = [{
    A stage that reads the result of `npu.reshape` reads the reshape's input, at
    coordinates that are linear in its loops, where there are such: dimensions
    of size 1 come and go, and one dimension may become several. A reshape that
    nothing else reads goes away. So it is known where the tensor is made and
    where it is read, and its layout is free: a tensor that is reshaped is
    row-major.

    Inputs with padding stay as they are.

    ```mlir
    %1 = npu.reshape %0 : tensor<1x768xf16> -> tensor<1x12x64xf16>
    %2 = npu.vector ins(%1) sizes [1, 12, 64] {indexing_maps = [
        affine_map<(i, j, k) -> (i, j, k)>, ...]} ...
    // becomes
    %2 = npu.vector ins(%0) sizes [1, 12, 64] {indexing_maps = [
        affine_map<(i, j, k) -> (0, j * 64 + k)>, ...]} ...
    ```
  }];
}

def NPUFuseVectors : Pass<"npu-fuse-vectors", "::mlir::func::FuncOp"> {
  let summary = "Merges vector stages, so that values stay in registers";
  let description = [{
    Merges an `npu.vector` into the one that reads its result:

    - elementwise work into any consumer, which computes it where it read it;
    - elementwise consumers of a reduction into the reduction's `finish`.

    Work is repeated only where it costs less than the stage and the tensor
    that it saves: at several consumers, or where a consumer reads an element
    several times. A value that is stored as a narrower integer or a float of
    less than 16 bits is kept, for the store rounds and saturates; one that is
    stored as f16 or bf16 is rounded to that in the merged stage, where it is
    not such a number anyway. No stage has been demoted yet: narrow types are
    the model's own. The result stays within the inputs, outputs, registers and
    instructions of a vector command.

    ```mlir
    %e = npu.vector ins(%x) sizes [8] {indexing_maps = [#id, #id]}
        : (tensor<8xf32>) -> tensor<8xf32> {
    ^bb0(%a: f32):
      %0 = math.exp %a : f32
      npu.yield %0 : f32
    }
    %s = npu.vector ins(%e) sizes [8] {indexing_maps = [#id, #id]}
        : (tensor<8xf32>) -> tensor<8xf32> {
    ^bb0(%a: f32):
      %0 = math.sqrt %a : f32
      npu.yield %0 : f32
    }
    // becomes
    %s = npu.vector ins(%x) sizes [8] {indexing_maps = [#id, #id]}
        : (tensor<8xf32>) -> tensor<8xf32> {
    ^bb0(%a: f32):
      %0 = math.exp %a : f32
      %1 = math.sqrt %0 : f32
      npu.yield %1 : f32
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let options = [
    Option<"stageOperations", "stage-operations", "int64_t", "0",
           "operations that the lanes of all cores carry out in the time that "
           "a stage takes whatever its size: the issue and the synchronisation "
           "of its commands">,
    Option<"functionOperations", "function-operations", "int64_t", "1",
           "operations of a lane that a function such as exp takes">
  ];
}

def NPUDemoteFloat : Pass<"npu-demote-float", "::mlir::func::FuncOp"> {
  let summary = "Keeps float tensors in memory as bf16 or f16";
  let description = [{
    The result of each stage that is f32 becomes `type`; the arguments and the
    results of the function stay as they are. Arithmetic is untouched: the
    engines compute in f32 and round when they store. Operands of contractions,
    which have one type, are converted by a stage of their own where they come
    from an argument; vector stages read any type. Weights change the type of
    their `npu.constant` only. Biases, scales and other vectors stay f32. Scalars
    of all vector stages that are beyond the largest bf16, which masks are made of,
    become the largest number of `type`. What large constants or arguments were
    added to or multiplied with is clamped to the numbers of `type` where it is
    stored, unless it is infinite in f32: a mask of -1e9 stays finite as f16.

    ```mlir
    %0 = npu.contract %a, %w ... : (tensor<4x8xf32>, tensor<8x16xf32>)
                                   -> tensor<4x16xf32>
    // becomes
    %0 = npu.contract %a, %w ... : (tensor<4x8xbf16>, tensor<8x16xbf16>)
                                   -> tensor<4x16xbf16>
    ```
  }];
  let options = [
    Option<"type", "type", "std::string", "\"bf16\"",
           "float type in memory: bf16 or f16 (f32 changes nothing)">
  ];
}

def NPUExpandExponential
    : Pass<"npu-expand-exponential", "::mlir::func::FuncOp"> {
  let summary = "Writes exp of an 8-bit value as a product of table entries";
  let description = [{
    For machines without float functions. Where the argument of `math.exp` is a
    constant times an integer that comes from a few 8-bit loads, as in the
    Softmax of a quantised network, exp(s * i) is the product of exp(s * 2^k)
    over the bits k that are set in i: a table of one entry a bit. Scales for
    which an entry or the result would leave f32 are left alone.

    ```mlir
    %0 = arith.sitofp %i : i32 to f32
    %1 = arith.mulf %0, %s : f32
    %2 = math.exp %1 : f32
    // becomes, for each bit
    %3 = arith.andi %index, %bit : i32
    %4 = arith.cmpi ne, %3, %zero : i32
    %5 = arith.select %4, %entry, %one : f32
    %6 = arith.mulf %product, %5 : f32
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

#endif // GARAM_DIALECT_NPU_TRANSFORMS_STAGES_PASSES_TD
