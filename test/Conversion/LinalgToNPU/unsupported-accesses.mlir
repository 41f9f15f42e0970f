// RUN: garam-opt %s --convert-linalg-to-npu --split-input-file --verify-diagnostics

// What operations cannot read or write on the NPU.

func.func @not_linear(%x: tensor<4xf32>) -> tensor<8xf32> {
  %e = tensor.empty() : tensor<8xf32>
  // expected-error @+1 {{the device cannot carry out 'linalg.generic': an access that is not linear in the loop dimensions}}
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a floordiv 2)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%v: f32, %o: f32):
    %s = arith.addf %v, %v : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

func.func @written_twice(%x: tensor<4x8xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  // expected-error @+1 {{the device cannot carry out 'linalg.generic': an output that is written more than once}}
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x8xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%v: f32, %o: f32):
    %s = arith.addf %v, %v : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @not_in_order(%x: tensor<4xf32>) -> tensor<4x4xf32> {
  %e = tensor.empty() : tensor<4x4xf32>
  // expected-error @+1 {{the device cannot carry out 'linalg.generic': an output that is not written in order}}
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a, a)>],
      iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%v: f32, %o: f32):
    %s = arith.addf %v, %v : f32
    linalg.yield %s : f32
  } -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// -----

// A scalar that is read from a tensor at run time has no place in a stage, and
// neither has its reader.

