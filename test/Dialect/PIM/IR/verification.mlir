// RUN: garam-opt --split-input-file --verify-diagnostics %s

// Weights that are computed cannot lie in banks beforehand.
func.func @weights(%x: tensor<1x5xf32>, %w: tensor<5x3xf32>) -> tensor<1x3xf32> {
  // expected-error @+1 {{'pim.gemv' op (C1) has weights and a bias that are constants}}
  %0 = pim.gemv %x, %w : (tensor<1x5xf32>, tensor<5x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

// A vector of any length: bursts are counted when kernels are placed.
func.func @dynamic_vector(%x: tensor<?xf32>) -> tensor<3xf32> {
  %w = arith.constant dense<1.0> : tensor<5x3xf32>
  // expected-error @+1 {{'pim.gemv' op operand #0 must be tensor of fixed dimensions of at least 1 of 16-bit float or 32-bit float values, but got 'tensor<?xf32>'}}
  %0 = pim.gemv %x, %w : (tensor<?xf32>, tensor<5x3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// A product that has no outputs.
func.func @no_outputs(%x: tensor<5xf32>) -> tensor<0xf32> {
  %w = arith.constant dense<1.0> : tensor<5x0xf32>
  // expected-error @+1 {{'pim.gemv' op operand #1 must be tensor of fixed dimensions of at least 1}}
  %0 = pim.gemv %x, %w : (tensor<5xf32>, tensor<5x0xf32>) -> tensor<0xf32>
  return %0 : tensor<0xf32>
}

// -----

// An addition of any number of rows.
func.func @dynamic_operands(%x: tensor<?x5xf32>) -> tensor<?x5xf32> {
  // expected-error @+1 {{'pim.elementwise' op operand #0 must be variadic of tensor of fixed dimensions of at least 1}}
  %0 = pim.elementwise add %x, %x maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>] : (tensor<?x5xf32>, tensor<?x5xf32>) -> tensor<?x5xf32>
  return %0 : tensor<?x5xf32>
}

// -----

// A ReLU of nothing.
func.func @no_elements(%x: tensor<0xf32>) -> tensor<0xf32> {
  // expected-error @+1 {{'pim.elementwise' op operand #0 must be variadic of tensor of fixed dimensions of at least 1}}
  %0 = pim.elementwise relu %x maps [affine_map<(i) -> (i)>] : (tensor<0xf32>) -> tensor<0xf32>
  return %0 : tensor<0xf32>
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
  // expected-error @+1 {{'pim.pack_matrix' op (C1) needs a matrix of f16 or f32, got: 'tensor<2x2xi32>'}}
  pim.pack_matrix dense<1> : tensor<2x2xi32> in %c burst 0 units 8 groups 1 splits 1 slots 1
  return
}

// -----

// More weights than the segment holds.
func.func @pack_matrix_size() {
  %c = pim.segment constant "weights" : 64
  // expected-error @+1 {{'pim.pack_matrix' op (C3) does not fit its segment: 64 bursts from 0 on}}
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
  // expected-error @+1 {{'pim.pack_vector' op (C1) needs elements of f16 or f32, got: 'tensor<2xf64>' as 'f32'}}
  pim.pack_vector dense<1.0> : tensor<2xf64> as f32 sizes [2] strides [1] in %c burst 0
  return
}

// -----

// A size without a stride.
func.func @pack_vector_strides() {
  %c = pim.segment constant "weights" : 64
  // expected-error @+1 {{'pim.pack_vector' op (C2) has 1 sizes and 0 strides}}
  pim.pack_vector dense<1.0> : tensor<2xf32> as f32 sizes [2] strides [] in %c burst 0
  return
}

// -----

// A size of nothing.
func.func @pack_vector_sizes() {
  %c = pim.segment constant "weights" : 64
  // expected-error @+1 {{'pim.pack_vector' op (C2) has sizes of at least 1 and strides of at least 0, got: 0 and 1}}
  pim.pack_vector dense<1.0> : tensor<2xf32> as f32 sizes [0] strides [1] in %c burst 0
  return
}

// -----

// An element behind the last one.
func.func @pack_vector_element() {
  %c = pim.segment constant "weights" : 64
  // expected-error @+1 {{'pim.pack_vector' op (C2) reads element 2 of 2}}
  pim.pack_vector dense<1.0> : tensor<2xf32> as f32 sizes [3] strides [1] in %c burst 0
  return
}

// -----

// The place of the last element, 2 * stride, is no number of 64 bits.
func.func @pack_vector_product() {
  %c = pim.segment constant "weights" : 64
  // expected-error @+1 {{'pim.pack_vector' op (C2) reads elements beyond 2^63 - 1, with size 3 and stride 4611687117939015680}}
  pim.pack_vector dense<1.0> : tensor<2xf32> as f32 sizes [3] strides [4611687117939015680] in %c burst 0
  return
}

// -----

// Each distance is a number of 64 bits, their sum is none.
func.func @pack_vector_sum() {
  %c = pim.segment constant "weights" : 64
  // expected-error @+1 {{'pim.pack_vector' op (C2) reads elements beyond 2^63 - 1, with size 2 and stride 4611686018427387905}}
  pim.pack_vector dense<1.0> : tensor<2xf32> as f32 sizes [2, 2] strides [4611686018427387904, 4611686018427387905] in %c burst 0
  return
}

// -----

// More elements than the segment holds.
func.func @pack_vector_size() {
  %c = pim.segment constant "weights" : 64
  // expected-error @+1 {{'pim.pack_vector' op (C3) does not fit its segment: 1 bursts from 2 on}}
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
func.func @source() {
  %c = pim.segment constant "weights" : 64
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

// A count of channels that is none.
func.func @no_channels() {
  pim.phase "kernel" {
    // expected-error @+1 {{'pim.barrier' op (C1) names at least one channel by numbers of 32 bits, got: 0 from 3 on}}
    pim.barrier [3, 0]
  }
  return
}

// -----

// A rank that the encoding cannot hold.
func.func @rank() {
  pim.phase "kernel" {
    // expected-error @+1 {{'pim.access' op (C5) has a rank that is no number of 32 bits: 4294967296}}
    pim.access read channels [0, 1] rank 4294967296 bank 0 place 0
  }
  return
}

// -----

// An end of the data that the encoding cannot hold.
func.func @data_end() {
  pim.phase "kernel" {
    // expected-error @+1 {{'pim.access' op (C5) has a last burst that is no number of 32 bits: -1}}
    pim.access write channels [0, 1] rank 0 bank 0 place 0 {dataEnd = -1 : i64}
  }
  return
}

// -----

// Channels whose data goes back.
func.func @channel_data() {
  pim.phase "kernel" {
    // expected-error @+1 {{'pim.access' op (C5) has a step of channels that is no number of 32 bits: -1}}
    pim.access read channels [0, 2] rank 0 bank 0 place 0 {channelData = -1 : i64}
  }
  return
}

// -----

// Groups of no channels.
func.func @channel_group() {
  pim.phase "kernel" {
    // expected-error @+1 {{'pim.access' op (C5) has a group of channels of at least 1, got: 0}}
    pim.access read channels [0, 1] rank 0 bank 0 place 0 {channelGroup = 0 : i64}
  }
  return
}

// -----

// Only constants and micro-kernels are sources.
func.func @written_input() {
  %x = pim.segment input "x" : 64
  pim.phase "kernel" {
    // expected-error @+1 {{'pim.access' op (C6) writes what an earlier constant pim.segment or pim.micro_kernel holds}}
    pim.access write %x : !pim.segment channels [0, 1] rank 0 bank 0 place 0
  }
  return
}

// -----

// A source whose operation is unknown.
func.func @unknown_source(%c: !pim.segment) {
  pim.phase "kernel" {
    // expected-error @+1 {{'pim.access' op (C6) writes what an earlier constant pim.segment or pim.micro_kernel holds}}
    pim.access write %c : !pim.segment channels [0, 1] rank 0 bank 0 place 0
  }
  return
}

// -----

// A micro-kernel has four bursts.
func.func @source_end() {
  %0 = pim.micro_kernel {
    pim.exit
  }
  pim.phase "kernel" {
    // expected-error @+1 {{'pim.access' op (C6) writes up to burst 5 of 4}}
    pim.access write %0 : !pim.micro_kernel channels [0, 1] rank 0 bank 0 place 0 {dataEnd = 5 : i64}
  }
  return
}

// -----

// Results of the loading of a program go nowhere.
func.func @setup_result() {
  pim.phase "weights" setup {
    // expected-error @+1 {{'pim.access' op (C7) uses the staging buffer in a phase of the setup}}
    pim.access result channels [0, 1] rank 0 bank 0 place 0
  }
  return
}

// -----

// Nor is there data of a run yet, also within a repetition.
func.func @setup_staging() {
  pim.phase "weights" setup {
    pim.repeat 2 {
      // expected-error @+1 {{'pim.access' op (C7) uses the staging buffer in a phase of the setup}}
      pim.access write channels [0, 1] rank 0 bank 0 place 0 {repeats = [#pim.repeat_step<place = 0, data = 0>]}
    }
  }
  return
}

// -----

// A walk of nothing.
func.func @walk_count() {
  pim.phase "kernel" {
    // expected-error @+1 {{a walk counts from 1 to 2^32 - 1, got: 0}}
    pim.access read channels [0, 1] rank 0 bank 0 place 0 {walk = [#pim.walk_dim<count = 0>]}
  }
  return
}

// -----

// A walk that goes back.
func.func @walk_step() {
  pim.phase "kernel" {
    // expected-error @+1 {{a walk steps by 0 to 2^32 - 1, got: -1}}
    pim.access read channels [0, 1] rank 0 bank 0 place 0 {walk = [#pim.walk_dim<count = 2, place = -1>]}
  }
  return
}

// -----

// A turn that goes back.
func.func @repeat_step() {
  pim.phase "kernel" {
    pim.repeat 2 {
      // expected-error @+1 {{a turn steps by 0 to 2^32 - 1, got: -1}}
      pim.access read channels [0, 1] rank 0 bank 0 place 0 {repeats = [#pim.repeat_step<place = -1, data = 0>]}
    }
  }
  return
}

// -----

// A repetition of no turns.
func.func @repeat_count() {
  pim.phase "kernel" {
    // expected-error @+1 {{'pim.repeat' op (C2) repeats 1 to 2^32 - 1 times, got: 0}}
    pim.repeat 0 {
    }
  }
  return
}

// -----

// What belongs to the setup is not done in the middle of a run.
func.func @setup_order() {
  pim.phase "kernel" {
  }
  // expected-error @+1 {{'pim.phase' op (C2) belongs to the setup, but comes after a step of a run}}
  pim.phase "weights" setup {
  }
  return
}

// -----

// A segment of less than nothing.
func.func @segment_size() {
  // expected-error @+1 {{'pim.segment' op (C1) has a size of at least 0, got: -4}}
  %0 = pim.segment input "x" : -4
  return
}

// -----

// Constants behind an input.
func.func @segment_order() {
  %0 = pim.segment input "x" : 4
  // expected-error @+1 {{'pim.segment' op (C2) is a constant segment, but not the first one}}
  %1 = pim.segment constant "weights" : 32
  return
}

// -----

// Weights in a segment of inputs.
func.func @pack_matrix_segment() {
  %x = pim.segment input "x" : 65536
  // expected-error @+1 {{'pim.pack_matrix' op (C3) needs an earlier constant pim.segment}}
  pim.pack_matrix dense<1.0> : tensor<2x2xf32> in %x burst 0 units 8 groups 1 splits 1 slots 1
  return
}

// -----

// A constant before the first burst.
func.func @pack_vector_begin() {
  %c = pim.segment constant "weights" : 64
  // expected-error @+1 {{'pim.pack_vector' op (C3) does not fit its segment: 1 bursts from -1 on}}
  pim.pack_vector dense<1.0> : tensor<2xf32> as f32 sizes [2] strides [1] in %c burst -1
  return
}

// -----

// A conversion of nothing.
func.func @convert_size() {
  %x = pim.segment input "x" : 64
  // expected-error @+1 {{'pim.convert' op (C1) has sizes from 1 and strides from 0 to 2^32 - 1, got: 0 and 1}}
  pim.convert %x at 0 : f32 sizes [0] strides [1] to 0 bursts 1
  return
}

// -----

// A size without a stride.
func.func @convert_strides() {
  %x = pim.segment input "x" : 64
  // expected-error @+1 {{'pim.convert' op (C1) has 2 sizes and 1 strides}}
  pim.convert %x at 0 : f32 sizes [2, 2] strides [1] to 0 bursts 1
  return
}

// -----

// A burst that the encoding cannot name.
func.func @convert_staging() {
  %x = pim.segment input "x" : 64
  // expected-error @+1 {{'pim.convert' op (C2) has a staging that is no number of 32 bits: -1}}
  pim.convert %x at 0 : f32 sizes [2] strides [1] to -1 bursts 1
  return
}

// -----

// More bursts than the encoding can count.
func.func @convert_many_bursts() {
  %x = pim.segment input "x" : 64
  // expected-error @+1 {{'pim.convert' op (C2) has a number of bursts that is no number of 32 bits: 4294967296}}
  pim.convert %x at 0 : f32 sizes [2] strides [1] to 0 bursts 4294967296
  return
}

// -----

// More elements than its bursts hold.
func.func @convert_bursts() {
  %x = pim.segment input "x" : 128
  // expected-error @+1 {{'pim.convert' op (C2) has 17 elements for 1 bursts of 16}}
  pim.convert %x at 0 : f32 sizes [17] strides [1] to 0 bursts 1
  return
}

// -----

// A segment that comes from elsewhere.
func.func @convert_segment(%x: !pim.segment) {
  // expected-error @+1 {{'pim.convert' op (C3) needs an earlier pim.segment}}
  pim.convert %x at 0 : f32 sizes [2] strides [1] to 0 bursts 1
  return
}

// -----

// An element behind the end of the segment.
func.func @convert_end() {
  %x = pim.segment input "x" : 16
  // expected-error @+1 {{'pim.convert' op (C3) leaves its segment: 4 elements from byte 4 on, of 16 bytes}}
  pim.convert %x at 4 : f32 sizes [2] strides [3] to 0 bursts 1
  return
}

// -----

// A sum of no parts.
func.func @reduce_parts() {
  %y = pim.segment output "y" : 16
  // expected-error @+1 {{'pim.reduce' op (C1) sums at least one part of one output, got: 0 of 4}}
  pim.reduce from 0 parts 0 stride 0 outputs 4 alpha 1.0 beta 1.0 to %y at 0 : f32
  return
}

// -----

// More outputs, and more parts, than the encoding can count.
func.func @reduce_many_outputs() {
  %y = pim.segment output "y" : 16
  // expected-error @+1 {{'pim.reduce' op (C1) has a number of outputs that is no number of 32 bits: 4294967296}}
  pim.reduce from 0 parts 1 stride 0 outputs 4294967296 alpha 1.0 beta 1.0 to %y at 0 : f32
  return
}

// -----

func.func @reduce_many_parts() {
  %y = pim.segment output "y" : 16
  // expected-error @+1 {{'pim.reduce' op (C1) has a number of parts that is no number of 32 bits: -1}}
  pim.reduce from 0 parts -1 stride 0 outputs 4 alpha 1.0 beta 1.0 to %y at 0 : f32
  return
}

// -----

// Parts that are too far from one another.
func.func @reduce_stride() {
  %y = pim.segment output "y" : 16
  // expected-error @+1 {{'pim.reduce' op (C1) has a stride that is no number of 32 bits: 4294967296}}
  pim.reduce from 0 parts 2 stride 4294967296 outputs 4 alpha 1.0 beta 1.0 to %y at 0 : f32
  return
}

// -----

// Outputs that are written over the inputs.
func.func @reduce_destination() {
  %x = pim.segment input "x" : 16
  // expected-error @+1 {{'pim.reduce' op (C2) writes a segment that is only read}}
  pim.reduce from 0 parts 1 stride 0 outputs 4 alpha 1.0 beta 1.0 to %x at 0 : f32
  return
}

// -----

// A bias with an element too few.
func.func @reduce_bias() {
  %c = pim.segment constant "weights" : 32
  %y = pim.segment output "y" : 16
  // expected-error @+1 {{'pim.reduce' op (C3) leaves its segment: 4 elements from byte 20 on, of 32 bytes}}
  pim.reduce from 0 parts 1 stride 0 outputs 4 alpha 1.0 bias %c at 20 beta 1.0 to %y at 0 : f32
  return
}

// -----

// Nothing is stored.
func.func @store_elements() {
  %y = pim.segment output "y" : 16
  // expected-error @+1 {{'pim.store' op (C1) stores at least one element, got: 0}}
  pim.store from 0 elements 0 to %y at 0 : f32
  return
}

// -----

// A burst that the encoding cannot name.
func.func @store_staging() {
  %y = pim.segment output "y" : 16
  // expected-error @+1 {{'pim.store' op (C1) has a staging that is no number of 32 bits: -3}}
  pim.store from -3 elements 4 to %y at 0 : f32
  return
}

// -----

// Results before the first byte.
func.func @store_begin() {
  %y = pim.segment output "y" : 16
  // expected-error @+1 {{'pim.store' op (C2) leaves its segment: 4 elements from byte -4 on, of 16 bytes}}
  pim.store from 0 elements 4 to %y at -4 : f32
  return
}

// -----

// What is kept of the kernels is kept on their function.
module {
  // expected-error @+1 {{'pim.segment' op has 'pim.macs', which is an attribute of functions}}
  %0 = pim.segment input "x" : 4 {pim.macs = 1 : i64}
}

// -----

// A count below nothing.
// expected-error @+1 {{'func.func' op has 'pim.macs', which is a count of i64, got: -1 : i64}}
func.func private @macs() attributes {pim.macs = -1 : i64}

// -----

// A count of another type.
// expected-error @+1 {{'func.func' op has 'pim.weight_bytes', which is a count of i64, got: 3 : i32}}
func.func private @weight_bytes() attributes {pim.weight_bytes = 3 : i32}

// -----

// A time that is no number.
// expected-error @+1 {{'func.func' op has 'pim.estimate', which is seconds as an f64, got: 0x7FF8000000000000 : f64}}
func.func private @estimate() attributes {pim.estimate = 0x7FF8000000000000 : f64}

// -----

// A region of unknown size.
// expected-error @+1 {{'func.func' op has 'pim.plan', which is a list of {name, offset, rank, size}, got: [{name = "a", offset = 0 : i64, rank = 0 : i64}]}}
func.func private @plan() attributes {pim.plan = [{name = "a", offset = 0 : i64, rank = 0 : i64}]}
