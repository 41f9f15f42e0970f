// RUN: garam-opt --npu-synchronize %s | FileCheck %s

// A command waits for what it reads; the signal stands behind the writer. The
// semaphore has the number of the signalling queue (core * 3 + engine).
// CHECK-LABEL: @read_after_write
// CHECK: npu.dma_command 0
// CHECK-NEXT: npu.signal 0 <dma> to 0 <vector> 2 count 1
// CHECK-NEXT: npu.wait 0 <vector> 2 count 1
// CHECK-NEXT: npu.vector_command 0
func.func @read_after_write() {
  %in = npu.buffer <dram> bytes 64 {segment = 0 : i64, offset = 0 : i64}
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 0 : i64}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 64 : i64}
  %p = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  npu.dma_command 0, %in to %a sizes [16] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
  npu.vector_command 0, %p (%a) to %b sizes [16] reductions 0
    with [#npu.descriptor<0 : f32 strides [4]>, #npu.descriptor<0 : f32 strides [4]>]
  return
}

// Commands of one queue need no semaphore.
// CHECK-LABEL: @same_queue
// CHECK-NOT: npu.wait
// CHECK: return
func.func @same_queue() {
  %in = npu.buffer <dram> bytes 64 {segment = 0 : i64, offset = 0 : i64}
  %out = npu.buffer <dram> bytes 64 {segment = 1 : i64, offset = 0 : i64}
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 0 : i64}
  npu.dma_command 0, %in to %a sizes [16] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
  npu.dma_command 0, %a to %out sizes [16] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
  return
}

// Two buffers at the same address: the second is written after the first has
// been read for the last time, by another queue.
// CHECK-LABEL: @reused_address
// CHECK: npu.vector_command 0
// CHECK-NEXT: npu.signal 0 <vector> to 0 <dma> 1 count 1
// CHECK-NEXT: npu.wait 0 <dma> 1 count 1
// CHECK-NEXT: npu.dma_command 0
func.func @reused_address() {
  %in = npu.buffer <dram> bytes 64 {segment = 0 : i64, offset = 0 : i64}
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 0 : i64}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 64 : i64}
  %c = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 0 : i64}
  %p = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  npu.vector_command 0, %p (%a) to %b sizes [16] reductions 0
    with [#npu.descriptor<0 : f32 strides [4]>, #npu.descriptor<0 : f32 strides [4]>]
  npu.dma_command 0, %in to %c sizes [16] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
  return
}

// What follows from an earlier wait is not waited for again: core 1's vector
// engine has waited for core 0's, which has waited for core 0's transfers.
// CHECK-LABEL: @transitive
// CHECK: npu.signal 0 <dma> to 0 <vector> 2 count 1
// CHECK: npu.signal 0 <vector> to 1 <dma> 1 count 1
// CHECK: npu.wait 1 <dma> 1 count 1
// CHECK-NEXT: npu.dma_command 1
// CHECK-NEXT: npu.dma_command 1
// CHECK-NEXT: return
func.func @transitive() {
  %in = npu.buffer <dram> bytes 64 {segment = 0 : i64, offset = 0 : i64}
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 0 : i64}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 64 : i64}
  %c = npu.buffer <local> bytes 64 {cores = array<i64: 1>, offset = 0 : i64}
  %d = npu.buffer <local> bytes 64 {cores = array<i64: 1>, offset = 64 : i64}
  %p = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  npu.dma_command 0, %in to %a sizes [16] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
  npu.vector_command 0, %p (%a) to %b sizes [16] reductions 0
    with [#npu.descriptor<0 : f32 strides [4]>, #npu.descriptor<0 : f32 strides [4]>]
  npu.dma_command 1, %b to %c sizes [16] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
    {source_core = 0 : i64}
  npu.dma_command 1, %a to %d sizes [16] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
    {source_core = 0 : i64}
  return
}
