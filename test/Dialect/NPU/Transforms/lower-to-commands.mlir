// RUN: garam-opt --npu-lower-to-commands=target=atom --split-input-file --verify-diagnostics %s | FileCheck %s

#a = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#b = affine_map<(m, n, k) -> (n)>
#c = affine_map<(m, n, k) -> (m, n)>

// Weights and bias of a tile are one buffer of the constant segment, in the
// order in which the array reads them; one transfer brings them in front of the
// activations.
// CHECK-LABEL: @product
// CHECK: npu.segment <constant>
// CHECK: npu.segment <input> "x" {size = 128 : i64}
// CHECK: npu.segment <output> "y" {size = 256 : i64}
// CHECK: %[[CONSTANTS:.*]] = npu.buffer <dram> bytes 576 {parts = [#npu.part<0 : f16 sizes[16, 16] from 0 strides[16, 1] of dense<1.000000e+00> : tensor<16x16xf16>>, #npu.part<512 : f32 sizes[16]
// CHECK: %[[LOCAL:.*]] = npu.buffer <local> bytes 576
// CHECK: npu.dma_command 0, %[[CONSTANTS]] to %[[LOCAL]] sizes [576] bytes 1
// CHECK: npu.tensor_command 0, %{{.*}}, %[[LOCAL]] bias(%[[LOCAL]]) to %{{.*}} rows [4] columns 16 reduction [16]
// CHECK: npu.dma_command 0
// CHECK-NEXT: return
func.func @product(%x: tensor<4x16xf16> {onnx.name = "x"}) -> (tensor<4x16xf32> {onnx.name = "y"}) {
  %w = npu.constant dense<1.0> : tensor<16x16xf16> : tensor<16x16xf16>
  %b = npu.constant dense<2.0> : tensor<16xf32> : tensor<16xf32>
  %0 = npu.contract %x, %w bias(%b) sizes [4, 16, 16]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#a, #w, #b, #c] schedule<split = [1, 1, 1], grain = [1, 1, 1], tile = [4, 16, 16], homes = [output]>
    : (tensor<4x16xf16>, tensor<16x16xf16>, tensor<16xf32>) -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}

// -----

#id = affine_map<(a, b) -> (a, b)>

