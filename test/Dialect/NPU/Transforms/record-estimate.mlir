// RUN: garam-opt --npu-plan-memory=target=atom --npu-synchronize --npu-record-estimate=target=atom %s | FileCheck %s

#bytes = #npu.descriptor<0 : u8 strides [1]>
#floats = #npu.descriptor<0 : f32 strides [0, 4]>

// A load of 64 KiB takes 0.5 us to start and 1.024 us at the 64 GB/s of its
// core's port; then its core computes.
// CHECK: func.func @alone() attributes {npu.estimate = 5.13594{{0*}}e-04 : f64, npu.node_ends = {}}
func.func @alone() {
  npu.segment <input> "x" {size = 2097152 : i64}
  %in = npu.buffer <dram> bytes 2097152 {segment = 0 : i64}
  %b = npu.buffer <local> bytes 65536 {cores = array<i64: 7>}
  %c = npu.buffer <local> bytes 65536 {cores = array<i64: 7>}
  %copy = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  npu.dma_command 7, %in to %b sizes [65536] bytes 1 with [#bytes, #bytes]
  npu.vector_command 7, %copy (%b) to %c sizes [1000, 16384] reductions 0 with [#floats, #floats]
  return
}

// Seven other cores load 2 MiB each meanwhile, in front of it in the list. DRAM
// gives each of the eight a part of 27.2 GB/s (85 % of 256), so that the load
// takes 2.409 us. It is not served behind the 14 MiB, 67 us later.
// CHECK: func.func @beside_long_loads() attributes {npu.estimate = 5.14979{{[0-9]*}}E-4 : f64, npu.node_ends = {}}
func.func @beside_long_loads() {
  npu.segment <input> "x" {size = 2097152 : i64}
  %in = npu.buffer <dram> bytes 2097152 {segment = 0 : i64}
  %a0 = npu.buffer <local> bytes 2097152 {cores = array<i64: 0>}
  %a1 = npu.buffer <local> bytes 2097152 {cores = array<i64: 1>}
  %a2 = npu.buffer <local> bytes 2097152 {cores = array<i64: 2>}
  %a3 = npu.buffer <local> bytes 2097152 {cores = array<i64: 3>}
  %a4 = npu.buffer <local> bytes 2097152 {cores = array<i64: 4>}
  %a5 = npu.buffer <local> bytes 2097152 {cores = array<i64: 5>}
  %a6 = npu.buffer <local> bytes 2097152 {cores = array<i64: 6>}
  %b = npu.buffer <local> bytes 65536 {cores = array<i64: 7>}
  %c = npu.buffer <local> bytes 65536 {cores = array<i64: 7>}
  %copy = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  npu.dma_command 0, %in to %a0 sizes [2097152] bytes 1 with [#bytes, #bytes]
  npu.dma_command 1, %in to %a1 sizes [2097152] bytes 1 with [#bytes, #bytes]
  npu.dma_command 2, %in to %a2 sizes [2097152] bytes 1 with [#bytes, #bytes]
  npu.dma_command 3, %in to %a3 sizes [2097152] bytes 1 with [#bytes, #bytes]
  npu.dma_command 4, %in to %a4 sizes [2097152] bytes 1 with [#bytes, #bytes]
  npu.dma_command 5, %in to %a5 sizes [2097152] bytes 1 with [#bytes, #bytes]
  npu.dma_command 6, %in to %a6 sizes [2097152] bytes 1 with [#bytes, #bytes]
  npu.dma_command 7, %in to %b sizes [65536] bytes 1 with [#bytes, #bytes]
  npu.vector_command 7, %copy (%b) to %c sizes [1000, 16384] reductions 0 with [#floats, #floats]
  return
}

// The second load takes the addresses of the first, so it waits for what reads
// them: twice 3 MiB at 64 GB/s after 0.5 us and 512 us of the vector engine;
// commands and signals cost the rest.
// CHECK: func.func @behind_a_reader() attributes {npu.estimate = 0.001123463{{[0-9]*}} : f64, npu.node_ends = {}}
func.func @behind_a_reader() {
  npu.segment <input> "x" {size = 3145728 : i64}
  %in = npu.buffer <dram> bytes 3145728 {segment = 0 : i64}
  %a = npu.buffer <local> bytes 3145728 {cores = array<i64: 0>}
  %b = npu.buffer <local> bytes 3145728 {cores = array<i64: 0>}
  %c = npu.buffer <local> bytes 65536 {cores = array<i64: 0>}
  %d = npu.buffer <local> bytes 65536 {cores = array<i64: 0>}
  %copy = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  npu.dma_command 0, %in to %a sizes [3145728] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %copy (%a) to %c sizes [1000, 16384] reductions 0 with [#floats, #floats]
  npu.dma_command 0, %in to %b sizes [3145728] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %copy (%b) to %d sizes [1000, 16384] reductions 0 with [#floats, #floats]
  return
}

// The end of each node is that of the last command that serves it.
// CHECK: func.func @of_nodes() attributes {npu.estimate = 5.13594{{0*}}e-04 : f64,
// CHECK-SAME: npu.node_ends = {conv = 5.13594{{0*}}e-04 : f64, pad = 1.524{{[0-9]*[Ee]-0?6}} : f64}}
func.func @of_nodes() {
  npu.segment <input> "x" {size = 2097152 : i64}
  %in = npu.buffer <dram> bytes 2097152 {segment = 0 : i64}
  %b = npu.buffer <local> bytes 65536 {cores = array<i64: 7>}
  %c = npu.buffer <local> bytes 65536 {cores = array<i64: 7>}
  %copy = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  npu.dma_command 7, %in to %b sizes [65536] bytes 1 with [#bytes, #bytes] loc("node:pad")
  npu.vector_command 7, %copy (%b) to %c sizes [1000, 16384] reductions 0 with [#floats, #floats] loc("node:conv")
  return
}
