// RUN: garam-opt --npu-trim-stages --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-materialize-indices --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-record-bound=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-assign-layouts --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-fuse-groups=target=soma-edge-16 --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-schedule-stages=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-search-schedules=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-place-tensors=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-lower-to-commands=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-lower-to-planned-commands=target=atom --split-input-file --verify-diagnostics %s

// Passes on stages take one block.
// expected-error @+1 {{'func.func' op has control flow, which the NPU's passes do not take: one block that ends in func.return is needed}}
func.func @two_blocks(%x: tensor<16xf32>) -> tensor<16xf32> {
  cf.br ^bb1
^bb1:
  return %x : tensor<16xf32>
}

// -----

// Tensors have shapes, fixed ones, and elements that the NPU has a type for;
// all else is refused, returned or not.
// expected-error @+1 {{takes and returns tensors of fixed shape, which are not empty, with element types of the NPU, got: 'i32'}}
func.func @scalar(%x: i32) -> i32 {
  return %x : i32
}

// -----

// expected-error @+1 {{takes and returns tensors of fixed shape, which are not empty, with element types of the NPU, got: 'memref<4xf32>'}}
func.func @buffer(%x: memref<4xf32>) -> memref<4xf32> {
  return %x : memref<4xf32>
}

// -----

// expected-error @+1 {{takes and returns tensors of fixed shape, which are not empty, with element types of the NPU, got: 'tensor<*xf32>'}}
func.func @no_rank(%x: tensor<*xf32>) -> tensor<*xf32> {
  return %x : tensor<*xf32>
}

// -----

// expected-error @+1 {{takes and returns tensors of fixed shape, which are not empty, with element types of the NPU, got: 'tensor<?xf32>'}}
func.func @no_size(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// -----

// expected-error @+1 {{takes and returns tensors of fixed shape, which are not empty, with element types of the NPU, got: 'tensor<4xindex>'}}
func.func @indices(%x: tensor<4xindex>) -> tensor<4xindex> {
  return %x : tensor<4xindex>
}

// -----

// expected-error @+1 {{takes and returns tensors of fixed shape, which are not empty, with element types of the NPU, got: 'tensor<4xcomplex<f32>>'}}
func.func @complex(%x: tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>> {
  return %x : tensor<4xcomplex<f32>>
}

// -----

// expected-error @+1 {{takes and returns tensors of fixed shape, which are not empty, with element types of the NPU, got: 'tensor<0x4xf32>'}}
func.func @empty(%x: tensor<0x4xf32>) -> tensor<0x4xf32> {
  return %x : tensor<0x4xf32>
}

// -----

// Elements are counted in 64 bits, also those that lie in the same place.
func.func @too_many(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'npu.view' op yields tensors of fixed shape, which are not empty, with element types of the NPU, got: 'tensor<4294967296x4294967296xf32>'}}
  %0 = npu.view %x map affine_map<(i, j) -> (0)> : tensor<4xf32> -> tensor<4294967296x4294967296xf32>
  %1 = npu.view %0 map affine_map<(i) -> (i, i)> : tensor<4294967296x4294967296xf32> -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// What is in use is a stage or a movement.
func.func @no_stage(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  // expected-error @+1 {{'tensor.empty' op cannot be lowered to commands}}
  %0 = tensor.empty() : tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}
