//===- GaramExtOps.td - Structured ops that upstream lacks -*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_GARAMEXT_IR_GARAMEXTOPS_TD
#define GARAM_DIALECT_GARAMEXT_IR_GARAMEXTOPS_TD

include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def GaramExt_Dialect : Dialect {
  let name = "garam_ext";
  let cppNamespace = "::garam::ext";
  let summary = "Structured operations that linalg lacks";
  let description = [{
    Operations on tensors that stand beside `linalg` until a device's
    conversion chooses how to carry them out. All of them can be tiled and
    fused with linalg's own operations into loops over tiles: they implement
    `TilingInterface`, as far as it is for tensors; `top_k` is the exception. (For scalar code, decompose
    decompose them first: they write to no buffer.)

    The attribute `garam_ext.range = array<f64: least, largest>`, of an argument
    of a function or of an operation for its one result, says between which
    numbers calibration has seen the elements of that tensor. It is a hint for
    devices whose arithmetic has a range: what loses it has a range that is
    guessed.
  }];
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

class GaramExt_Op<string mnemonic, list<Trait> traits = []>
    : Op<GaramExt_Dialect, mnemonic, traits>;

//===----------------------------------------------------------------------===//
// Quantisation
//===----------------------------------------------------------------------===//

// Constraints of both operations, named in the verifiers' messages:
// (C1) `input` and `result` have the same shape.
// (C2) The float side has a float element type of at least 16 bits, and so
//      have the scales.
// (C3) The integer side has a signless integer element type of 2 to 16 bits;
//      dequantize also takes 32.
// (C4) `scale` is a scalar; a vector of the size of dimension `axis`; or, with
//      `block_size` > 0, of input's shape with dimension `axis` divided by
//      `block_size` and rounded up.
// (C5) `axis` is a dimension of `input`, unless `scale` is a scalar.
// (C6) `zero_point` has the shape of `scale` and the element type of the
//      integer side.
// (C7) `block_size` is not negative.

def GaramExt_QuantizeOp : GaramExt_Op<"quantize", [Pure]> {
  let summary = "ONNX QuantizeLinear";
  let description = [{
    result = saturate(round_half_even(input / scale) + zero_point), as ONNX's
    QuantizeLinear-23 defines it. `scale` and `zero_point` are scalars (rank
    0), vectors along `axis`, or, with `block_size`, blocks along `axis`.
    Without `zero_point` it is 0. `is_unsigned` says how the signless integer
    result is read.

    A tile along `axis` of blocks must begin where a block does, or lie within
    one; the operation cannot be tiled otherwise.

    Example:

    ```mlir
    %q = garam_ext.quantize %x scale %s zero_point %z {axis = 1 : i64}
        : tensor<1x8xf32>, tensor<f32>, tensor<i8> -> tensor<1x8xi8>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$scale,
                       Optional<AnyRankedTensor>:$zero_point,
                       DefaultValuedAttr<I64Attr, "1">:$axis,
                       DefaultValuedAttr<I64Attr, "0">:$block_size,
                       UnitAttr:$is_unsigned);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `scale` $scale (`zero_point` $zero_point^)? attr-dict `:`
    type($input) `,` type($scale) (`,` type($zero_point)^)? `->` type($result)
  }];
  let hasVerifier = 1;
}

def GaramExt_DequantizeOp : GaramExt_Op<"dequantize", [Pure]> {
  let summary = "ONNX DequantizeLinear";
  let description = [{
    result = (input - zero_point) * scale, as ONNX's DequantizeLinear-23
    defines it; operands as of `garam_ext.quantize`. `is_unsigned` says how
    the signless integer input is read.

    Example:

    ```mlir
    %x = garam_ext.dequantize %q scale %s zero_point %z {axis = 1 : i64}
        : tensor<1x8xi8>, tensor<f32>, tensor<i8> -> tensor<1x8xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$scale,
                       Optional<AnyRankedTensor>:$zero_point,
                       DefaultValuedAttr<I64Attr, "1">:$axis,
                       DefaultValuedAttr<I64Attr, "0">:$block_size,
                       UnitAttr:$is_unsigned);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `scale` $scale (`zero_point` $zero_point^)? attr-dict `:`
    type($input) `,` type($scale) (`,` type($zero_point)^)? `->` type($result)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Indexed access
//===----------------------------------------------------------------------===//

def GaramExt_GatherOp : GaramExt_Op<"gather", [Pure]> {
  let summary = "slices of a tensor chosen by indices (ONNX Gather)";
  let description = [{
    result[a.., i.., b..] = input[a.., indices[i..], b..] where `axis` counts
    the dimensions a. Negative indices count from the end; then indices are
    clamped to the dimension.

    Constraints: (C1) `axis` is a dimension of `input`; (C2) `indices` are
    signless integers; (C3) the result has the element type of `input` and the
    shape of `input` with dimension `axis` replaced by the shape of `indices`.

    Example:

    ```mlir
    %r = garam_ext.gather %table[%tokens] axis 0
        : tensor<512x64xf32>, tensor<1x16xi64> -> tensor<1x16x64xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$indices,
                       I64Attr:$axis);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `[` $indices `]` `axis` $axis attr-dict `:` type($input) `,`
    type($indices) `->` type($result)
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$input,
                                 "::mlir::Value":$indices, "int64_t":$axis)>];
  let hasVerifier = 1;
}

def GaramExt_TopKOp : GaramExt_Op<"top_k", [Pure]> {
  let summary = "the greatest elements along an axis (ONNX TopK)";
  let description = [{
    `values` has the greatest elements of each row along `axis`, or with
    `smallest` the least ones, as many as its type says, in this order;
    `indices` has their positions in the row. Of equal elements the one that
    stands first comes first, and a NaN comes before all numbers. Integers are
    read without a sign where `is_unsigned` says so. It is not tiled.

    Constraints: (C1) `axis` is a dimension of `input`; (C2) `values` has the
    type of `input` but for the size along `axis`, which is not greater; (C3)
    `indices` has the shape of `values`.

    Example:

    ```mlir
    %v, %i = garam_ext.top_k %x axis 1
        : tensor<4x33xf32> -> tensor<4x5xf32>, tensor<4x5xi32>
    ```
  }];
  let arguments = (ins AnyStaticShapeTensor:$input, I64Attr:$axis,
                       UnitAttr:$smallest, UnitAttr:$is_unsigned);
  let results = (outs AnyStaticShapeTensor:$values,
                      StaticShapeTensorOf<[I32]>:$indices);
  let assemblyFormat = [{
    $input `axis` $axis attr-dict `:` type($input) `->` type($values) `,`
    type($indices)
  }];
  let extraClassDeclaration = [{
    /// How many elements of each row there are in the results.
    int64_t getCount() {
      return ::llvm::cast<::mlir::RankedTensorType>(getValues().getType())
          .getDimSize(getAxis());
    }
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Sizes of run time
//===----------------------------------------------------------------------===//

// Constraints of both operations:
// (C1) `source` and `result` have the same element type.
// (C2) `sizes` has a size for each dynamic dimension of the smaller tensor,
//      whose type has all others.
// (C3) The larger tensor has a static shape.

def GaramExt_TakeFrontOp : GaramExt_Op<"take_front", [Pure]> {
  let summary = "the first elements of a tensor as one of sizes of run time";
  let description = [{
    The result has the sizes that its type and `sizes` say; its elements are the
    first ones of `source`, both in row-major order. The behaviour is undefined
    when `source` has fewer.

    Example:

    ```mlir
    %r = garam_ext.take_front %buffer[%n] : tensor<16x3xf32> to tensor<?x3xf32>
    ```
  }];
  let arguments = (ins AnyStaticShapeTensor:$source, Variadic<Index>:$sizes);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $source `[` $sizes `]` attr-dict `:` type($source) `to` type($result)
  }];
  let hasVerifier = 1;
}

def GaramExt_PlaceFrontOp : GaramExt_Op<"place_front", [Pure]> {
  let summary = "a tensor of sizes of run time at the front of a larger one";
  let description = [{
    The first elements of the result are those of `source`, both in row-major
    order; the others have any value. `sizes` are those of `source`. The
    behaviour is undefined when the result has fewer elements.

    Example:

    ```mlir
    %r = garam_ext.place_front %part[%n] : tensor<?x3xf32> to tensor<16x3xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$source, Variadic<Index>:$sizes);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = [{
    $source `[` $sizes `]` attr-dict `:` type($source) `to` type($result)
  }];
  let hasVerifier = 1;
}

#endif // GARAM_DIALECT_GARAMEXT_IR_GARAMEXTOPS_TD
