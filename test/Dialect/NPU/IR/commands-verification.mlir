// RUN: garam-opt --split-input-file --verify-diagnostics %s

// A local buffer says in which cores it lies.
func.func @no_cores() {
  // expected-error @+1 {{'npu.buffer' op needs 'cores' in local memory, and only there}}
  %a = npu.buffer <local> bytes 64
  return
}

// -----

func.func @empty_cores() {
  // expected-error @+1 {{'npu.buffer' op needs at least one core}}
  %a = npu.buffer <local> bytes 64 {cores = array<i64>}
  return
}

// -----

// A buffer in DRAM says in which segment it lies.
func.func @no_segment() {
  // expected-error @+1 {{'npu.buffer' op needs 'segment' in DRAM, and only there}}
  %a = npu.buffer <dram> bytes 64
  return
}

// -----

func.func @negative_size() {
  // expected-error @+1 {{'npu.buffer' op needs a size of 0 to 2^56 bytes, got: -1}}
  %a = npu.buffer <shared> bytes -1
  return
}

// -----

func.func @constants_on_chip() {
  // expected-error @+1 {{'npu.buffer' op holds constants outside of DRAM}}
  %a = npu.buffer <shared> bytes 64 {parts = []}
  return
}

// -----

func.func @role() {
  // expected-error @+2 {{expected ::garam::npu::RoleKind to be one of: constant, parameter, state, input, output, scratch}}
  // expected-error @+1 {{failed to parse NPU_RoleAttr parameter 'value'}}
  npu.segment <weights> "w"
  return
}

// -----

// The value of a node has a view of each buffer that holds a part of it.
func.func @value_views() {
  %a = npu.buffer <shared> bytes 64
  // expected-error @+1 {{'npu.value' op needs one view a buffer, got: 0 != 1}}
  npu.value "n" tensor<4xf32> in (%a) as []
  return
}

// -----

