//===- AnalogOps.td - The analog dialect -------------------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_ANALOG_IR_ANALOGOPS_TD
#define GARAM_DIALECT_ANALOG_IR_ANALOGOPS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Analog_Dialect : Dialect {
  let name = "analog";
  let cppNamespace = "::garam::analog";
  let summary = "Products in crossbars of analog memory, and conversions around them";
  let description = [{
    A matrix product is carried out in steps, each of which is an operation:
    inputs become codes of a DAC (`analog.convert`), crossbars multiply them
    (`analog.multiply`, or `analog.tile` and `analog.read` once it is split),
    the digital unit adds up codes of the ADCs (`analog.accumulate`) and makes
    outputs of them (`analog.rescale`).

    A weight is an integer level in a cell of two polarities: conductance of the
    positive one for positive levels, of the negative one for negative levels,
    and the other polarity at zero.

    A function has `analog.guessed_ranges` when the ranges of some of its
    conversions are guesses.
  }];
  let discardableAttrs = (ins "::mlir::UnitAttr":$guessed_ranges);
  let hasOperationAttrVerify = 1;
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
}

class Analog_Op<string mnemonic, list<Trait> traits = []>
    : Op<Analog_Dialect, mnemonic, !listconcat([Pure], traits)> {
  let hasVerifier = 1;
}
class Analog_Attr<string name, string attrMnemonic>
    : AttrDef<Analog_Dialect, name> {
  let mnemonic = attrMnemonic;
}
class Analog_Type<string name, string typeMnemonic>
    : TypeDef<Analog_Dialect, name> {
  let mnemonic = typeMnemonic;
}

//===----------------------------------------------------------------------===//
// Attributes and types
//===----------------------------------------------------------------------===//

def Analog_TargetAttr : Analog_Attr<"Target", "target"> {
  let summary = "a chip of analog crossbars";
  let description = [{
    `#analog.target<"hermes", "...">`: the target's name and the text of its
    file (docs/targets.md), the one authority for everything about the machine.
    It implements `DeviceTargetAttrInterface`.
  }];
  let parameters = (ins StringRefParameter<"name of the target">:$name,
                        StringRefParameter<"text of the target file">:$text);
  let assemblyFormat = "`<` $name `,` $text `>`";
  let genMnemonicAlias = 1;
}

def Analog_DACAttr : Analog_Attr<"DAC", "dac"> {
  let summary = "how inputs become codes";
  let description = [{
    `#analog.dac<0.5 : f32 in -127 to 127>`: an input x becomes x / 0.5, rounded
    to the nearest integer, ties to even, within the bounds.
  }];
  let parameters = (ins "::mlir::FloatAttr":$scale, "int64_t":$low,
                        "int64_t":$high);
  let assemblyFormat = "`<` $scale `in` $low `to` $high `>`";
  let genVerifyDecl = 1;
}

def Analog_MatrixType : Analog_Type<"Matrix", "matrix"> {
  let summary = "weights as levels: rows are inputs, columns outputs";
  let parameters = (ins "int64_t":$rows, "int64_t":$columns);
  let assemblyFormat = "`<` $rows `,` $columns `>`";
  let genVerifyDecl = 1;
}

def Analog_TileType : Analog_Type<"Tile", "tile"> {
  let summary = "a part of a matrix in a crossbar";
  let parameters = (ins "int64_t":$rows, "int64_t":$columns);
  let assemblyFormat = "`<` $rows `,` $columns `>`";
  let genVerifyDecl = 1;
}

def Analog_Codes : 2DTensorOf<[I8]>;
def Analog_Sums : 2DTensorOf<[I32]>;

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

