// RUN: garam-opt --split-input-file --pass-pipeline='builtin.module(func.func(size-inputs,host-hold-sizes))' %s | FileCheck %s

// What has a size of run time lies in a buffer of the greatest; sizes are read
// from the input with the symbols, and a view is a front of the same buffer.
// CHECK-LABEL: @main
// CHECK-SAME: (%[[X:.*]]: tensor<8x4xf32> {{.*}}, %[[SIZES:.*]]: tensor<1xi64>
// CHECK: %[[Y:.*]] = linalg.abs {{.*}} -> tensor<?x4xf32>
// CHECK: %[[BUFFER:.*]] = garam_ext.place_front %[[Y]][%{{.*}}] : tensor<?x4xf32> to tensor<8x4xf32>
// CHECK: garam_ext.take_front %[[BUFFER]][%{{.*}}] : tensor<8x4xf32> to tensor<?xf32>
// CHECK-NOT: tensor.dim
// CHECK-NOT: tensor.collapse_shape
// CHECK: %[[Z:.*]] = linalg.exp {{.*}} -> tensor<?xf32>
// CHECK: garam_ext.place_front %[[Z]][%{{.*}}] : tensor<?xf32> to tensor<32xf32>
func.func @main(%x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["n", ""]}) -> (tensor<?xf32> {onnx.name = "z"})
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}]} {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %e = tensor.empty(%n) : tensor<?x4xf32>
  %y = linalg.abs ins(%x : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  %v = tensor.collapse_shape %y [[0, 1]] : tensor<?x4xf32> into tensor<?xf32>
  %m = tensor.dim %v, %c0 : tensor<?xf32>
  %f = tensor.empty(%m) : tensor<?xf32>
  %z = linalg.exp ins(%v : tensor<?xf32>) outs(%f : tensor<?xf32>) -> tensor<?xf32>
  return %z : tensor<?xf32>
}

// -----

// Without symbols nothing changes.
// CHECK-LABEL: @fixed
// CHECK-NEXT: return %{{.*}} : tensor<?xf32>
func.func @fixed(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}
