// RUN: garam-opt --split-input-file --verify-diagnostics %s

// Weights that are computed cannot lie in banks beforehand.
func.func @weights(%x: tensor<1x5xf32>, %w: tensor<5x3xf32>) -> tensor<1x3xf32> {
  // expected-error @+1 {{'pim.gemv' op (C1) has weights and a bias that are constants}}
  %0 = pim.gemv %x, %w : (tensor<1x5xf32>, tensor<5x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

// Weights of another shape.
func.func @shape(%x: tensor<1x5xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<1.0> : tensor<3x5xf32>
  // expected-error @+1 {{'pim.gemv' op (C2) needs weights of shape 5 x 3, got: 'tensor<3x5xf32>'}}
  %0 = pim.gemv %x, %w : (tensor<1x5xf32>, tensor<3x5xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

// A bias with an element too few.
func.func @bias(%x: tensor<1x5xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<1.0> : tensor<3x5xf32>
  %b = arith.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{'pim.gemv' op (C3) needs a bias of 3 elements, got: 'tensor<2xf32>'}}
  %0 = pim.gemv %x, %w transposed bias %b : (tensor<1x5xf32>, tensor<3x5xf32>, tensor<2xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

// A product that is cut into nothing.
func.func @placement(%x: tensor<1x5xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<1.0> : tensor<5x3xf32>
  // expected-error @+1 {{a placement has numbers from 1 to 2^30, got: 0}}
  %0 = pim.gemv %x, %w {placement = #pim.gemv_placement<rank = 0, row = 0, rows = 2, splits = 0, slots = 1>} : (tensor<1x5xf32>, tensor<5x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

// An operand in a row that no bank has.
func.func @elementwise_placement(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{a placement has numbers from 0 to 2^30, got: -1}}
  %0 = pim.elementwise relu %a maps [affine_map<(i) -> (i)>] {placement = #pim.elementwise_placement<rank = 0, operands = [-1], result = 2>} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// A ReLU of two tensors.
func.func @operands(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'pim.elementwise' op (C1) needs 1 operands, got: 2}}
  %0 = pim.elementwise relu %a, %a maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// An operand without its map.
func.func @maps(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'pim.elementwise' op (C2) needs a map for each operand, got: 1}}
  %0 = pim.elementwise add %a, %a maps [affine_map<(i) -> (i)>] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// A map that is no projection.
func.func @projection(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'pim.elementwise' op (C2) needs maps from the result's dimensions to the operand's}}
  %0 = pim.elementwise relu %a maps [affine_map<(i) -> (3 - i)>] : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// A dimension of another size.
func.func @sizes(%a: tensor<3xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'pim.elementwise' op (C3) reads dimensions of other sizes}}
  %0 = pim.elementwise relu %a maps [affine_map<(i) -> (i)>] : (tensor<3xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// A matrix that is none.
func.func @pack_matrix() {
  %c = pim.segment constant "weights" : 65536
  // expected-error @+1 {{'pim.pack_matrix' op (C1) needs a matrix of f16 or f32 whose elements are at hand}}
  pim.pack_matrix dense<1> : tensor<2x2xi32> in %c burst 0 units 8 groups 1 splits 1 slots 1
  return
}

// -----

// More weights than the segment holds.
func.func @pack_matrix_size() {
  %c = pim.segment constant "weights" : 64
  // expected-error @+1 {{'pim.pack_matrix' op (C2) does not fit its segment: 64 bursts from 0 on}}
  pim.pack_matrix dense<1.0> : tensor<2x2xf32> in %c burst 0 units 8 groups 1 splits 1 slots 1
  return
}

// -----

// Counts that no device has.
func.func @pack_matrix_counts() {
  %c = pim.segment constant "weights" : 64
  // expected-error @+1 {{'pim.pack_matrix' op (C2) counts from 1 to 2^24, got: 0}}
  pim.pack_matrix dense<1.0> : tensor<2x2xf32> in %c burst 0 units 8 groups 0 splits 1 slots 1
  return
}

// -----

// Elements of another type.
func.func @pack_vector() {
  %c = pim.segment constant "weights" : 64
  // expected-error @+1 {{'pim.pack_vector' op (C1) needs elements of f16 or f32 that are at hand}}
  pim.pack_vector dense<1.0> : tensor<2xf64> as f32 sizes [2] strides [1] in %c burst 0
  return
}

// -----

// A size without a stride.
func.func @pack_vector_strides() {
  %c = pim.segment constant "weights" : 64
  // expected-error @+1 {{'pim.pack_vector' op (C1) has 1 sizes and 0 strides}}
  pim.pack_vector dense<1.0> : tensor<2xf32> as f32 sizes [2] strides [] in %c burst 0
  return
}

// -----

// A size of nothing.
func.func @pack_vector_sizes() {
  %c = pim.segment constant "weights" : 64
  // expected-error @+1 {{'pim.pack_vector' op (C1) has sizes of at least 1 and strides of at least 0, got: 0 and 1}}
  pim.pack_vector dense<1.0> : tensor<2xf32> as f32 sizes [0] strides [1] in %c burst 0
  return
}

// -----

// An element behind the last one.
func.func @pack_vector_element() {
  %c = pim.segment constant "weights" : 64
  // expected-error @+1 {{'pim.pack_vector' op (C1) reads element 2 of 2}}
  pim.pack_vector dense<1.0> : tensor<2xf32> as f32 sizes [3] strides [1] in %c burst 0
  return
}

// -----

// The place of the last element, 2 * stride, is no number of 64 bits.
func.func @pack_vector_product() {
  %c = pim.segment constant "weights" : 64
  // expected-error @+1 {{'pim.pack_vector' op (C1) reads elements beyond 2^63 - 1, with size 3 and stride 4611687117939015680}}
  pim.pack_vector dense<1.0> : tensor<2xf32> as f32 sizes [3] strides [4611687117939015680] in %c burst 0
  return
}

// -----

// Each distance is a number of 64 bits, their sum is none.
func.func @pack_vector_sum() {
  %c = pim.segment constant "weights" : 64
  // expected-error @+1 {{'pim.pack_vector' op (C1) reads elements beyond 2^63 - 1, with size 2 and stride 4611686018427387905}}
  pim.pack_vector dense<1.0> : tensor<2xf32> as f32 sizes [2, 2] strides [4611686018427387904, 4611686018427387905] in %c burst 0
  return
}

// -----

// More elements than the segment holds.
func.func @pack_vector_size() {
  %c = pim.segment constant "weights" : 64
  // expected-error @+1 {{'pim.pack_vector' op (C2) does not fit its segment: 2 elements from burst 2 on}}
  pim.pack_vector dense<1.0> : tensor<2xf32> as f32 sizes [2] strides [1] in %c burst 2
  return
}

// -----

// Something else in a phase.
func.func @phase() {
  // expected-error @+1 {{'pim.phase' op (C1) holds repetitions, accesses and barriers, got: arith.constant}}
  pim.phase "kernel" {
    %0 = arith.constant 1 : i32
  }
  return
}

// -----

// The same in a repetition.
func.func @repeat() {
  pim.phase "kernel" {
    // expected-error @+1 {{'pim.repeat' op (C1) holds repetitions, accesses and barriers, got: arith.constant}}
    pim.repeat 2 {
      %0 = arith.constant 1 : i32
    }
  }
  return
}

// -----

// A literal that is no burst.
func.func @literal() {
  pim.phase "kernel" {
    // expected-error @+1 {{'pim.access' op (C1) has one source, and a literal is of 32 bytes, got: 1}}
    pim.access write literal [1] channels [0, 1] rank 0 bank 0 place 0
  }
  return
}

// -----

// A read from something.
func.func @source(%c: !pim.segment) {
  pim.phase "kernel" {
    // expected-error @+1 {{'pim.access' op (C2) is no write, but has a source}}
    pim.access read %c : !pim.segment channels [0, 1] rank 0 bank 0 place 0
  }
  return
}

// -----

// Channels without a count.
func.func @channels() {
  pim.phase "kernel" {
    // expected-error @+1 {{'pim.access' op (C3) needs a first channel and a count, got: 1 numbers}}
    pim.access read channels [0] rank 0 bank 0 place 0
  }
  return
}

// -----

// A repetition whose steps are missing.
func.func @steps() {
  pim.phase "kernel" {
    pim.repeat 2 {
      // expected-error @+1 {{'pim.access' op (C4) is in 1 repetitions, but has steps for 0}}
      pim.access read channels [0, 1] rank 0 bank 0 place 0
    }
  }
  return
}

// -----

// A barrier of no channels.
func.func @barrier() {
  pim.phase "kernel" {
    // expected-error @+1 {{'pim.barrier' op (C1) needs a first channel and a count, got: 3 numbers}}
    pim.barrier [0, 1, 2]
  }
  return
}

// -----

// A conversion of nothing.
func.func @convert(%s: !pim.segment) {
  // expected-error @+1 {{'pim.convert' op (C1) needs a stride for each size, which is at least 1, got: 1 sizes and 1 strides}}
  pim.convert %s at 0 : f32 sizes [0] strides [1] to 0 bursts 1
  return
}