def Analog_MatrixOp : Analog_Op<"matrix"> {
  let summary = "weights as a matrix of levels";
  let description = [{
    `value` holds the weights as the model has them. The matrix is block
    diagonal: `groups` are the dimensions of the blocks, `reduction` those of a
    block's rows and `outputs` those of its columns. `map` leads from an index
    (group.., reduction.., output..) to the weight's coordinates in `value`. Row
    and column numbers count (group.., reduction..) and (group.., output..) in
    row-major order; everything outside of the blocks is zero.

    A column's scale is its largest magnitude over `levels`, and a weight's
    level is the weight over the scale, rounded to the nearest, ties to even.
    Levels are made when the binary is written.

    Constraints:
    - (C1) `value` is of f32 and of a static shape.
    - (C2) The map has a dimension for each entry of `groups`, `reduction` and
      `outputs`, whose entries are at least 1, and a result for each dimension
      of `value`, with coordinates inside of it. There are at most 2^24 rows and
      2^24 columns.
    - (C3) The type has their products as its rows and columns.
    - (C4) There are 1 to 127 levels.

    ```mlir
    %w = analog.matrix dense_resource<w> : tensor<300x600xf32>
        map affine_map<(k, n) -> (n, k)> groups [] reduction [600] outputs [300]
        levels 127 : !analog.matrix<600, 300>
    ```
  }];
  let arguments = (ins ElementsAttr:$value, AffineMapAttr:$map,
                       DenseI64ArrayAttr:$groups, DenseI64ArrayAttr:$reduction,
                       DenseI64ArrayAttr:$outputs, I64Attr:$levels);
  let results = (outs Analog_MatrixType:$result);
  let assemblyFormat = [{
    $value `map` $map `groups` $groups `reduction` $reduction `outputs` $outputs
    `levels` $levels attr-dict `:` type($result)
  }];
  let extraClassDeclaration = [{
    /// Number of blocks, and rows and columns of one.
    int64_t getNumGroups();
    int64_t getGroupRows();
    int64_t getGroupColumns();
  }];
}

def Analog_ConvertOp : Analog_Op<"convert"> {
  let summary = "inputs to codes of a DAC";
  let description = [{
    `map` leads from an index (vector.., row..) to the coordinates of an element
    of the input; an element outside is zero. Vectors and rows of the result
    count their indices in row-major order.

    Constraints:
    - (C1) The map has a dimension for each entry of `vectors` and `rows`, which
      are at least 1 and number at most 2^24 vectors and 2^24 rows, and a linear
      result for each dimension of the input.
    - (C2) The result has their products as its shape.

    A convolution of 3x3 with padding 1, its windows as vectors:

    ```mlir
    %c = analog.convert %x vectors [8, 8] rows [4, 3, 3]
        map affine_map<(h, w, c, i, j) -> (0, c, h + i - 1, w + j - 1)>
        dac <0.5 : f32 in -127 to 127>
        : tensor<1x4x8x8xf32> -> tensor<64x36xi8>
    ```
  }];
  let arguments = (ins AnyStaticShapeTensor:$input, DenseI64ArrayAttr:$vectors,
                       DenseI64ArrayAttr:$rows, AffineMapAttr:$map,
                       Analog_DACAttr:$dac);
  let results = (outs Analog_Codes:$result);
  let assemblyFormat = [{
    $input `vectors` $vectors `rows` $rows `map` $map `dac` $dac attr-dict
    `:` type($input) `->` type($result)
  }];
}

def Analog_MultiplyOp : Analog_Op<"multiply"> {
  let summary = "codes times a matrix, before it is split into tiles";
  let description = [{
    Constraints:
    - (C1) Codes have a column for each row of the matrix, and the result has
      their rows and the matrix's columns.

    ```mlir
    %s = analog.multiply %c, %w
        : tensor<1x600xi8>, !analog.matrix<600, 300> -> tensor<1x300xi32>
    ```
  }];
  let arguments = (ins Analog_Codes:$codes, Analog_MatrixType:$matrix);
  let results = (outs Analog_Sums:$result);
  let assemblyFormat = [{
    $codes `,` $matrix attr-dict `:` type($codes) `,` type($matrix) `->`
    type($result)
  }];
}

def Analog_TileOp : Analog_Op<"tile"> {
  let summary = "a rectangle of a matrix, programmed into the crossbar of a core";
  let description = [{
    Constraints:
    - (C1) The rectangle is inside of the matrix and has the size of the type.

    ```mlir
    %t = analog.tile %w core 3 at [256, 0]
        : !analog.matrix<600, 300> -> !analog.tile<256, 256>
    ```
  }];
  let arguments = (ins Analog_MatrixType:$matrix, I64Attr:$core,
                       I64Attr:$first_row, I64Attr:$first_column);
  let results = (outs Analog_TileType:$result);
  let assemblyFormat = [{
    $matrix `core` $core `at` `[` $first_row `,` $first_column `]` attr-dict
    `:` type($matrix) `->` type($result)
  }];
}

