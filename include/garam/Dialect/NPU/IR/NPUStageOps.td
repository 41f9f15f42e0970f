//===- NPUStageOps.td - Stages of the NPU on tensors -------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_IR_NPUSTAGEOPS_TD
#define GARAM_DIALECT_NPU_IR_NPUSTAGEOPS_TD

include "garam/Dialect/NPU/IR/NPUBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

//===----------------------------------------------------------------------===//
// The decisions of the scheduling passes
//===----------------------------------------------------------------------===//

def NPU_HomeKind : I32EnumAttr<"HomeKind", "where a result lives", [
  I32EnumAttrCase<"Split", 0, "split">,           // each core keeps its part
  I32EnumAttrCase<"Replicated", 1, "replicated">, // each core keeps all of it,
                                                  // at the same address
  I32EnumAttrCase<"Shared", 2, "shared">,         // in shared SRAM
  I32EnumAttrCase<"DRAM", 3, "dram">,             // in the scratch segment
  I32EnumAttrCase<"Output", 4, "output">          // where it is returned
]> {
  let cppNamespace = "::garam::npu";
  let genSpecializedAttr = 0;
}

def NPU_ScheduleAttr : NPU_Attr<"Schedule", "schedule"> {
  let summary = "how a stage is laid out, cut and placed";
  let description = [{
    What `npu-assign-layouts`, `npu-schedule-stages` and `npu-place-tensors`
    decide, one after the other, for one stage:

    - `layouts`: for each result its dimensions from the slowest to the fastest
      in memory; without, results are row-major.
    - `split`: into how many parts each loop is cut over the cores.
    - `grain`: parts of a loop begin at multiples of it.
    - `tile`: the largest piece of each loop that one command takes.
    - `first_core`: part p of the stage is on core `first_core` + p, where the
      last loop that is cut changes fastest; without, from core 0 on. Stages on
      other cores run at the same time.
    - `homes`: where each result lives; without, each core keeps its part.

    Constraints:
    - (C1) Each layout is a permutation of 0, 1, ...
    - (C2) `split`, `grain` and `tile` stand together, with one entry a loop.
    - (C3) Their entries are at least 1.
    - (C4) `first_core` is at least 0.

    ```mlir
    #npu.schedule<layouts = [[0, 2, 3, 1]], split = [1, 1, 8],
                  grain = [1, 1, 1], tile = [1, 64, 7], first_core = 4,
                  homes = [split]>
    ```
  }];
  let parameters = (ins
    OptionalArrayRefParameter<"::mlir::DenseI64ArrayAttr">:$layouts,
    OptionalParameter<"::mlir::DenseI64ArrayAttr">:$split,
    OptionalParameter<"::mlir::DenseI64ArrayAttr">:$grain,
    OptionalParameter<"::mlir::DenseI64ArrayAttr">:$tile,
    DefaultValuedParameter<"int64_t", "0">:$first_core,
    OptionalArrayRefParameter<"::garam::npu::HomeKind">:$homes);
  let assemblyFormat = [{
    `<` struct(custom<List>($layouts), $split, $grain, $tile, $first_core,
               custom<List>($homes)) `>`
  }];
  let genVerifyDecl = 1;
}

