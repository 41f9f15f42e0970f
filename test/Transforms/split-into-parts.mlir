// RUN: garam-opt --split-input-file --pass-pipeline='builtin.module(func.func(split-into-parts{least-operations=1024},cse))' %s | FileCheck %s
// RUN: not garam-opt --split-input-file --pass-pipeline='builtin.module(func.func(split-into-parts{vector-bits=48}))' %s 2>&1 | FileCheck --check-prefix=BITS %s

// BITS: vector-bits=48 vector-registers=16: needed a power of two from 64, and 4 registers or more

#row = affine_map<(m, n) -> (m)>
#all = affine_map<(m, n) -> (m, n)>

// An elementwise operation is split along its first loop; what is left over is
// one more part.
// CHECK: #[[FIRST:.*]] = affine_map<(d0) -> (d0 * 3)>
// CHECK: #[[LAST:.*]] = affine_map<(d0) -> (d0 + 39)>
// CHECK-LABEL: @elementwise
// CHECK: %[[EMPTY:.*]] = tensor.empty() : tensor<40x256xf32>
// CHECK: %[[WHOLE:.*]] = scf.forall (%[[P:.*]]) in (13) shared_outs(%[[O:.*]] = %[[EMPTY]])
// CHECK: %[[AT:.*]] = affine.apply #[[FIRST]](%[[P]])
// CHECK: tensor.extract_slice %{{.*}}[%[[AT]], 0] [3, 256] [1, 1]
// CHECK: %[[Y:.*]] = linalg.exp
// CHECK: tensor.parallel_insert_slice %[[Y]] into %[[O]][%[[AT]], 0] [3, 256] [1, 1]
// CHECK: %[[ALL:.*]] = scf.forall (%[[Q:.*]]) in (1) shared_outs(%{{.*}} = %[[WHOLE]])
// CHECK: affine.apply #[[LAST]](%[[Q]])
// CHECK: linalg.exp {{.*}} outs({{.*}} : tensor<1x256xf32>)
// CHECK: bufferization.materialize_in_destination %[[ALL]]
func.func @elementwise(%x: memref<40x256xf32>, %y: memref<40x256xf32>) {
  %0 = bufferization.to_tensor %x restrict : memref<40x256xf32> to tensor<40x256xf32>
  %e = tensor.empty() : tensor<40x256xf32>
  %1 = linalg.exp ins(%0 : tensor<40x256xf32>) outs(%e : tensor<40x256xf32>) -> tensor<40x256xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<40x256xf32>, memref<40x256xf32>) -> ()
  return
}

// A reduction keeps the loop that it sums over, and fills its results within
// the parts.
// CHECK-LABEL: @reduction
// CHECK-NOT: linalg.fill
// CHECK: scf.forall
// CHECK: %[[Z:.*]] = linalg.fill {{.*}} outs({{.*}} : tensor<16xf32>)
// CHECK: linalg.generic {{.*}} ins({{.*}} : tensor<16x512xf32>) outs(%[[Z]] : tensor<16xf32>)
// CHECK-NOT: scf.forall (
func.func @reduction(%x: memref<64x512xf32>, %y: memref<64xf32>) {
  %zero = arith.constant 0.0 : f32
  %0 = bufferization.to_tensor %x restrict : memref<64x512xf32> to tensor<64x512xf32>
  %e = tensor.empty() : tensor<64xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<64xf32>) -> tensor<64xf32>
  %1 = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%0 : tensor<64x512xf32>) outs(%f : tensor<64xf32>) {
  ^bb0(%a: f32, %s: f32):
    %t = arith.addf %a, %s : f32
    linalg.yield %t : f32
  } -> tensor<64xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<64xf32>, memref<64xf32>) -> ()
  return
}

// -----

#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>

// Of a product, columns are split into whole tiles.
// CHECK-LABEL: @columns
// CHECK: scf.forall {{.*}} in (12)
// CHECK: linalg.generic {{.*}} tensor<32x16xf32>, tensor<16x16xf32>
// CHECK: scf.forall {{.*}} in (1)
// CHECK: linalg.generic {{.*}} tensor<32x16xf32>, tensor<16x8xf32>
func.func @columns(%x: memref<32x16xf32>, %w: memref<16x200xf32>, %y: memref<32x200xf32>) {
  %zero = arith.constant 0.0 : f32
  %0 = bufferization.to_tensor %x restrict : memref<32x16xf32> to tensor<32x16xf32>
  %1 = bufferization.to_tensor %w restrict : memref<16x200xf32> to tensor<16x200xf32>
  %e = tensor.empty() : tensor<32x200xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<32x200xf32>) -> tensor<32x200xf32>
  %2 = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%0, %1 : tensor<32x16xf32>, tensor<16x200xf32>) outs(%f : tensor<32x200xf32>) {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %m = arith.mulf %p, %q : f32
    %t = arith.addf %s, %m : f32
    linalg.yield %t : f32
  } -> tensor<32x200xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<32x200xf32>, memref<32x200xf32>) -> ()
  return
}

