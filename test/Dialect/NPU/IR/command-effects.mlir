// RUN: garam-opt --canonicalize --cse %s | FileCheck %s

// Buffers are memory: one that nothing uses goes away, two of equal attributes
// stay two.
// CHECK-LABEL: @buffers
func.func @buffers() {
  // CHECK-COUNT-2: npu.buffer <local> bytes 64
  // CHECK-NOT: npu.buffer
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %unused = npu.buffer <local> bytes 32 {cores = array<i64: 0>}
  npu.dma_command 0, to %a sizes [16] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>] {fill_bits = 0 : i64}
  npu.dma_command 0, to %b sizes [16] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>] {fill_bits = 0 : i64}
  return
}

// A contraction that stores nothing leaves sums to the next one of its core;
// loops and set-ups do what is in them.
// CHECK-LABEL: @sums
func.func @sums() {
  %in = npu.buffer <dram> bytes 64 {segment = 0 : i64, parts = []}
  %kept = npu.buffer <local> bytes 64 {cores = array<i64: 0>, resident}
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %y = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  // CHECK: npu.setup
  // CHECK-NEXT: npu.dma_command
  npu.setup {
    npu.dma_command 0, %in to %kept sizes [16] bytes 4
      with [#npu.descriptor<0 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
  }
  // CHECK: npu.loop
  // CHECK-NEXT: npu.dma_command
  npu.loop 0 <dma> count 2 {
    npu.dma_command 0, to %a sizes [8] bytes 4
      with [#npu.descriptor<0 : u32 strides [4] loops [32]>] {fill_bits = 0 : i64}
  }
  // CHECK-COUNT-2: npu.tensor_command
  npu.tensor_command 0, %a, %kept rows [4] columns 2 reduction [4]
    with [#npu.descriptor<0 : i8 strides [4, 1]>, #npu.descriptor<0 : i8 strides [2, 1]>]
    {unit_rows = array<i64: 1>, unit_columns = 1 : i64}
  npu.tensor_command 0, %a, %kept to %y rows [4] columns 2 reduction [4]
    with [#npu.descriptor<16 : i8 strides [4, 1]>, #npu.descriptor<8 : i8 strides [2, 1]>,
          #npu.descriptor<0 : i32 strides [8, 4]>]
    {unit_rows = array<i64: 1>, unit_columns = 1 : i64, accumulate}
  return
}