func.func @value_buffer(%a: !npu.buffer) {
  // expected-error @+1 {{'npu.value' op needs operands that are npu.buffer}}
  npu.value "n" tensor<4xf32> in (%a) as [#npu.view<0 strides [4] low [0] high [4]>]
  return
}

// -----

func.func @value_rank() {
  %a = npu.buffer <shared> bytes 64
  // expected-error @+1 {{'npu.value' op needs views of 2 dimensions}}
  npu.value "n" tensor<2x2xf32> in (%a) as [#npu.view<0 strides [4] low [0] high [4]>]
  return
}

// -----

func.func @value_box() {
  %a = npu.buffer <shared> bytes 64
  // expected-error @+1 {{'npu.value' op needs boxes that are not empty and lie in 'tensor<4xf32>', got: [2, 5)}}
  npu.value "n" tensor<4xf32> in (%a) as [#npu.view<0 strides [4] low [2] high [5]>]
  return
}

// -----

func.func @value_dynamic() {
  %a = npu.buffer <shared> bytes 64
  // expected-error @+1 {{'npu.value' op needs a tensor of numbers with a fixed shape, got: 'tensor<?xf32>'}}
  npu.value "n" tensor<?xf32> in (%a) as [#npu.view<0 strides [4] low [0] high [4]>]
  return
}

// -----

func.func @negative_offset() {
  // expected-error @+1 {{'npu.buffer' op needs an offset of 0 to 2^56, got: -8}}
  %a = npu.buffer <shared> bytes 64 {offset = -8 : i64}
  return
}

// -----

// Cores are counted as far as an address can name them.
func.func @buffer_core() {
  // expected-error @+1 {{'npu.buffer' op needs a core of 0 to 4095, got: 4096}}
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0, 4096>}
  return
}

// -----

func.func @program_yield(%f: f32) {
  // expected-error @+1 {{'npu.micro_program' op ends its body with npu.yield}}
  %p = npu.micro_program {
  ^bb0(%e: f32):
    func.return %e : f32
  }
  return
}

// -----

// A body has a terminator.
func.func @program_empty() {
  // expected-error @+1 {{'npu.micro_program' op expects a non-empty block}}
  %p = npu.micro_program {
  ^bb0(%e: f32):
  }
  return
}

// -----

func.func @program_finish_missing() {
  // expected-error @+1 {{'npu.micro_program' op has a finish region when it has combiners}}
  %p = npu.micro_program attributes {combiners = [#npu.combiner<addf, 0.0 : f32>]} {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return
}

// -----

func.func @program_sums() {
  // expected-error @+1 {{'npu.micro_program' op yields one value a combiner, got: 2 != 1}}
  %p = npu.micro_program attributes {combiners = [#npu.combiner<addf, 0.0 : f32>]} {
  ^bb0(%e: f32):
    npu.yield %e, %e : f32, f32
  } finish {
  ^bb0(%sum: f32):
    npu.yield %sum : f32
  }
  return
}

// -----

func.func @program_finish_arguments() {
  // expected-error @+1 {{'npu.micro_program' op takes the sums and the finish inputs in 'finish', got arguments: 1 != 2}}
  %p = npu.micro_program attributes {combiners = [#npu.combiner<addf, 0.0 : f32>], finish_inputs = array<i64: 0>} {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } finish {
  ^bb0(%sum: f32):
    npu.yield %sum : f32
  }
  return
}

// -----

func.func @program_finish_yield() {
  // expected-error @+1 {{'npu.micro_program' op ends 'finish' with npu.yield}}
  %p = npu.micro_program attributes {combiners = [#npu.combiner<addf, 0.0 : f32>]} {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } finish {
  ^bb0(%sum: f32):
    func.return %sum : f32
  }
  return
}

// -----

func.func @program_finish_empty() {
  // expected-error @+1 {{'npu.micro_program' op expects a non-empty block}}
  %p = npu.micro_program attributes {combiners = [#npu.combiner<addf, 0.0 : f32>]} {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } finish {
  ^bb0(%sum: f32):
  }
  return
}

// -----

func.func @program_finish_input() {
  // expected-error @+1 {{'npu.micro_program' op names a finish input of 0 to 0, got: 1}}
  %p = npu.micro_program attributes {combiners = [#npu.combiner<addf, 0.0 : f32>], finish_inputs = array<i64: 1>} {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } finish {
  ^bb0(%sum: f32, %e: f32):
    npu.yield %sum : f32
  }
  return
}

// -----

// The tensor engine walks three dimensions of rows, three of reductions.
func.func @tensor_row_sizes(%b: !npu.buffer) {
  // expected-error @+1 {{'npu.tensor_command' op has at most 3 row sizes, got: 4}}
  npu.tensor_command 0, %b, %b rows [1, 1, 1, 1] columns 1 reduction [1] with [] {unit_rows = array<i64: 1>, unit_columns = 1 : i64}
  return
}

// -----

func.func @tensor_reduction_size(%b: !npu.buffer) {
  // expected-error @+1 {{'npu.tensor_command' op needs reduction sizes of 1 to 2^32 - 1, got: 4294967296}}
  npu.tensor_command 0, %b, %b rows [1] columns 1 reduction [4294967296] with [] {unit_rows = array<i64: 1>, unit_columns = 1 : i64}
  return
}

// -----

func.func @tensor_columns(%b: !npu.buffer) {
  // expected-error @+1 {{'npu.tensor_command' op needs columns of 1 to 2^32 - 1, got: 0}}
  npu.tensor_command 0, %b, %b rows [1] columns 0 reduction [1] with [] {unit_rows = array<i64: 1>, unit_columns = 1 : i64}
  return
}

// -----

// Units divide the dimensions of rows that a command has at most.
func.func @tensor_unit_rows(%b: !npu.buffer) {
  // expected-error @+1 {{'npu.tensor_command' op divides at most 3 row dimensions, got: 4}}
  npu.tensor_command 0, %b, %b rows [1] columns 1 reduction [1] with [] {unit_rows = array<i64: 1, 1, 1, 1>, unit_columns = 1 : i64}
  return
}

// -----

func.func @tensor_unit_reduction(%b: !npu.buffer) {
  // expected-error @+1 {{'npu.tensor_command' op needs 'unit_reduction' of 0 to 65535, got: 65536}}
  npu.tensor_command 0, %b, %b rows [1] columns 1 reduction [1] with [] {unit_rows = array<i64: 1>, unit_columns = 1 : i64, unit_reduction = 65536 : i64}
  return
}

// -----

// Addresses are planned for npu.buffer, so that no other value is an operand.
func.func @tensor_operand(%b: !npu.buffer) {
  // expected-error @+1 {{'npu.tensor_command' op needs operands that are npu.buffer}}
  npu.tensor_command 0, %b, %b rows [1] columns 1 reduction [1] with [] {unit_rows = array<i64: 1>, unit_columns = 1 : i64}
  return
}

// -----

func.func @tensor_other_core() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.tensor_command' op runs on core 1, whose memory does not hold an operand}}
  npu.tensor_command 1, %b, %b rows [1] columns 1 reduction [1] with [] {unit_rows = array<i64: 1>, unit_columns = 1 : i64}
  return
}

// -----

// Only DMA engines reach other memories.
func.func @tensor_shared() {
  %b = npu.buffer <shared> bytes 64
  // expected-error @+1 {{'npu.tensor_command' op reaches its own core's memory only}}
  npu.tensor_command 0, %b, %b rows [1] columns 1 reduction [1] with [] {unit_rows = array<i64: 1>, unit_columns = 1 : i64}
  return
}

// -----

// Sums stay in the accumulators, without scale or bias, until they are written.
func.func @tensor_epilogue() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.tensor_command' op has an epilogue only with an output}}
  npu.tensor_command 0, %b, %b bias(%b) rows [1] columns 1 reduction [1] with [] {unit_rows = array<i64: 1>, unit_columns = 1 : i64}
  return
}

// -----

func.func @descriptor_count() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.tensor_command' op needs one descriptor an operand, got: 1 for 2 operands}}
  npu.tensor_command 0, %b, %b rows [1] columns 1 reduction [1]
    with [#npu.descriptor<0 : f16 strides [2, 2]>] {unit_rows = array<i64: 1>, unit_columns = 1 : i64}
  return
}

// -----

// An activation moves with rows and reductions.
func.func @descriptor_strides() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.tensor_command' op walks 2 dimensions with an operand, got strides for 3}}
  npu.tensor_command 0, %b, %b rows [1] columns 1 reduction [1]
    with [#npu.descriptor<0 : f16 strides [2, 2, 2]>, #npu.descriptor<0 : f16>] {unit_rows = array<i64: 1>, unit_columns = 1 : i64}
  return
}

// -----

func.func @descriptor_guards() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.tensor_command' op has at most 2 guards an operand, got: 3}}
  npu.tensor_command 0, %b, %b rows [1] columns 1 reduction [1]
    with [#npu.descriptor<0 : f16 strides [2, 2] guards [<0 extent 1 coefficients [1, 0]>, <0 extent 1 coefficients [1, 0]>, <0 extent 1 coefficients [1, 0]>]>,
          #npu.descriptor<0 : f16>] {unit_rows = array<i64: 1>, unit_columns = 1 : i64}
  return
}

// -----

func.func @guard_coefficients() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.tensor_command' op needs guards with one coefficient a stride}}
  npu.tensor_command 0, %b, %b rows [1] columns 1 reduction [1]
    with [#npu.descriptor<0 : f16 strides [2, 2] guards [<0 extent 1 coefficients [1]>]>, #npu.descriptor<0 : f16>] {unit_rows = array<i64: 1>, unit_columns = 1 : i64}
  return
}

// -----

func.func @vector_sizes() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %p = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  // expected-error @+1 {{'npu.vector_command' op has at most 6 sizes, got: 7}}
  npu.vector_command 0, %p (%b) to %b sizes [1, 1, 1, 1, 1, 1, 1] reductions 0 with []
  return
}

// -----

func.func @vector_operands() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %p = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  // expected-error @+1 {{'npu.vector_command' op takes at most 8 inputs and 4 outputs, got: 9 and 1}}
  npu.vector_command 0, %p (%b, %b, %b, %b, %b, %b, %b, %b, %b) to %b sizes [1] reductions 0 with []
  return
}

// -----

func.func @vector_reductions() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %p = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  // expected-error @+1 {{'npu.vector_command' op reduces at most its 1 dimensions, got: 2}}
  npu.vector_command 0, %p (%b) to %b sizes [1] reductions 2 with []
  return
}

// -----

func.func @vector_program(%p: !npu.program) {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.vector_command' op needs a program that is npu.micro_program}}
  npu.vector_command 0, %p (%b) to %b sizes [1] reductions 0 with []
  return
}

// -----

func.func @vector_arguments() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %p = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  // expected-error @+1 {{'npu.vector_command' op needs one input an argument of its program, got: 2 != 1}}
  npu.vector_command 0, %p (%b, %b) to %b sizes [1] reductions 0 with []
  return
}

// -----

func.func @program_wide_values() {
  // expected-error @+1 {{'npu.micro_program' op values in regions are f32, i32 or i1, got: 'f64' of 'arith.extf'}}
  %p = npu.micro_program {
  ^bb0(%e: f32):
    %wide = arith.extf %e : f32 to f64
    npu.yield %e : f32
  }
  return
}

// -----

func.func @program_combined_type() {
  // expected-error @+1 {{'npu.micro_program' op yields 'f32' to a combiner, got: 'i32'}}
  %p = npu.micro_program attributes {combiners = [#npu.combiner<addf, 0.0 : f32>]} {
  ^bb0(%e: i32):
    npu.yield %e : i32
  } finish {
  ^bb0(%sum: f32):
    npu.yield %sum : f32
  }
  return
}

// -----

func.func @program_finish_type() {
  // expected-error @+1 {{'npu.micro_program' op takes 'f32' as argument #1 of 'finish', got: 'i32'}}
  %p = npu.micro_program attributes {combiners = [#npu.combiner<addf, 0.0 : f32>], finish_inputs = array<i64: 0>} {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } finish {
  ^bb0(%sum: f32, %e: i32):
    npu.yield %sum : f32
  }
  return
}

// -----

// What a program yields is stored, all of it.
func.func @vector_outputs() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %p = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e, %e : f32, f32
  }
  // expected-error @+1 {{'npu.vector_command' op needs one output a value of its program, got: 1 != 2}}
  npu.vector_command 0, %p (%b) to %b sizes [1] reductions 0 with
    [#npu.descriptor<0 : f32 strides [4]>, #npu.descriptor<0 : f32 strides [4]>]
  return
}

// -----

// A load widens integers to i32, floats to f32.
func.func @vector_loads() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %p = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  // expected-error @+1 {{'npu.vector_command' op loads 'i32' for argument #0 of its program, which is 'f32'}}
  npu.vector_command 0, %p (%b) to %b sizes [1] reductions 0 with
    [#npu.descriptor<0 : i8 strides [1]>, #npu.descriptor<0 : f32 strides [4]>]
  return
}

// -----

// A store rounds f32 to integers, but makes no floats of integers.
func.func @vector_stores() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %p = npu.micro_program {
  ^bb0(%e: i32):
    npu.yield %e : i32
  }
  // expected-error @+1 {{'npu.vector_command' op stores 'f32', its program yields 'i32'}}
  npu.vector_command 0, %p (%b) to %b sizes [1] reductions 0 with
    [#npu.descriptor<0 : i8 strides [1]>, #npu.descriptor<0 : f16 strides [2]>]
  return
}

// -----

func.func @dma_element_bytes() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.dma_command' op moves elements of 1, 2, 4 or 8 bytes, got: 3}}
  npu.dma_command 0, %b to %b sizes [1] bytes 3 with [#npu.descriptor<0 : u8>, #npu.descriptor<0 : u8>]
  return
}

// -----

// A source in local memory is read in the core of the command, or in
// 'source_core'.
func.func @dma_source_core() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0, 1>}
  // expected-error @+1 {{'npu.dma_command' op reads core 2's memory, which does not hold the source}}
  npu.dma_command 0, %b to %b sizes [1] bytes 1 with [#npu.descriptor<0 : u8>, #npu.descriptor<0 : u8>] {source_core = 2 : i64}
  return
}

// -----

func.func @dma_receivers() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0, 1>}
  // expected-error @+1 {{'npu.dma_command' op writes core 2's memory, which does not hold the destination}}
  npu.dma_command 0, %b to %b sizes [1] bytes 1 with [#npu.descriptor<0 : u8>, #npu.descriptor<0 : u8>] {receivers = array<i64: 1, 2>}
  return
}

// -----

func.func @dma_indices_core() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %i = npu.buffer <local> bytes 64 {cores = array<i64: 1>}
  // expected-error @+1 {{'npu.dma_command' op has its indices in another core's memory}}
  npu.dma_command 0, %b to %b indices %i sizes [1] bytes 1
    with [#npu.descriptor<0 : u8>, #npu.descriptor<0 : u8>, #npu.descriptor<0 : i32>] {indirect_dim = 0 : i64, indirect_limit = 1 : i64}
  return
}

// -----

func.func @dma_source() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.dma_command' op needs a source or 'fill_bits'}}
  npu.dma_command 0, to %b sizes [1] bytes 1 with [#npu.descriptor<0 : u8>]
  return
}

// -----

func.func @dma_indices_limit() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.dma_command' op needs 'indirect_dim' and 'indirect_limit' with indices, and only with them}}
  npu.dma_command 0, %b to %b indices %b sizes [1] bytes 1
    with [#npu.descriptor<0 : u8>, #npu.descriptor<0 : u8>, #npu.descriptor<0 : i32>] {indirect_dim = 0 : i64}
  return
}

// -----

func.func @dma_indirect_dim() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.dma_command' op follows indices along dimension 1 of 1}}
  npu.dma_command 0, %b to %b indices %b sizes [1] bytes 1
    with [#npu.descriptor<0 : u8>, #npu.descriptor<0 : u8>, #npu.descriptor<0 : i32>] {indirect_dim = 1 : i64, indirect_limit = 1 : i64}
  return
}

// -----

// What is no core at all is named as such, whatever the buffer.
func.func @dma_receiver_range() {
  %b = npu.buffer <shared> bytes 64
  // expected-error @+1 {{'npu.dma_command' op needs a core of 0 to 4095, got: -1}}
  npu.dma_command 0, %b to %b sizes [1] bytes 1 with [#npu.descriptor<0 : u8>, #npu.descriptor<0 : u8>] {receivers = array<i64: -1>}
  return
}

// -----

func.func @wait_semaphore() {
  // expected-error @+1 {{'npu.wait' op needs a semaphore of 0 to 255, got: 256}}
  npu.wait 0 <tensor> 256 count 1
  return
}

// -----

func.func @signal_count() {
  // expected-error @+1 {{'npu.signal' op needs a count of 1 to 65535, got: 0}}
  npu.signal 0 <tensor> to 1 <dma> 0 count 0
  return
}

// -----

func.func @signal_core() {
  // expected-error @+1 {{'npu.signal' op needs a core of 0 to 4095, got: 4096}}
  npu.signal 0 <tensor> to 4096 <dma> 0 count 1
  return
}

// -----

// What the 32-bit fields of the ISA do not hold is not cut off.
func.func @guard_start() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.dma_command' op needs guard starts of -2147483648 to 2147483647, got: 2147483648}}
  npu.dma_command 0, to %b sizes [1] bytes 1 with [#npu.descriptor<0 : u8 strides [1] guards [<2147483648 extent 4 coefficients [1]>]>] {fill_bits = 0 : i64}
  return
}

// -----

func.func @guard_extent() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.dma_command' op needs guard extents of 0 to 4294967295, got: 4294967296}}
  npu.dma_command 0, to %b sizes [1] bytes 1 with [#npu.descriptor<0 : u8 strides [1] guards [<0 extent 4294967296 coefficients [1]>]>] {fill_bits = 0 : i64}
  return
}

// -----

func.func @guard_negative_extent() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.dma_command' op needs guard extents of 0 to 4294967295, got: -1}}
  npu.dma_command 0, to %b sizes [1] bytes 1 with [#npu.descriptor<0 : u8 strides [1] guards [<0 extent -1 coefficients [1]>]>] {fill_bits = 0 : i64}
  return
}

// -----

func.func @guard_coefficient() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.dma_command' op needs guard coefficients of -2147483648 to 2147483647, got: -2147483649}}
  npu.dma_command 0, to %b sizes [1] bytes 1 with [#npu.descriptor<0 : u8 strides [1] guards [<0 extent 4 coefficients [-2147483649]>]>] {fill_bits = 0 : i64}
  return
}

// -----

// Distances are as far as addresses reach.
func.func @descriptor_offset() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.dma_command' op needs descriptor offsets of -2^56 to 2^56 bytes, got: 72057594037927937}}
  npu.dma_command 0, to %b sizes [1] bytes 1 with [#npu.descriptor<72057594037927937 : u8>] {fill_bits = 0 : i64}
  return
}

// -----

func.func @descriptor_stride() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.dma_command' op needs strides of -2^56 to 2^56 bytes, got: -72057594037927937}}
  npu.dma_command 0, to %b sizes [1] bytes 1 with [#npu.descriptor<0 : u8 strides [-72057594037927937]>] {fill_bits = 0 : i64}
  return
}

// -----

func.func @parameter_stride() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.dma_command' op needs parameter strides of -2^56 to 2^56 bytes, got: 72057594037927937}}
  npu.dma_command 0, to %b sizes [1] bytes 1 with [#npu.descriptor<0 : u8 plus <0 times 72057594037927937>>] {fill_bits = 0 : i64}
  return
}

// -----

func.func @loop_strides() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  npu.loop 0 <dma> count 2 {
    // expected-error @+1 {{'npu.dma_command' op needs loop strides of -2^56 to 2^56 bytes, got: 72057594037927937}}
    npu.dma_command 0, to %b sizes [1] bytes 1 with [#npu.descriptor<0 : u8 strides [1] loops [72057594037927937]>] {fill_bits = 0 : i64}
  }
  return
}

// -----

func.func @guard_loop_strides() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  npu.loop 0 <dma> count 2 {
    // expected-error @+1 {{'npu.dma_command' op needs loop strides of guards of -2147483648 to 2147483647, got: 2147483648}}
    npu.dma_command 0, to %b sizes [1] bytes 1 with [#npu.descriptor<0 : u8 strides [1] guards [<0 extent 4 coefficients [1] loops [2147483648]>]>] {fill_bits = 0 : i64}
  }
  return
}

// -----

func.func @element_bytes() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.dma_command' op moves elements of 1, 2, 4 or 8 bytes, got: 4294967300}}
  npu.dma_command 0, to %b sizes [1] bytes 4294967300 with [#npu.descriptor<0 : u8>] {fill_bits = 0 : i64}
  return
}

// -----

func.func @dma_indirect_limit() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.dma_command' op needs an 'indirect_limit' of 0 to 4294967295, got: 4294967296}}
  npu.dma_command 0, %b to %b indices %b sizes [1] bytes 1
    with [#npu.descriptor<0 : u8>, #npu.descriptor<0 : u8>, #npu.descriptor<0 : i32>] {indirect_dim = 0 : i64, indirect_limit = 4294967296 : i64}
  return
}

// -----

func.func @buffer_segment_number() {
  // expected-error @+1 {{'npu.buffer' op needs a segment of 0 to 4095, got: 65536}}
  %b = npu.buffer <dram> bytes 64 {segment = 65536 : i64}
  return
}

// -----

func.func @unit_rows() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.tensor_command' op needs 'unit_rows' of 0 to 65535, got: 65537}}
  npu.tensor_command 0, %b, %b rows [1] columns 1 reduction [1]
    with [#npu.descriptor<0 : f16>, #npu.descriptor<0 : f16>] {unit_rows = array<i64: 65537>, unit_columns = 1 : i64}
  return
}

// -----

func.func @unit_columns() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.tensor_command' op needs 'unit_columns' of 0 to 65535, got: 65536}}
  npu.tensor_command 0, %b, %b rows [1] columns 1 reduction [1]
    with [#npu.descriptor<0 : f16>, #npu.descriptor<0 : f16>] {unit_rows = array<i64: 1>, unit_columns = 65536 : i64}
  return
}

// -----

func.func @resident_in_dram() {
  // expected-error @+1 {{'npu.buffer' op is resident in DRAM, where nothing else is possible}}
  %b = npu.buffer <dram> bytes 64 {segment = 0 : i64, resident}
  return
}

// -----

func.func @setup_of_others() {
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>, resident}
  npu.setup {
    // expected-error @+1 {{'npu.dma_command' op is in an npu.setup, which holds copies only}}
    npu.dma_command 0, to %b sizes [64] bytes 1
      with [#npu.descriptor<0 : u8 strides [1]>] {fill_bits = 0 : i64}
  }
  return
}

// -----

func.func @setup_of_no_constants() {
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>, resident}
  npu.setup {
    // expected-error @+1 {{'npu.dma_command' op brings no constants in an npu.setup}}
    npu.dma_command 0, %a to %b sizes [64] bytes 1
      with [#npu.descriptor<0 : u8 strides [1]>, #npu.descriptor<0 : u8 strides [1]>]
  }
  return
}

// -----

func.func @setup_of_what_does_not_stay() {
  %a = npu.buffer <dram> bytes 64 {segment = 0 : i64, parts = []}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  npu.setup {
    // expected-error @+1 {{'npu.dma_command' op fills a buffer in an npu.setup that is not resident}}
    npu.dma_command 0, %a to %b sizes [64] bytes 1
      with [#npu.descriptor<0 : u8 strides [1]>, #npu.descriptor<0 : u8 strides [1]>]
  }
  return
}