def Analog_ReadOp : Analog_Op<"read"> {
  let summary = "codes times a tile: one analog product a vector";
  let description = [{
    The tile takes the columns of the codes that are its rows of the matrix. An
    ADC a column converts the sum to a code: the sum over the ADC's step,
    rounded to the nearest, ties to even, within its range. The step is the
    least integer with which no codes within the bounds of their DAC leave the
    range (docs/isa/analog.md).

    Constraints:
    - (C1) The tile comes from an earlier `analog.tile` and the codes from an
      earlier `analog.convert`.
    - (C2) Codes have a column for each row of the tile's matrix; the result has
      their rows and the tile's columns.
    - (C3) A read has 4 phases, or 1 if no code is negative.

    ```mlir
    %p = analog.read %c, %t phases 4
        : tensor<1x600xi8>, !analog.tile<256, 256> -> tensor<1x256xi8>
    ```
  }];
  let arguments = (ins Analog_Codes:$codes, Analog_TileType:$tile,
                       I64Attr:$phases);
  let results = (outs Analog_Codes:$result);
  let assemblyFormat = [{
    $codes `,` $tile `phases` $phases attr-dict `:` type($codes) `,`
    type($tile) `->` type($result)
  }];
}

def Analog_AccumulateOp : Analog_Op<"accumulate"> {
  let summary = "sums of what tiles have read";
  let description = [{
    Each sum adds up the codes of its column of the matrix, each times its ADC's
    step, in 32-bit integers and in the order of the operands.

    Constraints:
    - (C1) Operands come from an earlier `analog.read` each, of the same codes
      with tiles of one matrix, which comes from an earlier `analog.matrix`.
    - (C2) The result has their rows and the matrix's columns.
    - (C3) No two tiles share a cell, and together they hold every cell of the
      matrix's blocks.

    ```mlir
    %s = analog.accumulate %p0, %p1
        : tensor<1x256xi8>, tensor<1x256xi8> -> tensor<1x256xi32>
    ```
  }];
  let arguments = (ins Variadic<Analog_Codes>:$parts);
  let results = (outs Analog_Sums:$result);
  let assemblyFormat = [{
    $parts attr-dict `:` type($parts) `->` type($result)
  }];
  let extraClassDeclaration = [{
    /// The tile that operand `number` was read from.
    TileOp getTile(unsigned number);
  }];
}

def Analog_RescaleOp : Analog_Op<"rescale"> {
  let summary = "sums to outputs";
  let description = [{
    A sum becomes sum * scale + bias within [low, high], in f32. The scale of a
    column is `scale` times that of its weights and that of the DAC; its bias is `bias_scale` times
    the element of `bias` that `bias_map` names for (group.., output..), plus
    `offset`. `map` leads from an index (vector.., group.., output..) to the
    coordinates of the result.

    Constraints:
    - (C1) The map has a dimension for each entry of `vectors` and of the
      matrix's `groups` and `outputs`, and a linear result for each dimension
      of the result, whose elements it reaches once each.
    - (C2) Sums have a row for each vector and a column for each of the matrix.
    - (C3) `bias` and `bias_map` stand together; the map has a dimension for
      each entry of `groups` and `outputs` and coordinates inside of `bias`,
      which is of f32.
    - (C4) The matrix comes from an earlier `analog.matrix`, the sums from an
      earlier `analog.multiply` or `analog.accumulate` with it.

    ```mlir
    %y = analog.rescale %s, %w vectors [1] map affine_map<(m, n) -> (m, n)>
        scale 5.000000e-01 bias dense_resource<b> : tensor<300xf32>
        bias_map affine_map<(n) -> (n)> low 0.0
        : tensor<1x300xi32>, !analog.matrix<600, 300> -> tensor<1x300xf32>
    ```
  }];
  let arguments = (ins Analog_Sums:$sums, Analog_MatrixType:$matrix,
                       DenseI64ArrayAttr:$vectors, AffineMapAttr:$map,
                       F64Attr:$scale, OptionalAttr<ElementsAttr>:$bias,
                       OptionalAttr<AffineMapAttr>:$bias_map,
                       DefaultValuedAttr<F64Attr, "1.0">:$bias_scale,
                       DefaultValuedAttr<F64Attr, "0.0">:$offset,
                       OptionalAttr<F32Attr>:$low, OptionalAttr<F32Attr>:$high);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = [{
    $sums `,` $matrix `vectors` $vectors `map` $map `scale` $scale
    (`bias` $bias^)? (`bias_map` $bias_map^)? (`low` $low^)? (`high` $high^)?
    attr-dict `:` type($sums) `,` type($matrix) `->` type($result)
  }];
  let extraClassDeclaration = [{
    /// The conversion whose codes are summed; null when there is none.
    ConvertOp getConvert();
  }];
}

#endif // GARAM_DIALECT_ANALOG_IR_ANALOGOPS_TD
