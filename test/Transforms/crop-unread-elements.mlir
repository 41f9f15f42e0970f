// RUN: garam-opt --crop-unread-elements %s | FileCheck %s
// RUN: garam-opt --pass-pipeline='builtin.module(func.func(crop-unread-elements,linalg-fold-unit-extent-dims))' %s

// A window of 3 by 3 fits once into 4 rows with a stride of 2; of the columns
// it reads all.
// CHECK-LABEL: @one_window
// CHECK-SAME: %[[X:.*]]: tensor<4x3xf32>
// CHECK: %[[READ:.*]] = tensor.extract_slice %[[X]][0, 0] [3, 3] [1, 1] : tensor<4x3xf32> to tensor<3x3xf32>
// CHECK: linalg.generic {{.*}} ins(%[[READ]]
func.func @one_window(%x: tensor<4x3xf32>, %w: tensor<3x3xf32>, %y: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a, b, c, d) -> (a * 2 + c, b * 2 + d)>,
                       affine_map<(a, b, c, d) -> (c, d)>,
                       affine_map<(a, b, c, d) -> (a, b)>],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : tensor<4x3xf32>, tensor<3x3xf32>) outs(%y : tensor<1x1xf32>) {
  ^bb0(%e: f32, %f: f32, %s: f32):
    %p = arith.mulf %e, %f : f32
    %t = arith.addf %s, %p : f32
    linalg.yield %t : f32
  } -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// Two windows, and one with holes, keep indices of two loops or a factor: their
// extents need not agree.
// CHECK-LABEL: @other_windows
// CHECK-NOT: tensor.extract_slice
func.func @other_windows(%x: tensor<6x6xf32>, %w: tensor<3x3xf32>, %y: tensor<2x1xf32>) -> tensor<2x1xf32> {
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a, b, c, d) -> (a * 2 + c, b * 2 + d * 2)>,
                       affine_map<(a, b, c, d) -> (c, d)>,
                       affine_map<(a, b, c, d) -> (a, b)>],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : tensor<6x6xf32>, tensor<3x3xf32>) outs(%y : tensor<2x1xf32>) {
  ^bb0(%e: f32, %f: f32, %s: f32):
    %p = arith.mulf %e, %f : f32
    %t = arith.addf %s, %p : f32
    linalg.yield %t : f32
  } -> tensor<2x1xf32>
  return %0 : tensor<2x1xf32>
}

// Also of tensors of which another size shows at run time.
// CHECK-LABEL: @of_run_time
// CHECK: tensor.extract_slice %{{.*}}[0, 0] [%{{.*}}, 2] [1, 1] : tensor<?x3xf32> to tensor<?x2xf32>
func.func @of_run_time(%x: tensor<?x3xf32>, %w: tensor<2xf32>, %y: tensor<?x1xf32>) -> tensor<?x1xf32> {
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a, b, c) -> (a, b * 2 + c)>,
                       affine_map<(a, b, c) -> (c)>,
                       affine_map<(a, b, c) -> (a, b)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<?x3xf32>, tensor<2xf32>) outs(%y : tensor<?x1xf32>) {
  ^bb0(%e: f32, %f: f32, %s: f32):
    %m = arith.maximumf %e, %s : f32
    linalg.yield %m : f32
  } -> tensor<?x1xf32>
  return %0 : tensor<?x1xf32>
}