func.func @scalar_operand(%x: tensor<4xf32>, %s: tensor<f32>) -> tensor<4xf32> {
  // expected-error @+1 {{the device cannot carry out 'tensor.extract': it goes on with a single element that is computed, as a size, a position or a condition; make it a constant of the model}}
  %v = tensor.extract %s[] : tensor<f32>
  %e = tensor.empty() : tensor<4xf32>
  // expected-error @+1 {{the device cannot carry out 'linalg.fill': a scalar operand that is not a constant}}
  %0 = linalg.fill ins(%v : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @captured_scalar(%x: tensor<4xf32>, %s: tensor<f32>) -> tensor<4xf32> {
  // expected-error @+1 {{the device cannot carry out 'tensor.extract': it goes on with a single element that is computed, as a size, a position or a condition; make it a constant of the model}}
  %v = tensor.extract %s[] : tensor<f32>
  %e = tensor.empty() : tensor<4xf32>
  // expected-error @+1 {{the device cannot carry out 'linalg.generic': a scalar that another operation computes}}
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%w: f32, %o: f32):
    %1 = arith.addf %w, %v : f32
    linalg.yield %1 : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// What a body reads at positions that it computes itself.

func.func @computed_positions(%x: tensor<4xf32>, %p: tensor<4xi32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  // expected-error @+1 {{the device cannot carry out 'linalg.generic': elements at positions that are computed, which only a gather along one axis has}}
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%p : tensor<4xi32>) outs(%e : tensor<4xf32>) {
  ^bb0(%i: i32, %o: f32):
    %at = arith.index_cast %i : i32 to index
    %1 = tensor.extract %x[%at] : tensor<4xf32>
    linalg.yield %1 : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// The sum of one reduction in another one.

func.func @nested_sums(%x: tensor<4xf32>) -> (tensor<f32>, tensor<f32>) {
  %e = tensor.empty() : tensor<f32>
  // expected-error @+1 {{the device cannot carry out 'linalg.generic': a reduction by something else than +, *, max, min, and, or}}
  %0:2 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> ()>, affine_map<(a) -> ()>],
      iterator_types = ["reduction"]}
      ins(%x : tensor<4xf32>) outs(%e, %e : tensor<f32>, tensor<f32>) {
  ^bb0(%v: f32, %first: f32, %second: f32):
    %s = arith.addf %first, %v : f32
    %t = arith.addf %second, %first : f32
    linalg.yield %s, %t : f32, f32
  } -> (tensor<f32>, tensor<f32>)
  return %0#0, %0#1 : tensor<f32>, tensor<f32>
}

// -----

func.func @buffers() -> tensor<4xf32> {
  // expected-error @+1 {{the device cannot carry out 'memref.alloc': no stage does this}}
  %m = memref.alloc() : memref<4xf32>
  %c = arith.constant 1.0 : f32
  // expected-error @+1 {{the device cannot carry out 'linalg.fill': not an operation on tensors}}
  linalg.fill ins(%c : f32) outs(%m : memref<4xf32>)
  %0 = arith.constant dense<0.0> : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @scalar_result() -> f32 {
  // expected-error @+1 {{the device cannot carry out 'arith.constant': a scalar that no operation on tensors uses}}
  %0 = arith.constant 1.0 : f32
  return %0 : f32
}

// -----

func.func @dynamic_result(%x: tensor<4xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{the device cannot carry out 'tensor.cast': a tensor of a shape that depends on values}}
  %0 = tensor.cast %x : tensor<4xf32> to tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// Offsets that are computed on the device.

func.func @computed_offset(%x: tensor<8xf32>, %n: tensor<i32>) -> tensor<4xf32> {
  // expected-error @+1 {{the device cannot carry out 'tensor.extract': it goes on with a single element that is computed, as a size, a position or a condition; make it a constant of the model}}
  %v = tensor.extract %n[] : tensor<i32>
  // expected-error @+1 {{the device cannot carry out 'arith.index_cast': no stage does this}}
  %i = arith.index_cast %v : i32 to index
  // expected-error @+1 {{the device cannot carry out 'tensor.extract_slice': offsets, sizes or a padding value that are not constants}}
  %0 = tensor.extract_slice %x[%i] [4] [1] : tensor<8xf32> to tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// Indices are 32-bit integers.

func.func @long_axis(%x: tensor<4294967296xf32>, %i: tensor<2xi32>) -> tensor<2xf32> {
  // expected-error @+1 {{the device cannot carry out 'garam_ext.gather': an axis of more than 2^31 elements}}
  %0 = garam_ext.gather %x[%i] axis 0 : tensor<4294967296xf32>, tensor<2xi32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @written_elements(%x: tensor<4xf32>, %p: tensor<2xi32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  // expected-error @+1 {{the device cannot carry out 'scf.for': it writes single elements, one after the other}}
  %0 = scf.for %i = %c0 to %c2 step %c1 iter_args(%t = %x) -> (tensor<4xf32>) {
    %p_i = tensor.extract %p[%i] : tensor<2xi32>
    %at = arith.index_cast %p_i : i32 to index
    %1 = tensor.insert %zero into %t[%at] : tensor<4xf32>
    scf.yield %1 : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

func.func @loop(%x: tensor<4xf32>, %s: tensor<i32>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @+1 {{the device cannot carry out 'tensor.extract': it goes on with a single element}}
  %s_i = tensor.extract %s[] : tensor<i32>
  // expected-error @+1 {{the device cannot carry out 'arith.index_cast': no stage does this}}
  %count = arith.index_cast %s_i : i32 to index
  // expected-error @+1 {{the device cannot carry out 'scf.for': a loop that is not unrolled}}
  %0 = scf.for %i = %c0 to %count step %c1 iter_args(%t = %x) -> (tensor<4xf32>) {
    %1 = linalg.exp ins(%t : tensor<4xf32>) outs(%t : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %1 : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

func.func @branch(%x: tensor<4xf32>, %s: tensor<i1>) -> tensor<4xf32> {
  // expected-error @+1 {{the device cannot carry out 'tensor.extract': it goes on with a single element}}
  %p = tensor.extract %s[] : tensor<i1>
  // expected-error @+1 {{the device cannot carry out 'scf.if': it chooses at run time what is computed; use Where}}
  %0 = scf.if %p -> (tensor<4xf32>) {
    %1 = linalg.exp ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %1 : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

func.func @wide_division(%x: tensor<4xi64>) -> tensor<4xi64> {
  %e = tensor.empty() : tensor<4xi64>
  // expected-error @+1 {{the device cannot carry out 'linalg.generic': the vector engine does not divide integers of 64 bits; cast them to int32 where their values allow}}
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%x : tensor<4xi64>) outs(%e : tensor<4xi64>) {
  ^bb0(%v: i64, %o: i64):
    %s = arith.remsi %v, %v : i64
    linalg.yield %s : i64
  } -> tensor<4xi64>
  return %0 : tensor<4xi64>
}
