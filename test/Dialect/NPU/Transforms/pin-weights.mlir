// RUN: garam-opt --npu-pin-weights=target=atom --split-input-file %s | FileCheck %s

#bytes = #npu.descriptor<0 : u8 strides [1]>
#floats = #npu.descriptor<0 : f32 strides [4]>

// Weights that fit beside everything else are brought by the set-up, and no
// longer in a run.
// CHECK-LABEL: @stays_in_local_memory
// CHECK-DAG: %[[WEIGHTS:.*]] = npu.buffer <dram> bytes 64 {parts
// CHECK-DAG: %[[KEPT:.*]] = npu.buffer <local> bytes 64 {cores = array<i64: 0>, resident}
// CHECK: npu.setup {
// CHECK-NEXT: npu.dma_command 0, %[[WEIGHTS]] to %[[KEPT]] sizes [64]
// CHECK-NEXT: }
// CHECK-NOT: npu.dma_command
// CHECK: npu.vector_command 0, %{{.*}}(%[[KEPT]])
func.func @stays_in_local_memory() {
  npu.segment <constant> "constants"
  %weights = npu.buffer <dram> bytes 64 {parts = [#npu.part<0 : f32 sizes[16] from 0 strides[1] of dense<1.0> : tensor<16xf32>>], segment = 0 : i64}
  %w = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %copy = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  npu.dma_command 0, %weights to %w sizes [64] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %copy (%w) to %a sizes [16] reductions 0 with [#floats, #floats]
  return
}

// -----

#bytes = #npu.descriptor<0 : u8 strides [1]>
#floats = #npu.descriptor<0 : f32 strides [4]>

// What two loads bring to the same core at two times is there once.
// CHECK-LABEL: @brought_twice
// CHECK: %[[KEPT:.*]] = npu.buffer <local> bytes 64 {cores = array<i64: 0>, resident}
// CHECK: npu.setup {
// CHECK-NEXT: npu.dma_command
// CHECK-NEXT: }
// CHECK: npu.vector_command 0, %{{.*}}(%[[KEPT]])
// CHECK-NOT: npu.dma_command
// CHECK: npu.vector_command 0, %{{.*}}(%[[KEPT]])
func.func @brought_twice() {
  npu.segment <constant> "constants"
  %weights = npu.buffer <dram> bytes 64 {parts = [#npu.part<0 : f32 sizes[16] from 0 strides[1] of dense<1.0> : tensor<16xf32>>], segment = 0 : i64}
  %copy = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %w = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  npu.dma_command 0, %weights to %w sizes [64] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %copy (%w) to %a sizes [16] reductions 0 with [#floats, #floats]
  %again = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  npu.dma_command 0, %weights to %again sizes [64] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %copy (%again) to %b sizes [16] reductions 0 with [#floats, #floats]
  return
}

// -----

#bytes = #npu.descriptor<0 : u8 strides [1]>
#floats = #npu.descriptor<0 : f32 strides [4]>

// Of 4 MiB of local memory, 85 % are not enough for the buffers of the first
// command and the weights. They stay in shared memory, and are brought from
// there. What is no contiguous transfer is brought from DRAM as before.
// CHECK-LABEL: @stays_in_shared_memory
// CHECK-DAG: %[[SHARED:.*]] = npu.buffer <shared> bytes 190000 {resident}
// CHECK-DAG: %[[WEIGHTS:.*]] = npu.buffer <dram> bytes 190000 {parts
// CHECK: npu.setup {
// CHECK-NEXT: npu.dma_command 0, %[[WEIGHTS]] to %[[SHARED]] sizes [190000] bytes 1 with [#npu.descriptor<0 : u8 strides[1]>, #npu.descriptor<0 : u8 strides[1]>]
// CHECK-NEXT: }
// CHECK: npu.dma_command 0, %[[SHARED]] to %[[W:.*]] sizes [190000] bytes 1 with [#npu.descriptor<0 : u8 strides[1]>, #npu.descriptor<8 : u8 strides[1]>]
// CHECK: npu.vector_command 0, %{{.*}}(%[[W]])
// CHECK: npu.dma_command 0, %[[WEIGHTS]] to %[[V:.*]] sizes [400, 200]
// CHECK: npu.vector_command 0, %{{.*}}(%[[V]])
func.func @stays_in_shared_memory() {
  npu.segment <constant> "constants"
  %weights = npu.buffer <dram> bytes 190000 {parts = [#npu.part<0 : f32 sizes[47500] from 0 strides[1] of dense<1.0> : tensor<47500xf32>>], segment = 0 : i64}
  %w = npu.buffer <local> bytes 190008 {cores = array<i64: 0>}
  %v = npu.buffer <local> bytes 80000 {cores = array<i64: 0>}
  %a = npu.buffer <local> bytes 1750000 {cores = array<i64: 0>}
  %b = npu.buffer <local> bytes 1750000 {cores = array<i64: 0>}
  %c = npu.buffer <local> bytes 190000 {cores = array<i64: 0>}
  %copy = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  npu.vector_command 0, %copy (%a) to %b sizes [437500] reductions 0 with [#floats, #floats]
  npu.dma_command 0, %weights to %w sizes [190000] bytes 1 with [#bytes, #npu.descriptor<8 : u8 strides [1]>]
  npu.vector_command 0, %copy (%w) to %c sizes [47500] reductions 0 with [#floats, #floats]
  npu.dma_command 0, %weights to %v sizes [400, 200] bytes 1 with [#npu.descriptor<0 : u8 strides [400, 1]>, #npu.descriptor<0 : u8 strides [200, 1]>]
  npu.vector_command 0, %copy (%v) to %c sizes [20000] reductions 0 with [#floats, #floats]
  return
}

// -----

#bytes = #npu.descriptor<0 : u8 strides [1]>
#floats = #npu.descriptor<0 : f32 strides [4]>

// A run changes what it computes, and a launch parameter what is brought; the
// value of a node is of a run.
// CHECK-LABEL: @changes
// CHECK-NOT: resident
// CHECK-NOT: npu.setup
func.func @changes() {
  npu.parameter "block" maximum 1
  npu.segment <constant> "constants"
  %weights = npu.buffer <dram> bytes 64 {parts = [#npu.part<0 : f32 sizes[16] from 0 strides[1] of dense<1.0> : tensor<16xf32>>], segment = 0 : i64}
  %w = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %p = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %n = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %copy = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  npu.dma_command 0, %weights to %w sizes [32] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %copy (%w) to %w sizes [8] reductions 0 with [#floats, #npu.descriptor<32 : f32 strides [4]>]
  npu.dma_command 0, %weights to %p sizes [32] bytes 1 with [#npu.descriptor<0 : u8 strides [1] plus <0 times 32>>, #bytes]
  npu.vector_command 0, %copy (%p) to %w sizes [8] reductions 0 with [#floats, #npu.descriptor<32 : f32 strides [4]>]
  npu.dma_command 0, %weights to %n sizes [64] bytes 1 with [#bytes, #bytes]
  npu.value "constant" tensor<16xf32> in (%n) as [#npu.view<0 strides [4] low [0] high [16]>]
  return
}
