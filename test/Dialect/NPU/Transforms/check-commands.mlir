// RUN: garam-opt --npu-plan-memory=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-prefetch-weights=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-record-estimate=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-pin-weights=target=atom --split-input-file --verify-diagnostics %s

// What passes on commands keep for each core has room for those of the machine.
func.func @no_such_core() {
  npu.segment <scratch> "scratch"
  // expected-error @+1 {{'npu.buffer' op lies in core 8, but atom has 8}}
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 8>}
  return
}

// -----

func.func @no_such_queue() {
  npu.segment <scratch> "scratch"
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // expected-error @+1 {{'npu.dma_command' op runs on core 9, but atom has 8}}
  npu.dma_command 9, to %a sizes [64] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>] {fill_bits = 0 : i64}
  return
}

// -----

func.func @no_such_waiting_queue() {
  // expected-error @+1 {{'npu.wait' op runs on core 8, but atom has 8}}
  npu.wait 8 <dma> 0 count 1
  return
}

// -----

func.func @no_such_signalled_queue() {
  // expected-error @+1 {{'npu.signal' op signals core 8, but atom has 8}}
  npu.signal 0 <dma> to 8 <dma> 0 count 1
  return
}

// -----

func.func @no_such_segment() {
  npu.segment <input> "x" {size = 64 : i64}
  // expected-error @+1 {{'npu.buffer' op lies in segment 1 of 1}}
  %a = npu.buffer <dram> bytes 64 {segment = 1 : i64}
  return
}

// -----

// Weights of a core that is not there are not kept either.
func.func @no_such_memory() {
  npu.segment <constant> "constants"
  %weights = npu.buffer <dram> bytes 64 {parts = [#npu.part<0 : f32 sizes[16] from 0 strides[1] of dense<1.0> : tensor<16xf32>>], segment = 0 : i64}
  // expected-error @+1 {{'npu.buffer' op lies in core 63, but atom has 8}}
  %w = npu.buffer <local> bytes 64 {cores = array<i64: 63>}
  npu.dma_command 63, %weights to %w sizes [64] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>, #npu.descriptor<0 : u8 strides [1]>]
  return
}

// -----

#id = affine_map<(a) -> (a)>

func.func @stages(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'npu.vector' op is no command yet: npu-lower-to-commands makes commands of stages, before this pass}}
  %0 = npu.vector ins(%x) sizes [4] {indexing_maps = [#id, #id]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<4xf32>
}