// -----

#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>

// With few columns the rows are split, in parts that are worth a copy of the columns. Sums
// that go on from a tensor copy their slice of it.
// CHECK-LABEL: @rows
// CHECK: %[[START:.*]] = bufferization.to_tensor %arg2
// CHECK: scf.forall {{.*}} in (8)
// CHECK: %[[SLICE:.*]] = tensor.extract_slice %[[START]]
// CHECK: linalg.copy ins(%[[SLICE]] : tensor<64x8xf32>)
// CHECK: linalg.generic {{.*}} tensor<64x16xf32>, tensor<16x8xf32>
func.func @rows(%x: memref<512x16xf32>, %w: memref<16x8xf32>, %s: memref<512x8xf32>, %y: memref<512x8xf32>) {
  %0 = bufferization.to_tensor %x restrict : memref<512x16xf32> to tensor<512x16xf32>
  %1 = bufferization.to_tensor %w restrict : memref<16x8xf32> to tensor<16x8xf32>
  %2 = bufferization.to_tensor %s restrict : memref<512x8xf32> to tensor<512x8xf32>
  %3 = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%0, %1 : tensor<512x16xf32>, tensor<16x8xf32>) outs(%2 : tensor<512x8xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %m = arith.mulf %p, %q : f32
    %t = arith.addf %o, %m : f32
    linalg.yield %t : f32
  } -> tensor<512x8xf32>
  bufferization.materialize_in_destination %3 in restrict writable %y : (tensor<512x8xf32>, memref<512x8xf32>) -> ()
  return
}

// -----

// Too little work stays whole.
// CHECK-LABEL: @little
// CHECK-NOT: scf.forall
func.func @little(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  %0 = bufferization.to_tensor %x restrict : memref<4x8xf32> to tensor<4x8xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %1 = linalg.exp ins(%0 : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4x8xf32>, memref<4x8xf32>) -> ()
  return
}

// So does what is not computed by one operation alone: every part would do the
// other one whole.
// CHECK-LABEL: @two
// CHECK-NOT: scf.forall
func.func @two(%x: memref<64x512xf32>, %y: memref<64x512xf32>) {
  %0 = bufferization.to_tensor %x restrict : memref<64x512xf32> to tensor<64x512xf32>
  %e = tensor.empty() : tensor<64x512xf32>
  %1 = linalg.exp ins(%0 : tensor<64x512xf32>) outs(%e : tensor<64x512xf32>) -> tensor<64x512xf32>
  %2 = linalg.abs ins(%1 : tensor<64x512xf32>) outs(%e : tensor<64x512xf32>) -> tensor<64x512xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<64x512xf32>, memref<64x512xf32>) -> ()
  return
}

// -----

// A loop of run time has parts for the most iterations, which are as equal as
// whole grains can be; the last ones may have nothing to do. It is
// split where loops of fixed sizes have no parts: a run may have one iteration.
// CHECK-DAG: #[[FIRST:.*]] = affine_map<(d0)[s0] -> (d0 * (s0 ceildiv 16), s0)>
// CHECK-DAG: #[[LEFT:.*]] = affine_map<()[s0, s1] -> (s0 ceildiv 16, s0 - s1)>
// CHECK-LABEL: @run_time
// CHECK: scf.forall (%[[P:.*]]) in (16)
// CHECK: %[[AT:.*]] = affine.min #[[FIRST]](%[[P]])[%[[N:.*]]]
// CHECK: %[[EXTENT:.*]] = affine.min #[[LEFT]]()[%[[N]], %[[AT]]]
// CHECK: %[[Y:.*]] = linalg.exp {{.*}} -> tensor<?x16xf32>
// CHECK: tensor.parallel_insert_slice %[[Y]] into %{{.*}}[%[[AT]], 0] [%[[EXTENT]], 16] [1, 1]
func.func @run_time(%x: memref<?x16xf32>, %y: memref<?x16xf32>, %n: index) {
  %0 = bufferization.to_tensor %x restrict : memref<?x16xf32> to tensor<?x16xf32>
  %e = tensor.empty(%n) : tensor<?x16xf32>
  %1 = linalg.exp {garam.most_iterations = array<i64: 1024, 16>} ins(%0 : tensor<?x16xf32>) outs(%e : tensor<?x16xf32>) -> tensor<?x16xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<?x16xf32>, memref<?x16xf32>) -> ()
  return
}