def NPU_SliceAttr : NPU_Attr<"Slice", "slice"> {
  let summary = "which slice of a fused group a stage computes";
  let description = [{
    `npu-fuse-groups` makes slices of stages that follow one another, and all
    stages of a slice come before those of the next:

    - `group`: counts the groups of a function.
    - `number`: counts the slices of the group, `count` there are.
    - `resident`: constants that the stage brings to a core stay there for the
      next slices, which read the same.

    Constraints:
    - (C1) `group` is at least 0, and `number` at least 0 and less than `count`.

    ```mlir
    #npu.slice<group = 0, number = 1, count = 4, resident = true>
    ```
  }];
  let parameters = (ins "int64_t":$group, "int64_t":$number, "int64_t":$count,
                        "bool":$resident);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

def NPU_ContractOp
    : NPU_Op<"contract", [Pure, AttrSizedOperandSegments]> {
  let summary = "matrix product or convolution on the tensor engine";
  let description = [{
    A loop nest over `sizes`, each dimension with its role in `iterators`:

    ```
    sum = 0
    for reduction: sum += (activation[..] - activation_zero_point)
                        * (weight[..] - weight_zero_point)
    if bias is i32: sum += bias[..]
    value = f32(sum)                 (* scale[..]) (+ bias[..] if bias is f32)
            (rounded, clamped and scaled as requantization says)
            (+ (residual[..] - residual_zero_point) * residual_scale)
            (clamped to [clamp_low, clamp_high]) / output_scale
    output[..] = convert(value)      integers: round to even + output_zero_point,
                                     saturate
    ```

    `indexing_maps` maps the loop dimensions to the coordinates of, in order,
    activation, weight, bias, scale, residual (those that are present) and the
    output. The output's map is a permutation of the batch, row and column
    dimensions; coordinates of the others are linear: sum of dimensions times
    constants plus a constant. `activation_padding[d]` says that coordinate d
    of the activation may lie outside of the tensor; such elements are
    `activation_zero_point`, that is, zero.

    `activation_unsigned`, `weight_unsigned`, `residual_unsigned` and
    `output_unsigned` say how signless integers are read. Weights may have
    another float element type than the activation in `npu.constant` only; at
    the contraction both are equal. Sums are f32 for floats, i32 for integers.

    Constraints:
    - (C1) There is an iterator for each size; sizes are at least 1, and their
      product fits 64 bits.
    - (C2) There is a map for each operand and the result, from the dimensions
      to as many coordinates as the tensor has.
    - (C3) Coordinates are linear.
    - (C4) Shapes are static, and coordinates inside, but for the padding.
    - (C5) The result is written at each dimension that is not reduced, once,
      and wholly.
    - (C6) Tensors depend on the dimensions of their roles; bias and scale on
      batch and column dimensions only.
    - (C7) Activation and weight are 8-bit integers or of one float type.
    - (C8) Scale is f32, and bias too, or i32 for integers.
    - (C9) An i32 result is the sum with an i32 bias or none, and no other step.
    - (C10) `activation_padding` has an entry for each coordinate.
    - (C11) `schedule` has an entry for each loop, 1 in `split` for a reduction,
      and a layout of its rank and a home for each result, as far as it is
      decided.
    - (C12) `output_scale` is finite and more than 0.
    - (C13) Zero points are elements of their tensors, and 0 for floats.

    Example: a 3x3 convolution with bias and ReLU:

    ```mlir
    %y = npu.contract %x, %w bias(%b)
        sizes [1, 8, 14, 14, 4, 3, 3]
        iterators [#npu.iterator<row>, #npu.iterator<column>,
                   #npu.iterator<row>, #npu.iterator<row>,
                   #npu.iterator<reduction>, #npu.iterator<reduction>,
                   #npu.iterator<reduction>]
        maps [affine_map<(n, f, h, w, c, i, j) -> (n, c, h + i - 1, w + j - 1)>,
              affine_map<(n, f, h, w, c, i, j) -> (f, c, i, j)>,
              affine_map<(n, f, h, w, c, i, j) -> (f)>,
              affine_map<(n, f, h, w, c, i, j) -> (n, f, h, w)>]
        {activation_padding = array<i1: false, false, true, true>,
         clamp_low = 0.0 : f32, clamp_high = 0x7F800000 : f32}
        : (tensor<1x4x14x14xbf16>, tensor<8x4x3x3xbf16>, tensor<8xf32>)
        -> tensor<1x8x14x14xbf16>
    ```
  }];
  let arguments = (ins
    NPU_Tensor:$activation,
    NPU_Tensor:$weight,
    Optional<NPU_Tensor>:$bias,
    Optional<NPU_Tensor>:$scale,
    Optional<NPU_Tensor>:$residual,
    DenseI64ArrayAttr:$sizes,
    NPU_IteratorArrayAttr:$iterators,
    AffineMapArrayAttr:$indexing_maps,
    OptionalAttr<DenseBoolArrayAttr>:$activation_padding,
    DefaultValuedAttr<I32Attr, "0">:$activation_zero_point,
    DefaultValuedAttr<I32Attr, "0">:$weight_zero_point,
    DefaultValuedAttr<I32Attr, "0">:$residual_zero_point,
    DefaultValuedAttr<I32Attr, "0">:$output_zero_point,
    DefaultValuedAttr<F32Attr, "1.0f">:$residual_scale,
    DefaultValuedAttr<F32Attr, "1.0f">:$output_scale,
    OptionalAttr<NPU_RequantizationAttr>:$requantization,
    OptionalAttr<F32Attr>:$clamp_low,
    OptionalAttr<F32Attr>:$clamp_high,
    UnitAttr:$activation_unsigned,
    UnitAttr:$weight_unsigned,
    UnitAttr:$residual_unsigned,
    UnitAttr:$output_unsigned,
    OptionalAttr<NPU_ScheduleAttr>:$schedule,
    OptionalAttr<NPU_SliceAttr>:$slice);
  let results = (outs NPU_Tensor:$result);
  let assemblyFormat = [{
    $activation `,` $weight (`bias` `(` $bias^ `)`)? (`scale` `(` $scale^ `)`)?
    (`residual` `(` $residual^ `)`)?
    `sizes` $sizes `iterators` $iterators `maps` $indexing_maps
    (`schedule` `` $schedule^)? (`slice` `` $slice^)? attr-dict
    `:` functional-type(operands, $result)
  }];
  let hasVerifier = 1;
}

def NPU_VectorOp
    : NPU_Op<"vector", [Pure, SingleBlock, IsolatedFromAbove]> {
  let summary = "elementwise work or a reduction on the vector engine";
  let description = [{
    A loop nest over `sizes`; the last `num_reductions` dimensions are reduced.
    `indexing_maps` maps the dimensions to the coordinates of the inputs, then
    of the outputs. A coordinate of an output is a dimension that is not
    reduced, each of these once, or 0 where both have one element.
    `paddings[i]`, where present, says for each coordinate of input i whether
    it may lie outside of the tensor; such elements read as `fills[i]`.
    `unsigned_inputs` and `unsigned_outputs` say which signless integers are
    read or written as unsigned. Of a 64-bit integer a register holds the lower
    half; `upper_inputs` says which inputs read the upper one.

    `body` runs for each element. Its arguments are one scalar an input,
    widened: f32 for floats, i32 for integers and booleans. It yields one value
    a combiner, or, without reductions, the outputs. With reductions, `finish`
    runs once an output element; its arguments are the combined values, then
    the inputs that do not depend on a reduction dimension, in order. It yields
    the outputs, f32 or i32, which are converted to the element type: floats
    round to nearest even, integers saturate, f32 to an integer rounds to
    nearest even and saturates.

    Regions hold `arith` and `math` operations on f32, i32 and i1, `npu.index`
    (the index of a dimension) and scalar constants only. Where the model rounds
    to f16 or bf16 on the way, `arith.truncf` and `arith.extf` stand one behind
    the other.

    Constraints:
    - (C1) Sizes are at least 1, their product fits 64 bits, and no more
      dimensions are reduced than there are.
    - (C2) There is a map for each input and result, from the dimensions to as
      many coordinates as the tensor has.
    - (C3) Coordinates are linear.
    - (C4) Shapes are static, and coordinates inside, but for the padding.
    - (C5) Results are written at each dimension that is not reduced, once, and
      wholly.
    - (C6) `paddings`, `fills`, `unsigned_inputs` and `upper_inputs` have an
      entry for each input, `unsigned_outputs` for each result; paddings stand
      with fills.
    - (C7) Regions have the arguments described above.
    - (C8) Regions yield the values described above: i32 for integers, where
      results of integers may be f32, and f32 for floats.
    - (C9) Regions hold the operations described above.
    - (C10) Combiners and `finish` stand with reductions and only there.
    - (C11) `schedule` has an entry for each loop, 1 in `split` for a reduction,
      and a layout of its rank and a home for each result, as far as it is
      decided.
    - (C12) There is a result at least.
    - (C13) Inputs of `upper_inputs` are 64-bit integers.

    Example: average over the last dimension:

    ```mlir
    %m = npu.vector ins(%x) sizes [8, 49] {num_reductions = 1 : i64,
        indexing_maps = [affine_map<(c, p) -> (c, p)>, affine_map<(c, p) -> (c)>],
        combiners = [#npu.combiner<addf, 0.0 : f32>]}
        : (tensor<8x49xbf16>) -> tensor<8xbf16> {
    ^bb0(%e: f32):
      npu.yield %e : f32
    } finish {
    ^bb0(%sum: f32):
      %n = arith.constant 0.0204081628 : f32
      %mean = arith.mulf %sum, %n : f32
      npu.yield %mean : f32
    }
    ```
  }];
  let arguments = (ins
    Variadic<NPU_Tensor>:$inputs,
    DenseI64ArrayAttr:$sizes,
    DefaultValuedAttr<I64Attr, "0">:$num_reductions,
    AffineMapArrayAttr:$indexing_maps,
    DefaultValuedAttr<NPU_CombinerArrayAttr, "{}">:$combiners,
    OptionalAttr<ArrayAttr>:$paddings, // of DenseBoolArrayAttr
    OptionalAttr<DenseF64ArrayAttr>:$fills,
    OptionalAttr<DenseBoolArrayAttr>:$unsigned_inputs,
    OptionalAttr<DenseBoolArrayAttr>:$unsigned_outputs,
    OptionalAttr<DenseBoolArrayAttr>:$upper_inputs,
    OptionalAttr<NPU_ScheduleAttr>:$schedule,
    OptionalAttr<NPU_SliceAttr>:$slice);
  let results = (outs Variadic<NPU_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body, MaxSizedRegion<1>:$finish);
  let assemblyFormat = [{
    (`ins` `(` $inputs^ `)`)? `sizes` $sizes (`schedule` `` $schedule^)?
    (`slice` `` $slice^)? attr-dict `:`
    functional-type($inputs, $results) $body (`finish` $finish^)?
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def NPU_YieldOp : NPU_Op<"yield", [Pure, Terminator,
                                   ParentOneOf<["VectorOp", "MicroProgramOp"]>]> {
  let summary = "ends a region of npu.vector or npu.micro_program";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def NPU_IndexOp : NPU_Op<"index", [Pure]> {
  let summary = "index of a dimension of the enclosing npu.vector, as i32";
  let description = [{
    Constraints:
    - (C1) It stands in a region of `npu.vector`.
    - (C2) The dimension is one of the operation's, in `finish` one that is not
      reduced.
    - (C3) Its size fits an i32.
  }];
  let arguments = (ins I64Attr:$dim);
  let results = (outs I32:$result);
  let assemblyFormat = "$dim attr-dict";
  let hasVerifier = 1;
}

def NPU_ConcatOp : NPU_Op<"concat", [Pure]> {
  let summary = "tensors side by side along an axis";
  let description = [{
    Nothing is written: who reads the result reads the inputs where they lie.

    Constraints:
    - (C1) There is an input, and the axis is a dimension of the result.
    - (C2) Inputs and result have one element type and one shape but for the
      axis.
    - (C3) The sizes of the inputs along the axis add up to that of the result.

    ```mlir
    %y = npu.concat %a, %b axis 1
        : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>
    ```
  }];
  let arguments = (ins Variadic<NPU_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs NPU_Tensor:$result);
  let assemblyFormat = [{
    $inputs `axis` $axis attr-dict `:` functional-type($inputs, $result)
  }];
  let hasVerifier = 1;
}

def NPU_ReshapeOp : NPU_Op<"reshape", [Pure]> {
  let summary = "the same elements in row-major order under another shape";
  let description = [{
    Constraints:
    - (C1) Input and result have static shapes, equally many elements and one
      element type.

    ```mlir
    %y = npu.reshape %x : tensor<2x6xf32> -> tensor<3x4xf32>
    ```
  }];
  let arguments = (ins NPU_Tensor:$input);
  let results = (outs NPU_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def NPU_ViewOp : NPU_Op<"view", [Pure]> {
  let summary = "elements of a tensor at other coordinates, as they are";
  let description = [{
    result[i..] = input[map(i..)]: slices, transpositions and broadcasts that no
    stage absorbs, of elements that the vector engine's registers do not hold.
    Nothing is written: who reads the result walks the input, and a returned
    one is moved by DMA, byte for byte.

    Constraints:
    - (C1) The map leads from the dimensions of the result to the coordinates of
      the input.
    - (C2) Coordinates are linear.
    - (C3) Input and result have one element type.
    - (C4) Shapes are static, and coordinates inside.

    Example: every other row, from the last one up:

    ```mlir
    %r = npu.view %x map affine_map<(i, j) -> (-2 * i + 6, j)>
        : tensor<7x3xi64> -> tensor<4x3xi64>
    ```
  }];
  let arguments = (ins NPU_Tensor:$input, AffineMapAttr:$map);
  let results = (outs NPU_Tensor:$result);
  let assemblyFormat = [{
    $input `map` $map attr-dict `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
}

def NPU_GatherOp : NPU_Op<"gather", [Pure]> {
  let summary = "slices of a tensor chosen by indices (ONNX Gather)";
  let description = [{
    result[a.., i.., b..] = input[a.., indices[i..], b..] where `axis` counts
    the dimensions a. Indices are clamped to the dimension.

    Constraints:
    - (C1) The axis is a dimension of the input.
    - (C2) Indices are i32 or i64.
    - (C3) The result has the shape above and the input's element type.
  }];
  let arguments = (ins NPU_Tensor:$input, NPU_Tensor:$indices,
                       I64Attr:$axis);
  let results = (outs NPU_Tensor:$result);
  let assemblyFormat = [{
    $input `[` $indices `]` `axis` $axis attr-dict `:` type($input) `,`
    type($indices) `->` type($result)
  }];
  let hasVerifier = 1;
}

def NPU_ConstantOp : NPU_Op<"constant", [Pure]> {
  let summary = "weights";
  let description = [{
    `value` holds the elements of the model file; the result may have another
    float element type (each element is rounded to nearest even when the
    section is written) and otherwise has the type of `value`. Integers of less
    than a byte, packed in a resource, become those of 8 bits of the same
    value; a type without sign is signed.

    Constraints:
    - (C1) `value` and result have one shape.
    - (C2) Their elements have one type, or are floats, or `value` has integers
      of less than 8 bits and the result i8.
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs NPU_Tensor:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
  let hasVerifier = 1;
}

#endif // GARAM_DIALECT_NPU_IR_NPUSTAGEOPS_TD
