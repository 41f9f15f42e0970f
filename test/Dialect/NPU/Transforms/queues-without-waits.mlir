// RUN: garam-opt --npu-roll-loops --split-input-file --verify-diagnostics %s

// Behind npu-roll-loops nothing but semaphores orders queues: without any, what
// core 1 reads would no longer be what core 0 wrote.
func.func @shared() {
  npu.segment <scratch> "scratch"
  %a = npu.buffer <shared> bytes 64 {offset = 0 : i64}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 1>, offset = 0 : i64}
  npu.dma_command 0, to %a sizes [64] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>] {fill_bits = 0 : i64}
  // expected-error @+1 {{'npu.dma_command' op reads what another queue writes and waits for nothing: npu-synchronize orders queues, before this pass}}
  npu.dma_command 1, %a to %b sizes [64] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>, #npu.descriptor<0 : u8 strides [1]>]
  return
}

// -----

// Each core has its own copy of a local buffer.
func.func @copies() {
  npu.segment <scratch> "scratch"
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0, 1>, offset = 0 : i64}
  npu.dma_command 0, to %a sizes [64] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>] {fill_bits = 0 : i64, receivers = array<i64: 0>}
  npu.dma_command 1, to %a sizes [64] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>] {fill_bits = 0 : i64, receivers = array<i64: 1>}
  return
}

// -----

// Each core writes a part of a result, as of a concatenation of inputs.
func.func @parts() {
  npu.segment <scratch> "scratch"
  %a = npu.buffer <shared> bytes 64 {offset = 0 : i64}
  npu.dma_command 0, to %a sizes [32] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>] {fill_bits = 0 : i64}
  npu.dma_command 1, to %a sizes [32] bytes 1
    with [#npu.descriptor<32 : u8 strides [1]>] {fill_bits = 0 : i64}
  return
}
