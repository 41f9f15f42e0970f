// RUN: garam-opt --npu-split-reductions=target=atom --split-input-file %s | FileCheck %s
// RUN: sed -e 's/start_seconds: { value: 500.0e-9/start_seconds: { value: 10.0e-9/' -e 's/remote_seconds: { value: 200.0e-9/remote_seconds: { value: 10.0e-9/' %source_dir/targets/atom.yaml > %t.yaml
// RUN: garam-opt --npu-split-reductions=target=%t.yaml --split-input-file %s | FileCheck --check-prefix=QUICK %s

#a = affine_map<(m, n, k) -> (k, m)>
#b = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>

// Both factors are 512 KB, the sums of all parts 128 KB. What was done with the
// sum is done when the parts are added up.
// CHECK-DAG: [[A:#map[0-9]*]] = affine_map<(d0, d1, d2, d3) -> (d3 + d0 * 512, d1)>
// CHECK-DAG: [[B:#map[0-9]*]] = affine_map<(d0, d1, d2, d3) -> (d3 + d0 * 512, d2)>
// CHECK-DAG: [[C:#map[0-9]*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-DAG: [[IN:#map[0-9]*]] = affine_map<(d0, d1, d2) -> (d2, d0, d1)>
// CHECK-DAG: [[Y:#map[0-9]*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: [[N:#map[0-9]*]] = affine_map<(d0, d1, d2) -> (d1)>
// CHECK-LABEL: @gram
// CHECK: %[[P:.*]] = npu.contract %{{.*}}, %{{.*}} sizes [8, 64, 64, 512]
// CHECK-SAME: iterators [#npu.iterator<batch>, #npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
// CHECK-SAME: maps {{\[}}[[A]], [[B]], [[C]]]
// CHECK-NOT: clamp
// CHECK-SAME: -> tensor<8x64x64xf32>
// CHECK: npu.vector ins(%[[P]], %{{.*}}, %{{.*}}) sizes [64, 64, 8]
// CHECK-SAME: combiners = [#npu.combiner<addf, 0.000000e+00 : f32>]
// CHECK-SAME: indexing_maps = {{\[}}[[IN]], [[N]], [[N]], [[Y]]]
// CHECK-SAME: num_reductions = 1
// CHECK: ^bb0(%[[PART:.*]]: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT: npu.yield %[[PART]]
// CHECK: finish
// CHECK-NEXT: ^bb0(%[[SUM:.*]]: f32, %[[BIAS:.*]]: f32, %[[SCALE:.*]]: f32):
// CHECK-NEXT: %[[SCALED:.*]] = arith.mulf %[[SUM]], %[[SCALE]]
// CHECK-NEXT: %[[BIASED:.*]] = arith.addf %[[SCALED]], %[[BIAS]]
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant 0.0
// CHECK-NEXT: %[[CLAMPED:.*]] = arith.maximumf %[[BIASED]], %[[ZERO]]
// CHECK-NEXT: npu.yield %[[CLAMPED]]
func.func @gram(%x: tensor<4096x64xf16>, %y: tensor<4096x64xf16>, %b: tensor<64xf32>, %s: tensor<64xf32>)
    -> tensor<64x64xf16> {
  %0 = npu.contract %x, %y bias(%b) scale(%s) sizes [64, 64, 4096]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#a, #b, #n, #n, #c] {clamp_low = 0.0 : f32}
    : (tensor<4096x64xf16>, tensor<4096x64xf16>, tensor<64xf32>, tensor<64xf32>) -> tensor<64x64xf16>
  return %0 : tensor<64x64xf16>
}

// -----

#a = affine_map<(m, n, k) -> (k, m)>
#b = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>

