// RUN: garam-opt --npu-prefetch-weights=target=atom %s | FileCheck %s

#bytes = #npu.descriptor<0 : u8 strides [1]>
#floats = #npu.descriptor<0 : f32 strides [4]>

// The first computation takes two microseconds, in which the DMA queue of its
// core is idle: it loads what the second one needs. The transfer of a result
// stays behind its computation.
// CHECK-LABEL: @into_idle_time
// CHECK: %[[IN:.*]] = npu.buffer <dram> bytes 1048576 {segment = 0 : i64}
// CHECK: %[[WEIGHTS:.*]] = npu.buffer <dram> bytes {{[0-9]+}} {parts
// CHECK: npu.dma_command 0, %[[IN]] to %[[A:.*]] sizes
// CHECK: npu.dma_command 0, %[[WEIGHTS]] to %[[W:.*]] sizes [64]
// CHECK: npu.vector_command 0, %{{.*}}(%[[A]]) to %[[B:.*]] sizes
// CHECK: npu.dma_command 0, %[[B]] to %[[C:.*]] sizes
// CHECK: npu.vector_command 0, %{{.*}}(%[[C]], %[[W]])
func.func @into_idle_time() {
  npu.segment <input> "x" {size = 1048576 : i64}
  npu.segment <constant> "constants" {size = 64 : i64}
  %in = npu.buffer <dram> bytes 1048576 {segment = 0 : i64}
  %weights = npu.buffer <dram> bytes 64 {parts = [#npu.part<0 : f32 sizes[16] from 0 strides[1] of dense<1.0> : tensor<16xf32>>], segment = 1 : i64}
  %a = npu.buffer <local> bytes 1048576 {cores = array<i64: 0>}
  %b = npu.buffer <local> bytes 1048576 {cores = array<i64: 0>}
  %c = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %d = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %w = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %copy = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %sum = npu.micro_program {
  ^bb0(%e: f32, %f: f32):
    %s = arith.addf %e, %f : f32
    npu.yield %s : f32
  }
  npu.dma_command 0, %in to %a sizes [1048576] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %copy (%a) to %b sizes [262144] reductions 0 with [#floats, #floats]
  npu.dma_command 0, %b to %c sizes [64] bytes 1 with [#bytes, #bytes]
  npu.dma_command 0, %weights to %w sizes [64] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %sum (%c, %w) to %d sizes [16] reductions 0 with [#floats, #floats, #floats]
  return
}

// The first computation takes 2.1 us, the load 3: as much of it as fits with a
// fifth of the time to spare goes ahead, in whole packets, the rest behind what
// the queue has to bring.
// CHECK-LABEL: @a_part_into_idle_time
// CHECK: %[[WEIGHTS:.*]] = npu.buffer <dram> bytes 160000 {parts
// CHECK: npu.dma_command 0, %[[WEIGHTS]] to %[[W:.*]] sizes [81920] bytes 1 with [#npu.descriptor<0 : u8 strides[1]>, #npu.descriptor<0 : u8 strides[1]>]
// CHECK: npu.vector_command 0, %{{.*}} to %[[B:.*]] sizes
// CHECK: npu.dma_command 0, %[[B]] to
// CHECK: npu.dma_command 0, %[[WEIGHTS]] to %[[W]] sizes [78080] bytes 1 with [#npu.descriptor<81920 : u8 strides[1]>, #npu.descriptor<81920 : u8 strides[1]>]
// CHECK: npu.vector_command 0, %{{.*}}(%{{.*}}, %[[W]])
func.func @a_part_into_idle_time() {
  npu.segment <input> "x" {size = 262144 : i64}
  npu.segment <constant> "constants" {size = 160000 : i64}
  %in = npu.buffer <dram> bytes 262144 {segment = 0 : i64}
  %weights = npu.buffer <dram> bytes 160000 {parts = [#npu.part<0 : f32 sizes[40000] from 0 strides[1] of dense<1.0> : tensor<40000xf32>>], segment = 1 : i64}
  %a = npu.buffer <local> bytes 262144 {cores = array<i64: 0>}
  %b = npu.buffer <local> bytes 262144 {cores = array<i64: 0>}
  %c = npu.buffer <local> bytes 160000 {cores = array<i64: 0>}
  %d = npu.buffer <local> bytes 160000 {cores = array<i64: 0>}
  %w = npu.buffer <local> bytes 160000 {cores = array<i64: 0>}
  %copy = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %sum = npu.micro_program {
  ^bb0(%e: f32, %f: f32):
    %s = arith.addf %e, %f : f32
    npu.yield %s : f32
  }
  npu.dma_command 0, %in to %a sizes [262144] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %copy (%a) to %b sizes [65536] reductions 0 with [#floats, #floats]
  npu.dma_command 0, %b to %c sizes [160000] bytes 1 with [#bytes, #bytes]
  npu.dma_command 0, %weights to %w sizes [160000] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %sum (%c, %w) to %d sizes [40000] reductions 0 with [#floats, #floats, #floats]
  return
}

// Eight cores need weights at once, more than DRAM brings in time, and local
// memory has no room for them while the first computations run. So they wait in
// shared memory, to which every core has a port of its own.
// CHECK-LABEL: @through_shared_memory
// CHECK-COUNT-8: npu.buffer <shared> bytes 190000
// CHECK: %[[WEIGHTS:.*]] = npu.buffer <dram> bytes 190000 {parts
// CHECK: npu.dma_command [[CORE:[0-7]]], %[[WEIGHTS]] to %[[SHARED:.*]] sizes [190000] bytes 1 with [#npu.descriptor<0 : u8 strides[1]>, #npu.descriptor<0 : u8 strides[1]>]
// CHECK: npu.vector_command
// CHECK: npu.dma_command [[CORE]], %[[SHARED]] to %{{.*}} sizes [190000] bytes 1
// CHECK-NOT: npu.dma_command {{[0-7]}}, %[[WEIGHTS]]
// CHECK: npu.vector_command
func.func @through_shared_memory() {
  npu.segment <constant> "constants" {size = 190000 : i64}
  %weights = npu.buffer <dram> bytes 190000 {parts = [#npu.part<0 : f32 sizes[47500] from 0 strides[1] of dense<1.0> : tensor<47500xf32>>], segment = 0 : i64}
  %copy = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %a0 = npu.buffer <local> bytes 1600000 {cores = array<i64: 0>}
  %b0 = npu.buffer <local> bytes 1900000 {cores = array<i64: 0>}
  %w0 = npu.buffer <local> bytes 190000 {cores = array<i64: 0>}
  %c0 = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %a1 = npu.buffer <local> bytes 1600000 {cores = array<i64: 1>}
  %b1 = npu.buffer <local> bytes 1900000 {cores = array<i64: 1>}
  %w1 = npu.buffer <local> bytes 190000 {cores = array<i64: 1>}
  %c1 = npu.buffer <local> bytes 64 {cores = array<i64: 1>}
  %a2 = npu.buffer <local> bytes 1600000 {cores = array<i64: 2>}
  %b2 = npu.buffer <local> bytes 1900000 {cores = array<i64: 2>}
  %w2 = npu.buffer <local> bytes 190000 {cores = array<i64: 2>}
  %c2 = npu.buffer <local> bytes 64 {cores = array<i64: 2>}
  %a3 = npu.buffer <local> bytes 1600000 {cores = array<i64: 3>}
  %b3 = npu.buffer <local> bytes 1900000 {cores = array<i64: 3>}
  %w3 = npu.buffer <local> bytes 190000 {cores = array<i64: 3>}
  %c3 = npu.buffer <local> bytes 64 {cores = array<i64: 3>}
  %a4 = npu.buffer <local> bytes 1600000 {cores = array<i64: 4>}
  %b4 = npu.buffer <local> bytes 1900000 {cores = array<i64: 4>}
  %w4 = npu.buffer <local> bytes 190000 {cores = array<i64: 4>}
  %c4 = npu.buffer <local> bytes 64 {cores = array<i64: 4>}
  %a5 = npu.buffer <local> bytes 1600000 {cores = array<i64: 5>}
  %b5 = npu.buffer <local> bytes 1900000 {cores = array<i64: 5>}
  %w5 = npu.buffer <local> bytes 190000 {cores = array<i64: 5>}
  %c5 = npu.buffer <local> bytes 64 {cores = array<i64: 5>}
  %a6 = npu.buffer <local> bytes 1600000 {cores = array<i64: 6>}
  %b6 = npu.buffer <local> bytes 1900000 {cores = array<i64: 6>}
  %w6 = npu.buffer <local> bytes 190000 {cores = array<i64: 6>}
  %c6 = npu.buffer <local> bytes 64 {cores = array<i64: 6>}
  %a7 = npu.buffer <local> bytes 1600000 {cores = array<i64: 7>}
  %b7 = npu.buffer <local> bytes 1900000 {cores = array<i64: 7>}
  %w7 = npu.buffer <local> bytes 190000 {cores = array<i64: 7>}
  %c7 = npu.buffer <local> bytes 64 {cores = array<i64: 7>}
  npu.vector_command 0, %copy (%a0) to %b0 sizes [400000] reductions 0 with [#floats, #floats]
  npu.vector_command 1, %copy (%a1) to %b1 sizes [400000] reductions 0 with [#floats, #floats]
  npu.vector_command 2, %copy (%a2) to %b2 sizes [400000] reductions 0 with [#floats, #floats]
  npu.vector_command 3, %copy (%a3) to %b3 sizes [400000] reductions 0 with [#floats, #floats]
  npu.vector_command 4, %copy (%a4) to %b4 sizes [400000] reductions 0 with [#floats, #floats]
  npu.vector_command 5, %copy (%a5) to %b5 sizes [400000] reductions 0 with [#floats, #floats]
  npu.vector_command 6, %copy (%a6) to %b6 sizes [400000] reductions 0 with [#floats, #floats]
  npu.vector_command 7, %copy (%a7) to %b7 sizes [400000] reductions 0 with [#floats, #floats]
  npu.vector_command 0, %copy (%b0) to %c0 sizes [16] reductions 0 with [#floats, #floats]
  npu.vector_command 1, %copy (%b1) to %c1 sizes [16] reductions 0 with [#floats, #floats]
  npu.vector_command 2, %copy (%b2) to %c2 sizes [16] reductions 0 with [#floats, #floats]
  npu.vector_command 3, %copy (%b3) to %c3 sizes [16] reductions 0 with [#floats, #floats]
  npu.vector_command 4, %copy (%b4) to %c4 sizes [16] reductions 0 with [#floats, #floats]
  npu.vector_command 5, %copy (%b5) to %c5 sizes [16] reductions 0 with [#floats, #floats]
  npu.vector_command 6, %copy (%b6) to %c6 sizes [16] reductions 0 with [#floats, #floats]
  npu.vector_command 7, %copy (%b7) to %c7 sizes [16] reductions 0 with [#floats, #floats]
  npu.dma_command 0, %weights to %w0 sizes [190000] bytes 1 with [#bytes, #bytes]
  npu.dma_command 1, %weights to %w1 sizes [190000] bytes 1 with [#bytes, #bytes]
  npu.dma_command 2, %weights to %w2 sizes [190000] bytes 1 with [#bytes, #bytes]
  npu.dma_command 3, %weights to %w3 sizes [190000] bytes 1 with [#bytes, #bytes]
  npu.dma_command 4, %weights to %w4 sizes [190000] bytes 1 with [#bytes, #bytes]
  npu.dma_command 5, %weights to %w5 sizes [190000] bytes 1 with [#bytes, #bytes]
  npu.dma_command 6, %weights to %w6 sizes [190000] bytes 1 with [#bytes, #bytes]
  npu.dma_command 7, %weights to %w7 sizes [190000] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %copy (%w0) to %c0 sizes [16] reductions 0 with [#floats, #floats]
  npu.vector_command 1, %copy (%w1) to %c1 sizes [16] reductions 0 with [#floats, #floats]
  npu.vector_command 2, %copy (%w2) to %c2 sizes [16] reductions 0 with [#floats, #floats]
  npu.vector_command 3, %copy (%w3) to %c3 sizes [16] reductions 0 with [#floats, #floats]
  npu.vector_command 4, %copy (%w4) to %c4 sizes [16] reductions 0 with [#floats, #floats]
  npu.vector_command 5, %copy (%w5) to %c5 sizes [16] reductions 0 with [#floats, #floats]
  npu.vector_command 6, %copy (%w6) to %c6 sizes [16] reductions 0 with [#floats, #floats]
  npu.vector_command 7, %copy (%w7) to %c7 sizes [16] reductions 0 with [#floats, #floats]
  return
}

// A load is cut into parts of 192 KiB; those that end in the idle time move
// ahead, the others stay.
// CHECK-LABEL: @long_load
// CHECK: %[[WEIGHTS:.*]] = npu.buffer <dram> bytes {{[0-9]+}} {parts
// CHECK: npu.dma_command 0, %{{.*}} to %{{.*}} sizes [1048576]
// CHECK-DAG: npu.dma_command 0, %[[WEIGHTS]] to %[[W:.*]] sizes [196608] bytes 1 with [#npu.descriptor<0 : u8 strides[1]>, #npu.descriptor<0 : u8
// CHECK-DAG: npu.dma_command 0, %[[WEIGHTS]] to %[[W]] sizes [103392] bytes 1 with [#npu.descriptor<196608 : u8 strides[1]>, #npu.descriptor<196608 : u8
// CHECK: npu.vector_command 0, %{{.*}}, %[[W]])
func.func @long_load() {
  npu.segment <input> "x" {size = 1048576 : i64}
  npu.segment <constant> "constants" {size = 300000 : i64}
  %in = npu.buffer <dram> bytes 1048576 {segment = 0 : i64}
  %weights = npu.buffer <dram> bytes 300000 {parts = [#npu.part<0 : f32 sizes[75000] from 0 strides[1] of dense<1.0> : tensor<75000xf32>>], segment = 1 : i64}
  %a = npu.buffer <local> bytes 1048576 {cores = array<i64: 0>}
  %b = npu.buffer <local> bytes 1048576 {cores = array<i64: 0>}
  %c = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %d = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %w = npu.buffer <local> bytes 300000 {cores = array<i64: 0>}
  %copy = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %sum = npu.micro_program {
  ^bb0(%e: f32, %f: f32):
    %s = arith.addf %e, %f : f32
    npu.yield %s : f32
  }
  npu.dma_command 0, %in to %a sizes [1048576] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %copy (%a) to %b sizes [262144] reductions 0 with [#floats, #floats]
  npu.dma_command 0, %b to %c sizes [64] bytes 1 with [#bytes, #bytes]
  npu.dma_command 0, %weights to %w sizes [300000] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %sum (%c, %w) to %d sizes [16] reductions 0 with [#floats, #floats, #floats]
  return
}

// A load for two cores is in the queue of core 0, which has a long transfer of
// its own. Core 1 computes and loads for both.
// CHECK-LABEL: @queue_of_a_receiver
// CHECK: %[[WEIGHTS:.*]] = npu.buffer <dram> bytes 64 {parts
// CHECK: npu.dma_command 1, %[[WEIGHTS]]
func.func @queue_of_a_receiver() {
  npu.segment <input> "x" {size = 1048576 : i64}
  npu.segment <constant> "constants" {size = 64 : i64}
  %in = npu.buffer <dram> bytes 1048576 {segment = 0 : i64}
  %weights = npu.buffer <dram> bytes 64 {parts = [#npu.part<0 : f32 sizes[16] from 0 strides[1] of dense<1.0> : tensor<16xf32>>], segment = 1 : i64}
  %a = npu.buffer <local> bytes 1048576 {cores = array<i64: 0>}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 1>}
  %c = npu.buffer <local> bytes 64 {cores = array<i64: 1>}
  %w = npu.buffer <local> bytes 64 {cores = array<i64: 0, 1>}
  %sum = npu.micro_program {
  ^bb0(%e: f32, %f: f32):
    %s = arith.addf %e, %f : f32
    npu.yield %s : f32
  }
  npu.dma_command 0, %in to %a sizes [1048576] bytes 1 with [#bytes, #bytes]
  npu.dma_command 0, %weights to %w sizes [64] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %sum (%a, %w) to %a sizes [16] reductions 0 with [#floats, #floats, #floats]
  npu.vector_command 1, %sum (%b, %w) to %c sizes [16] reductions 0 with [#floats, #floats, #floats]
  return
}

// Nothing else has to be done while the weights come: cutting their load would
// only add a start-up, so it stays whole.
// CHECK-LABEL: @nothing_to_gain
// CHECK: npu.dma_command 0, %{{.*}} to %{{.*}} sizes [300000]
func.func @nothing_to_gain() {
  npu.segment <constant> "constants" {size = 300000 : i64}
  %weights = npu.buffer <dram> bytes 300000 {parts = [#npu.part<0 : f32 sizes[75000] from 0 strides[1] of dense<1.0> : tensor<75000xf32>>], segment = 0 : i64}
  %w = npu.buffer <local> bytes 300000 {cores = array<i64: 0>}
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %copy = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  npu.dma_command 0, %weights to %w sizes [300000] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %copy (%w) to %a sizes [16] reductions 0 with [#floats, #floats]
  return
}

// The queue could bring the second tile right behind the first one, but local
// memory has no room for it beside the first one and its result: it stays behind
// the computation that reads the first one.
// CHECK-LABEL: @where_tiles_have_room
// CHECK: %[[IN:.*]] = npu.buffer <dram> bytes 3145728 {segment = 0 : i64}
// CHECK: %[[WEIGHTS:.*]] = npu.buffer <dram> bytes {{[0-9]+}} {parts
// CHECK: npu.dma_command 0, %[[IN]] to %[[A:.*]] sizes
// CHECK-NEXT: npu.vector_command 0, %{{.*}}(%[[A]])
// CHECK-NEXT: npu.dma_command 0, %[[IN]] to %[[C:.*]] sizes
// CHECK-NEXT: npu.dma_command 0, %[[WEIGHTS]] to
// CHECK-NEXT: npu.vector_command 0, %{{.*}}(%[[C]])
func.func @where_tiles_have_room() {
  npu.segment <input> "x" {size = 3145728 : i64}
  npu.segment <constant> "constants" {size = 64 : i64}
  %in = npu.buffer <dram> bytes 3145728 {segment = 0 : i64}
  %weights = npu.buffer <dram> bytes 64 {parts = [#npu.part<0 : f32 sizes[16] from 0 strides[1] of dense<1.0> : tensor<16xf32>>], segment = 1 : i64}
  %a = npu.buffer <local> bytes 1572864 {cores = array<i64: 0>}
  %b = npu.buffer <local> bytes 1572864 {cores = array<i64: 0>}
  %c = npu.buffer <local> bytes 1572864 {cores = array<i64: 0>}
  %d = npu.buffer <local> bytes 1048576 {cores = array<i64: 0>}
  %e = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %f = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %w = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %copy = npu.micro_program {
  ^bb0(%x: f32):
    npu.yield %x : f32
  }
  %sum = npu.micro_program {
  ^bb0(%x: f32, %y: f32):
    %s = arith.addf %x, %y : f32
    npu.yield %s : f32
  }
  npu.dma_command 0, %in to %a sizes [1572864] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %copy (%a) to %b sizes [393216] reductions 0 with [#floats, #floats]
  npu.dma_command 0, %in to %c sizes [1572864] bytes 1 with [#npu.descriptor<1572864 : u8 strides [1]>, #bytes]
  npu.vector_command 0, %copy (%c) to %d sizes [262144] reductions 0 with [#floats, #floats]
  npu.dma_command 0, %d to %f sizes [64] bytes 1 with [#bytes, #bytes]
  npu.dma_command 0, %weights to %w sizes [64] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %sum (%f, %w) to %e sizes [16] reductions 0 with [#floats, #floats, #floats]
  return
}
