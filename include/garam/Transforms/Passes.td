//===- Passes.td - Passes on dialects of upstream ----------*- tablegen -*-===//
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

def NormalizeStructure : Pass<"normalize-structure", "::mlir::func::FuncOp"> {
  let summary = "Brings a function to linalg and slices alone";
  let description = [{
    Expands `garam_ext` operations, turns padding and concatenation into
    insertions into one destination, which need no further copy, and products
    and convolutions of any name into `linalg.generic`. Of a concatenation of
    more than 128 tensors of fixed shapes, those of each 128 come first, and are
    then put beside each other. It is always safe.

    ```mlir
    %p = tensor.pad %x low[1] high[1] { ... yield %zero } : tensor<4xf32>
        to tensor<6xf32>
    // becomes
    %e = tensor.empty() : tensor<6xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<6xf32>) -> tensor<6xf32>
    %p = tensor.insert_slice %x into %f[1] [4] [1]
        : tensor<4xf32> into tensor<6xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::bufferization::BufferizationDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def CropUnreadElements : Pass<"crop-unread-elements", "::mlir::func::FuncOp"> {
  let summary = "Slices operands to the one window that is read of them";
  let description = [{
    A window that fits once need not read all of its input: the stride leaves
    rows over. `linalg-fold-unit-extent-dims` makes a loop's own index of
    `d0 * 2 + d1` when `d0` has one iteration, and then the extents have to
    agree. It is always safe.

    ```mlir
    linalg.generic {indexing_maps = [affine_map<(a, b) -> (a * 2 + b)>, ...]}
        ins(%x, ... : tensor<4xf32>, ...)  // a of 1 iteration, b of 3
    // becomes
    %s = tensor.extract_slice %x[0] [3] [1] : tensor<4xf32> to tensor<3xf32>
    linalg.generic {indexing_maps = [affine_map<(a, b) -> (a * 2 + b)>, ...]}
        ins(%s, ... : tensor<3xf32>, ...)
    ```
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

def UnfoldConvolutions : Pass<"unfold-convolutions", "::mlir::func::FuncOp"> {
  let summary = "Makes products of convolutions";
  let description = [{
    A convolution whose weights serve several output channels becomes the
    product of the weights and the unfolded input, in which each output pixel has
    a column of all elements that it needs (known as im2col). It costs a copy of
    the input for each element of the window, and makes of every stride and
    dilation a product of contiguous rows. A depthwise convolution stays: each
    weight serves one channel, so that a product would have one row.

    ```mlir
    %y = linalg.generic {indexing_maps =
           [affine_map<(f, x, c, k) -> (c, x * 2 + k)>,
            affine_map<(f, x, c, k) -> (f, c, k)>,
            affine_map<(f, x, c, k) -> (f, x)>], ...} ins(%in, %w) ...
    // becomes
    %u = linalg.generic {indexing_maps =
           [affine_map<(c, k, x) -> (c, x * 2 + k)>,
            affine_map<(c, k, x) -> (c, k, x)>], ...} ins(%in) ...
    %y = linalg.generic {indexing_maps =
           [affine_map<(f, x, c, k) -> (c, k, x)>,
            affine_map<(f, x, c, k) -> (f, c, k)>,
            affine_map<(f, x, c, k) -> (f, x)>], ...} ins(%u, %w) ...
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FuseElementwise : Pass<"fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "Fuses chains of elementwise operations";
  let description = [{
    Fuses a producer into its only user with upstream's patterns, where that
    repeats no work: the user is parallel and reads each element of the producer
    once. A body has at most `max-operations`, so that the time for a chain is
    linear in its length. Scalars and splats move into bodies.

    ```mlir
    %1 = linalg.generic ... ins(%x) { addf }
    %2 = linalg.generic ... ins(%1) { maximumf }
    // becomes
    %2 = linalg.generic ... ins(%x) { addf; maximumf }
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
  let options = [
    Option<"maxOperations", "max-operations", "unsigned", "128",
           "operations of a fused body, at most">];
}

def CollapseDimensions : Pass<"collapse-dimensions", "::mlir::func::FuncOp"> {
  let summary = "Makes one loop of neighbouring dimensions";
  let description = [{
    Collapses dimensions that follow one another in every operand, with upstream's
    pattern: rows of 7 elements are no good for vectors, an image of 49 is. A
    product of unfolded images becomes one of matrices.

    ```mlir
    %y = linalg.generic {... iterator_types = ["parallel", "parallel"]}
         ins(%x : tensor<64x7xf32>) ...
    // becomes
    %c = tensor.collapse_shape %x [[0, 1]] : tensor<64x7xf32> into tensor<448xf32>
    %y = linalg.generic {... iterator_types = ["parallel"]} ins(%c) ...
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def SplitIntoParts : Pass<"split-into-parts", "::mlir::func::FuncOp"> {
  let summary = "Makes parts of a computation that threads can share";
  let description = [{
    Splits the one structured operation whose results a function stores along a
    parallel loop, into slices that may be computed at the same time: of a product
    its batch or columns first, then its rows, of which each part copies the columns
    for itself. Results start within the parts. Functions of anything else, and of
    too little work, stay whole. How many parts there are depends on no number of
    threads, so results do not either.

    ```mlir
    %y = linalg.exp ins(%x : tensor<32x4096xf32>) outs(%e : tensor<32x4096xf32>)
        -> tensor<32x4096xf32>
    // becomes
    %y = scf.forall (%p) in (16) shared_outs(%o = %e) -> (tensor<32x4096xf32>) {
      %first = affine.apply affine_map<(p) -> (p * 2)>(%p)
      %slice = tensor.extract_slice %x[%first, 0] [2, 4096] [1, 1]
      ...
      scf.forall.in_parallel {
        tensor.parallel_insert_slice %r into %o[%first, 0] [2, 4096] [1, 1]
      }
    }
    ```
  }];
  let options = [
    Option<"vectorBits", "vector-bits", "unsigned", "256",
           "width of a vector of the processor">,
    Option<"vectorRegisters", "vector-registers", "unsigned", "16",
           "number of vector registers, half of which hold sums">,
    Option<"maxParts", "max-parts", "unsigned", "16",
           "parts of a function, about, at most: two for each core of a processor of eight">,
    Option<"leastOperations", "least-operations", "uint64_t", "65536",
           "operations on elements of a part, at least: some ten microseconds">];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def SelectPart : Pass<"select-part", "::mlir::func::FuncOp"> {
  let summary = "Makes a function of one of its parts";
  let description = [{
    Replaces the loops over parts of a function on buffers by the one iteration
    whose number is the function's new last argument, over all loops one after the other. The
    attribute `garam.parts` of the function says how many there are; a function
    without such loops has one. What is outside of the loops is done with every
    part, so that it may write no memory but allocations, which callers do not
    share; the pass fails else.

    ```mlir
    func.func @garam_kernel_0(%y: memref<8xf32>) {
      scf.forall (%p) in (2) { ... }
    // becomes
    func.func @garam_kernel_0(%y: memref<8xf32>, %p: index)
        attributes {garam.parts = 2 : i64} {
      ...
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect"];
}

def TileRunTimeSizes : Pass<"tile-run-time-sizes", "::mlir::func::FuncOp"> {
  let summary = "Makes products of sizes of run time ones of fixed sizes";
  let description = [{
    Makes loops over tiles of fixed sizes of each sum of products of floats that has
    loops of run time, for `tile-contractions` to go on with: first as many as there
    are of the largest tile, then of a smaller one, at last single rows, columns or
    elements of the sum. Other dimensions, such as a batch, have tiles of one. Sizes
    that `garam.most_iterations` says no run has are left out. Everything else, which
    loops over any size compute as well, stays.

    ```mlir
    %y = linalg.generic ... ins(%a, %b : tensor<?x128xf32>, tensor<128x96xf32>)
         outs(%z : tensor<?x96xf32>) { mulf; addf }
    // becomes
    %1 = scf.for %m = 0 to (%size floordiv 64) * 64 step 64 iter_args(%o = %z) ... {
      %t = linalg.generic ... ins(%a[%m, 0] [64, 128], %b) outs(%o[%m, 0] [64, 96])
    %2 = scf.for %m = ... step 4 iter_args(%o = %1) ...
    %y = scf.for %m = ... to %size step 1 iter_args(%o = %2) ...
    ```
  }];
  let options = [Option<"vectorBits", "vector-bits", "unsigned", "256",
                        "width of a vector of the processor">,
                 Option<"vectorRegisters", "vector-registers", "unsigned", "16",
                        "number of vector registers, half of which hold sums">];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def TileContractions : Pass<"tile-contractions", "::mlir::func::FuncOp"> {
  let summary = "Tiles and vectorises products of matrices";
  let description = [{
    Makes loops over tiles of registers of each sum of products of floats whose
    result has rows side by side, with upstream's tiling and vectorisation. For
    each group of columns, as many as two vectors hold, the operand that has
    them is copied to a dense tile, or its transposition; then groups of rows
    pass over it, with sums that stay in registers, from the start if one scalar
    fills them. Columns that fill no tile
    are computed in one that is padded with zeros. Dot products, of which
    `tile-dot-products` makes vectors, and everything else stay as they are.

    ```mlir
    %y = linalg.generic ... ins(%a, %b : tensor<64x128xf32>, tensor<128x96xf32>)
         outs(%z : tensor<64x96xf32>) { mulf; addf }
    // becomes, with 256 bits
    %y = scf.for %n = 0 to 96 step 16 ... {
      %tile = linalg.generic ... ins(%b[0, %n] [128, 16])
              outs(%empty : tensor<128x16xf32>) { yield }
      scf.for %m = 0 to 64 step 4 ... {
        %sums = scf.for %k = 0 to 128 step 1 ... {
          vector.contract %a[%m, %k], %tile[%k], %sums : vector<4x16xf32>
    ```
  }];
  let options = [Option<"vectorBits", "vector-bits", "unsigned", "256",
                        "width of a vector of the processor">,
                 Option<"vectorRegisters", "vector-registers", "unsigned", "16",
                        "number of vector registers, half of which hold sums">];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect",
                           "::mlir::vector::VectorDialect"];
}

def TileDotProducts : Pass<"tile-dot-products", "::mlir::func::FuncOp"> {
  let summary = "Tiles and vectorises dot products";
  let description = [{
    Makes vectors of partial sums of each sum of products of floats whose operands
    both have neighbours in the sum, and too few rows for a transposition to pay,
    with upstream's tiling of reductions and vectorisation. As many columns as
    registers hold two vectors of sums for are computed at once; what is left of
    the sum stays as it is. The sums have another order than before, which
    depends on `vector-bits` alone.

    ```mlir
    %y = linalg.generic ... ins(%a, %b : tensor<1x64xf32>, tensor<96x64xf32>)
         outs(%z : tensor<1x96xf32>) { mulf; addf }
    // becomes, with 256 bits
    %y = scf.for %n = 0 to 96 step 4 ... {
      %sums = scf.for %k = 0 to 64 step 16 ... {
        %p = arith.mulf %a[%k], %b[%n, %k] : vector<4x16xf32>
        arith.addf %p, %partial : vector<4x16xf32>
      }
      linalg.reduce ins(%sums) ...
    ```
  }];
  let options = [Option<"vectorBits", "vector-bits", "unsigned", "256",
                        "width of a vector of the processor">,
                 Option<"vectorRegisters", "vector-registers", "unsigned", "16",
                        "number of vector registers, half of which hold sums">];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect",
                           "::mlir::vector::VectorDialect"];
}

def LowerContractions : Pass<"lower-contractions", "::mlir::func::FuncOp"> {
  let summary = "Keeps sums in registers and makes vector instructions";
  let description = [{
    Moves the reading and writing of sums out of the loops that they are summed
    in, while they are tensors, and turns `vector.contract` into fused
    multiply-adds of a vector and a scalar, with upstream's patterns.

    ```mlir
    scf.for %k ... {
      %s = vector.transfer_read %y[%m, %n]
      %t = vector.contract ... %s
      vector.transfer_write %t, %y[%m, %n]
    // becomes
    %s = vector.transfer_read %y[%m, %n]
    scf.for %k ... iter_args(%t = %s) { vector.fma ... }
    vector.transfer_write %t, %y[%m, %n]
    ```
  }];
  let dependentDialects = ["::mlir::vector::VectorDialect"];
}

def OrderReductionLoops
    : Pass<"order-reduction-loops", "::mlir::func::FuncOp"> {
  let summary = "Makes neighbours of the output the innermost loop";
  let description = [{
    Orders the loops of reductions that are left so that the output's innermost
    dimension is the innermost loop, where an input has neighbours along it too:
    LLVM's vectoriser then takes several outputs at once, as those of a window. It
    may not do that with a sum, whose order would change. Each output sums
    in the order as before.

    ```mlir
    %y = linalg.generic {indexing_maps = [affine_map<(c, x, k) -> (c, x + k)>,
                                          affine_map<(c, x, k) -> (c, k)>,
                                          affine_map<(c, x, k) -> (c, x)>], ...}
    // becomes
    %y = linalg.generic {indexing_maps = [affine_map<(c, k, x) -> (c, x + k)>,
                                          affine_map<(c, k, x) -> (c, k)>,
                                          affine_map<(c, k, x) -> (c, x)>], ...}
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def AllocateCopies : Pass<"allocate-copies", "::mlir::func::FuncOp"> {
  let summary = "Gives copies of values memory that nothing else has";
  let description = [{
    Turns each value that is stored in a `tensor.empty` into a
    `bufferization.alloc_tensor` with a copy of it. Where the new states of a
    loop are values of the old ones, such stores keep them apart, and must stay
    copies: equal `tensor.empty` are merged into one, and
    `eliminate-empty-tensors` would put the copy where it goes in the end, over
    what others still read. Bufferization can do without no store, and so could
    not make such a loop. Is safe anywhere: what a `tensor.empty` holds nobody
    reads.

    A new state that is computed of more than the element in its own place, such
    as a product, gets a `bufferization.alloc_tensor` to be computed in, too:
    `eliminate-empty-tensors` would have it computed over the old state, which
    is still read.

    ```mlir
    %e = tensor.empty() : tensor<4xf32>
    %0 = bufferization.materialize_in_destination %state in %e
    // becomes
    %0 = bufferization.alloc_tensor() copy(%state) : tensor<4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect"];
}

def ExpandCopies : Pass<"expand-copies", "::mlir::func::FuncOp"> {
  let summary = "Turns copies of buffers into structured operations";
  let description = [{
    Replaces each `memref.copy` by a `linalg.copy`, which becomes loops: the
    copy of buffers with strides would else be a call of a run-time library.

    ```mlir
    memref.copy %a, %b : memref<4xf32, strided<[2]>> to memref<4xf32>
    // becomes
    linalg.copy ins(%a : memref<4xf32, strided<[2]>>) outs(%b : memref<4xf32>)
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def PlanScratch : Pass<"plan-scratch", "::mlir::func::FuncOp"> {
  let summary = "Puts allocations into one buffer of the caller";
  let description = [{
    Gives each allocation of a function a place in a buffer that is its last
    argument, so that a kernel needs no allocator and no stack. All allocations
    must be static, or of sizes that the arithmetic which makes them bounds: they
    then have room for the greatest. Each has bytes of its own, also when another
    one's life has ended: a kernel has few. A function without allocations stays
    as it is.

    ```mlir
    func.func @garam_kernel_0(%x: memref<8xf32>) {
      %0 = memref.alloc() : memref<8xf32>
      ...
    // becomes
    func.func @garam_kernel_0(%x: memref<8xf32>,
                              %scratch: memref<64xi8> {llvm.noalias}) {
      %c0 = arith.constant 0 : index
      %0 = memref.view %scratch[%c0][] : memref<64xi8> to memref<8xf32>
      ...
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
}

def MergeEqualOperations
    : Pass<"merge-equal-operations", "::mlir::func::FuncOp"> {
  let summary = "Computes once what several operations compute";
  let description = [{
    `cse` of upstream, in linear time also where many operations read the same
    and compute different things, as thousands of `linalg.generic` that scale
    one tensor each in its own way: `cse` compares each of these with all
    others. As safe as that is.

    ```mlir
    %a = linalg.generic ... ins(%x : tensor<4xf32>) { mulf %in, %two ... }
    %b = linalg.generic ... ins(%x : tensor<4xf32>) { mulf %in, %two ... }
    %c = arith.addf %a, %b : tensor<4xf32>
    // becomes
    %a = linalg.generic ... ins(%x : tensor<4xf32>) { mulf %in, %two ... }
    %c = arith.addf %a, %a : tensor<4xf32>
    ```
  }];
}

def BoundSizes : Pass<"bound-sizes", "::mlir::func::FuncOp"> {
  let summary = "Keeps tensors whose size a counter says in buffers of fixed size";
  let description = [{
    How many elements some operators yield shows at run time: a slice cuts as
    many off a buffer as a counter, an i64 tensor of rank 0, says. This pass
    keeps the buffers in place of the slices. What is computed element by
    element is computed of all of a buffer; reductions leave out what lies
    behind what counts; where counted parts are joined, padded or read in
    another shape, elements are read from where they are. A result becomes its
    buffer, with the counter as a further result, which attribute
    `garam.counted` names, so that a runtime hands out what counts.

    Sizes are expressions of counters: sums, products, the lesser and the
    greater of two. Two that need to be equal must be so by
    arithmetic: a size that shows at run time may be 1, for which ONNX
    broadcasts. What cannot be done with a buffer is refused, as windows over
    it, and results of which two dimensions are counted.

    ```mlir
    %n = tensor.extract %counter[] : tensor<i64>
    %size = arith.index_cast %n : i64 to index
    %rows = tensor.extract_slice %buffer[0, 0] [%size, 3] [1, 1]
        : tensor<6x3xi64> to tensor<?x3xi64>
    return %rows : tensor<?x3xi64>
    // becomes
    return %buffer, %counter : tensor<6x3xi64>, tensor<i64>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def SizeInputs : Pass<"size-inputs", "::mlir::func::FuncOp"> {
  let summary = "Takes inputs whose sizes are given at run time, up to a bound";
  let description = [{
    The symbols of a function, `garam.symbols`, are dimensions of its inputs
    whose sizes a run gives. This pass adds an argument that holds them. An
    input becomes a tensor of its greatest sizes, whose front is what comes
    in; so does an output, with a further result, which attribute `garam.sized`
    names, for the sizes that it has. Sizes of all tensors follow from the
    symbols, which the pass checks. Those of tensors that have to fit each other
    are equal whatever the symbols are, or become a condition,
    `garam.conditions` of the new argument: the runtime refuses runs where they
    are not equal. That is safe, as no other run computes anything. Where they
    are equal in no run, or for one size of a dimension only, the pass fails.

    Without `garam.symbols`, or with an input that has a dimension without a
    symbol, nothing changes.

    ```mlir
    func.func @main(%x: tensor<?x4xf32> {onnx.dims = ["n", ""]})
        -> tensor<?x4xf32>
        attributes {garam.symbols = ...} { // "n", from 1 to 8
      %y = ... tensor<?x4xf32>
      return %y : tensor<?x4xf32>
    }
    // becomes
    func.func @main(%x: tensor<8x4xf32> {garam.dimensions = ["n", ""]},
                    %sizes: tensor<1xi64> {garam.symbols = ...})
        -> (tensor<8x4xf32> {garam.sized = "y.sizes"}, tensor<2xi64>) {
      %n = ... // element 0 of %sizes
      %in = garam_ext.take_front %x[%n] : tensor<8x4xf32> to tensor<?x4xf32>
      %y = ... tensor<?x4xf32>
      %out = garam_ext.place_front %y[%n] : tensor<?x4xf32> to tensor<8x4xf32>
      return %out, ... : tensor<8x4xf32>, tensor<2xi64>
    }
    ```

    A sum of tensors of "n" and "m" elements adds to the new argument

    ```mlir
    garam.conditions = [
      {left = affine_map<()[s0, s1] -> (s0)>, node = "sum",
       right = affine_map<()[s0, s1] -> (s1)>}
    ]
    ```
  }];
  let dependentDialects = ["::garam::ext::GaramExtDialect",
                           "::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def PadSizes : Pass<"pad-sizes", "::mlir::func::FuncOp"> {
  let summary = "Keeps tensors of sizes of run time in tensors of the greatest";
  let description = [{
    For devices whose programs have fixed sizes, after `size-inputs`: every
    tensor becomes one of its greatest sizes, with padding of any value. What is
    computed element by element is computed of the padding, too. Sums, products,
    greatest and least elements along a padded dimension leave the padding out,
    by masks that are made from the sizes of the run. Inputs and outputs, with
    attribute `garam.padded`, are padded, too; the sizes of an output whose
    dimensions are symbols are no result any more.

    Safe for whatever it does not refuse: windows along a padded dimension read
    nothing but what counts, which `size-inputs` has checked; elements chosen by
    an index along such a dimension are refused.

    ```mlir
    %in = garam_ext.take_front %x[%n] : tensor<8x4xf32> to tensor<?x4xf32>
    %y = linalg.abs ins(%in : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
    %out = garam_ext.place_front %y[%n] : tensor<?x4xf32> to tensor<8x4xf32>
    return %out, %sizes : tensor<8x4xf32>, tensor<2xi64>
    // becomes
    %y = linalg.abs ins(%x : tensor<8x4xf32>) outs(%e : tensor<8x4xf32>) -> tensor<8x4xf32>
    return %y : tensor<8x4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::affine::AffineDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def GuardDivision : Pass<"guard-division", "::mlir::func::FuncOp"> {
  let summary = "Gives integer divisions that would trap a result";
  let description = [{
    A processor stops a program that divides an integer by 0, or the least
    number by -1. Where the divisor is no constant that excludes both, the
    result becomes what it is on every device: a quotient of 0 and a remainder
    of the dividend for a divisor of 0, and what wraps around for the other.
    Divisions of `index` stay.

    ```mlir
    %q = arith.divui %a, %b : i32
    // becomes
    %is_zero = arith.cmpi eq, %b, %zero : i32
    %divisor = arith.select %is_zero, %one, %b : i32
    %r = arith.divui %a, %divisor : i32
    %q = arith.select %is_zero, %zero, %r : i32
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def ExpandMath : Pass<"expand-math", "::mlir::func::FuncOp"> {
  let summary = "Expands functions of 32-bit floats to arithmetic";
  let description = [{
    Replaces the exponential, tanh and erf of f32 by upstream's approximations,
    which can be vectorised, and conversions to bf16 by operations on its bits. Other functions, and those of f64, stay and
    become calls of libm.

    ```mlir
    %y = math.tanh %x : f32
    // becomes arith and math.fma operations
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

def ExpandNarrowFloats
    : Pass<"expand-narrow-floats", "::mlir::func::FuncOp"> {
  let summary = "Expands conversions from and to floats of 8 bits";
  let description = [{
    Replaces `arith.extf` of f8E4M3FN, f8E4M3FNUZ, f8E5M2, f8E5M2FNUZ and
    f8E8M0FNU, and `arith.truncf` to the first four, by operations on their
    bits, which are vectorised. A conversion to such a type rounds to nearest,
    ties to even; what is too large becomes infinity, or NaN where the type has
    none.

    ```mlir
    %y = arith.extf %x : f8E8M0FNU to f32
    // becomes, but for 0 and NaN,
    %bits = arith.bitcast %x : f8E8M0FNU to i8
    %wide = arith.extui %bits : i8 to i32
    %exponent = arith.shli %wide, %c23 : i32
    %y = arith.bitcast %exponent : i32 to f32
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def UnpackWeights : Pass<"unpack-weights", "::mlir::func::FuncOp"> {
  let summary = "Unpacks weights of less than a byte where they are used";
  let description = [{
    Replaces a constant of type i4, i2 or f4E2M1FN, whose elements ONNX packs
    into bytes, and the extension that widens it (see
    `garam/Support/PackedWeights.h`) by a constant of the same bytes and an
    operation that takes their elements apart. The weights stay packed in
    memory.

    ```mlir
    %c = arith.constant dense_resource<w> : tensor<8x4xi4>
    %w = arith.extui %c : tensor<8x4xi4> to tensor<8x4xi8>
    // becomes
    %c = arith.constant dense_resource<w> : tensor<8x2xi8>
    %pairs = linalg.generic ... tensor<8x2xi8> -> tensor<8x2x2xi8>
    %w = tensor.collapse_shape %pairs [[0], [1, 2]]
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif // GARAM_TRANSFORMS_PASSES_TD