// Sums of integers are integers until they are whole. A zero point is added
// behind the rounding.
// CHECK-LABEL: @integers
// CHECK: npu.contract
// CHECK-SAME: activation_zero_point = 3
// CHECK-NOT: output_
// CHECK-SAME: -> tensor<8x64x64xi32>
// CHECK: combiners = [#npu.combiner<addi, 0 : i32>]
// CHECK: finish
// CHECK-NEXT: ^bb0(%[[SUM:.*]]: i32, %[[BIAS:.*]]: i32):
// CHECK-NEXT: %[[BIASED:.*]] = arith.addi %[[SUM]], %[[BIAS]]
// CHECK-NEXT: %[[FLOAT:.*]] = arith.sitofp %[[BIASED]]
// CHECK: arith.minimumf
// CHECK: arith.divf
// CHECK: math.roundeven
// CHECK: arith.addf
// CHECK: npu.yield
func.func @integers(%x: tensor<8192x64xi8>, %y: tensor<8192x64xi8>, %b: tensor<64xi32>) -> tensor<64x64xi8> {
  %0 = npu.contract %x, %y bias(%b) sizes [64, 64, 8192]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#a, #b, #n, #c]
    {activation_zero_point = 3 : i32, output_zero_point = -5 : i32, output_scale = 0.5 : f32,
     clamp_high = 6.0 : f32}
    : (tensor<8192x64xi8>, tensor<8192x64xi8>, tensor<64xi32>) -> tensor<64x64xi8>
  return %0 : tensor<64x64xi8>
}

// -----

#a = affine_map<(m, n, k) -> (k, m)>
#b = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>

// Weights are brought ahead; sums as large as the factors take longer; so many
// batches have a core each; a residual is added where the sum is made.
// CHECK-LABEL: @whole
// CHECK-NOT: npu.vector
// CHECK: return
func.func @whole(%x: tensor<4096x64xf16>, %y: tensor<4096x64xf16>, %z: tensor<64x512xf16>, %w: tensor<64x512xf16>,
                 %u: tensor<8x4096x64xf16>, %v: tensor<8x4096x64xf16>, %r: tensor<64x64xf16>)
    -> (tensor<64x64xf16>, tensor<512x512xf16>, tensor<8x64x64xf16>, tensor<64x64xf16>) {
  %k = npu.constant dense<1.0> : tensor<4096x64xf16> : tensor<4096x64xf16>
  %0 = npu.contract %x, %k sizes [64, 64, 4096]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>] maps [#a, #b, #c]
    : (tensor<4096x64xf16>, tensor<4096x64xf16>) -> tensor<64x64xf16>
  %1 = npu.contract %z, %w sizes [512, 512, 64]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>] maps [#a, #b, #c]
    : (tensor<64x512xf16>, tensor<64x512xf16>) -> tensor<512x512xf16>
  %2 = npu.contract %u, %v sizes [8, 64, 64, 4096]
    iterators [#npu.iterator<batch>, #npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [affine_map<(b, m, n, k) -> (b, k, m)>, affine_map<(b, m, n, k) -> (b, k, n)>,
          affine_map<(b, m, n, k) -> (b, m, n)>]
    : (tensor<8x4096x64xf16>, tensor<8x4096x64xf16>) -> tensor<8x64x64xf16>
  %3 = npu.contract %x, %y residual(%r) sizes [64, 64, 4096]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>] maps [#a, #b, #c, #c]
    : (tensor<4096x64xf16>, tensor<4096x64xf16>, tensor<64x64xf16>) -> tensor<64x64xf16>
  return %0, %1, %2, %3 : tensor<64x64xf16>, tensor<512x512xf16>, tensor<8x64x64xf16>, tensor<64x64xf16>
}

// -----

#a = affine_map<(m, n, k) -> (k, m)>
#b = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>

// To bring 32 KB to all cores takes half a microsecond, less than a start-up
// and a signal, but for a network that starts sooner.
// CHECK-LABEL: @short
// CHECK-NOT: npu.vector
// CHECK: return
// QUICK-LABEL: @short
// QUICK: npu.contract {{.*}} -> tensor<8x16x16xf32>
// QUICK: npu.vector
func.func @short(%x: tensor<1024x16xf16>, %y: tensor<1024x16xf16>) -> tensor<16x16xf16> {
  %0 = npu.contract %x, %y sizes [16, 16, 1024]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>] maps [#a, #b, #c]
    : (tensor<1024x16xf16>, tensor<1024x16xf16>) -> tensor<16x16xf16>
  return %0 : tensor<16x16xf16>
}