// A reshape of a row-major tensor is another view of the same buffer.
// CHECK-LABEL: @reshape
// CHECK-COUNT-2: npu.vector_command
// CHECK-NOT: npu.dma_command 0, %{{.*}} to %{{.*}} sizes [64] bytes 2
// CHECK: return
func.func @reshape(%x: tensor<4x16xf32>) -> tensor<8x8xf32> {
  %0 = npu.vector ins(%x) sizes [4, 16] schedule<split = [1, 1], grain = [1, 1], tile = [4, 16]>
      {indexing_maps = [#id, #id]}
      : (tensor<4x16xf32>) -> tensor<4x16xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %1 = npu.reshape %0 : tensor<4x16xf16> -> tensor<8x8xf16>
  %2 = npu.vector ins(%1) sizes [8, 8] schedule<split = [1, 1], grain = [1, 1], tile = [8, 8]>
      {indexing_maps = [#id, #id]}
      : (tensor<8x8xf16>) -> tensor<8x8xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %2 : tensor<8x8xf32>
}

// -----

#id = affine_map<(a, b) -> (a, b)>

// The output segment has room for returned tensors only.
func.func @not_returned(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  // expected-error @+1 {{'npu.vector' op has the home 'output' for result #0, which is not returned}}
  %0 = npu.vector ins(%x) sizes [4, 16] schedule<split = [1, 1], grain = [1, 1], tile = [4, 16], homes = [output]>
      {indexing_maps = [#id, #id]} : (tensor<4x16xf32>) -> tensor<4x16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %1 = npu.vector ins(%0) sizes [4, 16] schedule<split = [1, 1], grain = [1, 1], tile = [4, 16], homes = [output]>
      {indexing_maps = [#id, #id]} : (tensor<4x16xf32>) -> tensor<4x16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %1 : tensor<4x16xf32>
}

// -----

#id = affine_map<(a, b) -> (a, b)>

// Nothing is lowered whose tiles are not known.
func.func @unscheduled(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  // expected-error @+1 {{'npu.vector' op is not scheduled: run npu-schedule-stages first}}
  %0 = npu.vector ins(%x) sizes [4, 16] {indexing_maps = [#id, #id]}
      : (tensor<4x16xf32>) -> tensor<4x16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<4x16xf32>
}

// -----

#id = affine_map<(a, b) -> (a, b)>

// What makes the value of a node is followed by where the value lies: a piece
// of each core, with the type that it has on the device. The first stage is a
// step within the node; a value of another shape than the node's is not the
// node's.
// CHECK-LABEL: @values
// CHECK-COUNT-2: npu.vector_command
// CHECK-NOT: npu.value
// CHECK-COUNT-2: npu.vector_command
// CHECK: npu.value "relu" tensor<4x16xf16> in(%[[A:.*]], %[[B:.*]]) as [#npu.view<0 strides[32, 2] low[0, 0] high[2, 16]>, #npu.view<-64 strides[32, 2] low[2, 0] high[4, 16]>]
// CHECK-NOT: npu.value
// CHECK: return
#node = loc("node:relu"("model.onnx":0:0))
#value = loc(fused<{node_value = "relu", type = tensor<4x16xf32>}>[#node])
#other = loc(fused<{node_value = "other", type = tensor<16x4xf32>}>[#node])
func.func @values(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %0 = npu.vector ins(%x) sizes [4, 16] schedule<split = [2, 1], grain = [1, 1], tile = [2, 16], homes = [split]>
      {indexing_maps = [#id, #id]}
      : (tensor<4x16xf32>) -> tensor<4x16xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } loc(#node)
  %1 = npu.vector ins(%0) sizes [4, 16] schedule<split = [2, 1], grain = [1, 1], tile = [2, 16], homes = [split]>
      {indexing_maps = [#id, #id]}
      : (tensor<4x16xf16>) -> tensor<4x16xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } loc(#value)
  %2 = npu.vector ins(%1) sizes [4, 16] schedule<split = [2, 1], grain = [1, 1], tile = [2, 16], homes = [output]>
      {indexing_maps = [#id, #id]}
      : (tensor<4x16xf16>) -> tensor<4x16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } loc(#other)
  return %2 : tensor<4x16xf32>
}

// -----

#a = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>

func.func @no_such_type(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %w = npu.constant dense<1.0> : tensor<16x16xf32> : tensor<16x16xf32>
  // expected-error @+1 {{'npu.contract' op needs an element type that the tensor engine of atom does not have: 'f32'}}
  %0 = npu.contract %x, %w sizes [4, 16, 16]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#a, #w, #c] schedule<split = [1, 1, 1], grain = [1, 1, 1], tile = [4, 16, 16], homes = [output]>
    : (tensor<4x16xf32>, tensor<16x16xf32>) -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}

// -----

// A read is guarded in two dimensions.

#in = affine_map<(a, b, c) -> (a - 1, b - 1, c - 1)>
#out = affine_map<(a, b, c) -> (a, b, c)>

func.func @padding(%x: tensor<4x4x4xf32>) -> tensor<6x6x6xf32> {
  // expected-error @+1 {{'npu.vector' op pads more than 2 dimensions of an input at once}}
  %0 = npu.vector ins(%x) sizes [6, 6, 6] schedule<split = [1, 1, 1], grain = [1, 1, 1], tile = [6, 6, 6], homes = [output]>
      {indexing_maps = [#in, #out],
      paddings = [array<i1: true, true, true>], fills = array<f64: 0.0>}
      : (tensor<4x4x4xf32>) -> tensor<6x6x6xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<6x6x6xf32>
}

// -----

#a = affine_map<(m, n, k, i, j, l) -> (m + i - 1, n + j - 1, k + l - 1)>
#w = affine_map<(m, n, k, i, j, l) -> (i, j, l)>
#c = affine_map<(m, n, k, i, j, l) -> (m, n, k)>

func.func @contract_padding(%x: tensor<4x4x4xf16>) -> tensor<4x4x4xf32> {
  %w = npu.constant dense<1.0> : tensor<3x3x3xf16> : tensor<3x3x3xf16>
  // expected-error @+1 {{'npu.contract' op pads more than 2 dimensions of its activation at once}}
  %0 = npu.contract %x, %w sizes [4, 4, 4, 3, 3, 3]
    iterators [#npu.iterator<row>, #npu.iterator<row>, #npu.iterator<row>,
               #npu.iterator<reduction>, #npu.iterator<reduction>, #npu.iterator<reduction>]
    maps [#a, #w, #c] schedule<split = [1, 1, 1, 1, 1, 1], grain = [1, 1, 1, 1, 1, 1], tile = [4, 4, 4, 3, 3, 3], homes = [output]>
      {activation_padding = array<i1: true, true, true>}
    : (tensor<4x4x4xf16>, tensor<3x3x3xf16>) -> tensor<4x4x4xf32>
  return %0 : tensor<4x4x4xf32>
}

// -----

// One command reduces six dimensions; more of them, where two operands lie in
// different orders so that none are one, have no command: sums do not stay in the
// vector engine.

#x = affine_map<(a, b, c, d, e, f, g) -> (a, b, c, d, e, f, g)>
#y = affine_map<(a, b, c, d, e, f, g) -> (g, e, c, a, f, d, b)>
#out = affine_map<(a, b, c, d, e, f, g) -> ()>

func.func @reductions(%x: tensor<2x2x2x2x2x2x2xf32>, %y: tensor<2x2x2x2x2x2x2xf32>) -> tensor<f32> {
  // expected-error @+1 {{'npu.vector' op reduces more than 6 dimensions}}
  %0 = npu.vector ins(%x, %y) sizes [2, 2, 2, 2, 2, 2, 2] schedule<split = [1, 1, 1, 1, 1, 1, 1], grain = [1, 1, 1, 1, 1, 1, 1], tile = [2, 2, 2, 2, 2, 2, 2], homes = [output]>
      {num_reductions = 7 : i64,
      indexing_maps = [#x, #y, #out], combiners = [#npu.combiner<addf, 0.0 : f32>]}
      : (tensor<2x2x2x2x2x2x2xf32>, tensor<2x2x2x2x2x2x2xf32>) -> tensor<f32> {
  ^bb0(%e: f32, %f: f32):
    %p = arith.mulf %e, %f : f32
    npu.yield %p : f32
  } finish {
  ^bb0(%s: f32):
    npu.yield %s : f32
  }
  return %0 : tensor<f32>
}

// -----

// A view moves nothing; what is returned of it is one transfer, which walks the
// columns of the input from the last to the first.
// CHECK-LABEL: @view
// CHECK: %[[IN:.*]] = npu.buffer <dram> bytes 48 {segment = 1
// CHECK: %[[OUT:.*]] = npu.buffer <dram> bytes 48 {segment = 2
// CHECK-NOT: npu.vector_command
// CHECK: npu.dma_command 0, %[[IN]] to %[[OUT]] sizes [3, 2] bytes 8
// CHECK-SAME: #npu.descriptor<16 : u64 strides[-8, 24]>, #npu.descriptor<0 : u64 strides[16, 8]>
// CHECK-NEXT: return
func.func @view(%x: tensor<2x3xi64>) -> tensor<3x2xi64> {
  %y = npu.view %x map affine_map<(i, j) -> (j, -i + 2)> : tensor<2x3xi64> -> tensor<3x2xi64>
  return %y : tensor<3x2xi64>
}

// -----

#one = affine_map<(a) -> (a)>

// Comparisons that are several of the engine's are expanded when stages are
// made, not here: the engine's own of them differ on NaN.
func.func @unordered(%x: tensor<16xf32>, %y: tensor<16xf32>) -> tensor<16xf32> {
  %0 = npu.vector ins(%x, %y) sizes [16] schedule<split = [1], grain = [1], tile = [16], homes = [output]>
      {indexing_maps = [#one, #one, #one]} : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32, %f: f32):
    // expected-error @+1 {{'arith.cmpf' op has no form on the vector engine, which compares by oeq, une, olt, ole, ogt and oge, got: ueq}}
    %c = arith.cmpf ueq, %e, %f : f32
    %s = arith.select %c, %e, %f : f32
    npu.yield %s : f32
  }
  return %0 : tensor<16xf32>
}

// -----

#one = affine_map<(a) -> (a)>

// The engine's maximum is NaN where an operand is.
func.func @greater_number(%x: tensor<16xf32>, %y: tensor<16xf32>) -> tensor<16xf32> {
  %0 = npu.vector ins(%x, %y) sizes [16] schedule<split = [1], grain = [1], tile = [16], homes = [output]>
      {indexing_maps = [#one, #one, #one]} : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32, %f: f32):
    // expected-error @+1 {{'arith.maxnumf' op has no form on the vector engine}}
    %m = arith.maxnumf %e, %f : f32
    npu.yield %m : f32
  }
  return %0 : tensor<16xf32>
}

// -----

#one = affine_map<(a) -> (a)>

// A schedule with more tiles than a queue may execute commands is refused
// before they are made.
func.func @too_many_tiles(%x: tensor<16777217xf32>) -> tensor<16777217xf32> {
  // expected-error @+1 {{'npu.vector' op brings a queue to 16777217 commands; a program executes at most 16777216 in a queue: run a smaller batch or shape several times}}
  %0 = npu.vector ins(%x) sizes [16777217] schedule<split = [1], grain = [1], tile = [1], homes = [output]>
      {indexing_maps = [#one, #one]} : (tensor<16777217xf32>) -> tensor<16777217xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<16777217xf32>
}

// -----

#id = affine_map<(a, b) -> (a, b)>

#in = affine_map<(n, a, b) -> (a, b)>
#out = affine_map<(n, a, b) -> (n, a, b)>

// What was made before a failure goes with it, and the function stays.
func.func @no_commands_of_one(%x: tensor<4x16xf32>) -> tensor<16777217x4x16xf16> {
  %0 = npu.vector ins(%x) sizes [4, 16] schedule<split = [2, 1], grain = [1, 1], tile = [2, 16]>
      {indexing_maps = [#id, #id]} : (tensor<4x16xf32>) -> tensor<4x16xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  // expected-error @+1 {{brings a queue to 16777}}
  %1 = npu.vector ins(%0) sizes [16777217, 4, 16] schedule<split = [1, 1, 1], grain = [1, 1, 1], tile = [1, 4, 16]>
      {indexing_maps = [#in, #out]} : (tensor<4x16xf16>) -> tensor<16777217x4x16xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %1 : tensor<16777217x4x16xf16>
}

// -----

#x = affine_map<(h, w, c, y, z) -> (h + y, w + z, c)>
#w = affine_map<(h, w, c, y, z) -> (c, y, z)>
#o = affine_map<(h, w, c, y, z) -> (h, w, c)>

// The weights of a depthwise convolution, 9 words a channel, do not fit into
// the registers that the program leaves (29 of 128 words), so they would be
// read again for every pixel; those of half of the channels do.
// CHECK-LABEL: @depthwise
// CHECK: npu.vector_command 0, {{.*}} sizes [7, 7, 288, 3, 3] {{.*}}<0 : f16 strides[10368, 1152, 2, 10368, 1152]>, #npu.descriptor<0 : f16 strides[0, 0, 18, 6, 2]>
// CHECK: npu.vector_command 0, {{.*}} sizes [7, 7, 288, 3, 3] {{.*}}<576 : f16 strides[10368, 1152, 2, 10368, 1152]>, #npu.descriptor<5184 : f16 strides[0, 0, 18, 6, 2]>
// CHECK-NOT: npu.vector_command
func.func @depthwise(%x: tensor<9x9x576xf16>) -> tensor<7x7x576xf16> {
  %w = npu.constant dense<1.0> : tensor<576x3x3xf16> : tensor<576x3x3xf16>
  %0 = npu.vector ins(%x, %w) sizes [7, 7, 576, 3, 3]
      schedule<split = [1, 1, 1, 1, 1], grain = [1, 1, 1, 1, 1], tile = [7, 7, 576, 3, 3], homes = [output]>
      {num_reductions = 2 : i64, indexing_maps = [#x, #w, #o], combiners = [#npu.combiner<addf, 0.0 : f32>]}
      : (tensor<9x9x576xf16>, tensor<576x3x3xf16>) -> tensor<7x7x576xf16> {
  ^bb0(%e: f32, %f: f32):
    %p = arith.mulf %e, %f : f32
    npu.yield %p : f32
  } finish {
  ^bb0(%s: f32):
    npu.yield %s : f32
  }
  return %0 : tensor<7x7x576xf16>
}
