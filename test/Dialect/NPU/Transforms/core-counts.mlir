// RUN: sed 's/^cores: { value: 8,/cores: { value: 12,/' %source_dir/targets/atom.yaml > %t.yaml
// RUN: garam-opt --npu-assign-layouts --npu-schedule-stages=target=%t.yaml %s | FileCheck %s

#in = affine_map<(a, b) -> (a, b)>
#out = affine_map<(a, b) -> (a)>

// Of twelve cores eight take one row each: twelve parts are too many, and six leave some cores two rows.
// CHECK-LABEL: @eight_rows
// CHECK: npu.vector
// CHECK-SAME: split = [8, 1]
func.func @eight_rows(%x: tensor<8x65536xf32>) -> tensor<8xf32> {
  %0 = npu.vector ins(%x) sizes [8, 65536] {num_reductions = 1 : i64,
      indexing_maps = [#in, #out], combiners = [#npu.combiner<addf, 0.0 : f32>]}
      : (tensor<8x65536xf32>) -> tensor<8xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    npu.yield %s : f32
  }
  return %0 : tensor<8xf32>
}

// What divides by all twelve takes all.
// CHECK-LABEL: @twelve_rows
// CHECK: npu.vector
// CHECK-SAME: split = [12, 1]
func.func @twelve_rows(%x: tensor<12x65536xf32>) -> tensor<12xf32> {
  %0 = npu.vector ins(%x) sizes [12, 65536] {num_reductions = 1 : i64,
      indexing_maps = [#in, #out], combiners = [#npu.combiner<addf, 0.0 : f32>]}
      : (tensor<12x65536xf32>) -> tensor<12xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    npu.yield %s : f32
  }
  return %0 : tensor<12xf32>
}
