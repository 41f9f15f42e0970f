// RUN: garam-opt --npu-schedule-commands=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-synchronize --split-input-file --verify-diagnostics %s

// Orders of commands keep reads of a buffer behind the writes of what is read,
// and nothing else: a byte that is written again has no order.
func.func @twice() {
  npu.segment <scratch> "scratch"
  %a = npu.buffer <local> bytes 8192 {cores = array<i64: 0>, offset = 0 : i64}
  npu.dma_command 0, to %a sizes [8192] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>] {fill_bits = 0 : i64}
  // expected-error @+1 {{'npu.dma_command' op writes bytes of a buffer that a command in front of it has read or written}}
  npu.dma_command 0, to %a sizes [8, 4] bytes 1
    with [#npu.descriptor<4000 : u8 strides [16, 1]>] {fill_bits = 1 : i64}
  return
}

// -----

// Nor has one that is read before it is written.
func.func @read_before() {
  npu.segment <scratch> "scratch"
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 0 : i64}
  %b = npu.buffer <shared> bytes 64 {offset = 0 : i64}
  npu.dma_command 0, %a to %b sizes [4] bytes 4
    with [#npu.descriptor<0 : u32 strides [16]>, #npu.descriptor<0 : u32 strides [4]>]
  // expected-error @+1 {{'npu.dma_command' op writes bytes of a buffer that a command in front of it has read or written}}
  npu.dma_command 0, to %a sizes [64] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>] {fill_bits = 0 : i64}
  return
}

// -----

// Walks that interleave share no byte; cores have copies of their own.
func.func @interleaved() {
  npu.segment <scratch> "scratch"
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0, 1>, offset = 0 : i64}
  %b = npu.buffer <shared> bytes 64 {offset = 0 : i64}
  npu.dma_command 0, to %a sizes [4] bytes 4
    with [#npu.descriptor<0 : u32 strides [16]>] {fill_bits = 0 : i64, receivers = array<i64: 0>}
  npu.dma_command 0, %a to %b sizes [4] bytes 4
    with [#npu.descriptor<0 : u32 strides [16]>, #npu.descriptor<0 : u32 strides [16]>]
  npu.dma_command 0, to %a sizes [4, 3] bytes 4
    with [#npu.descriptor<4 : u32 strides [16, 4]>] {fill_bits = 0 : i64, receivers = array<i64: 0>}
  npu.dma_command 1, to %a sizes [64] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>] {fill_bits = 0 : i64, receivers = array<i64: 1>}
  npu.dma_command 0, %a to %b sizes [4, 3] bytes 4
    with [#npu.descriptor<4 : u32 strides [16, 4]>, #npu.descriptor<4 : u32 strides [16, 4]>]
  return
}

// -----

// What lies outside of the buffer belongs to another one.
func.func @outside() {
  npu.segment <scratch> "scratch"
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 0 : i64}
  // expected-error @+1 {{'npu.dma_command' op touches bytes 32 to 95 of a buffer of 64}}
  npu.dma_command 0, to %a sizes [64] bytes 1
    with [#npu.descriptor<32 : u8 strides [1]>] {fill_bits = 0 : i64}
  return
}
