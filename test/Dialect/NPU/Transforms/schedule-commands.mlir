// RUN: garam-opt --npu-schedule-commands=target=atom %s | FileCheck %s

#bytes = #npu.descriptor<0 : u8 strides [1]>
#floats = #npu.descriptor<0 : f32 strides [4]>
#repeated = #npu.descriptor<0 : f32 strides [0, 4]>

// The long loads are for the last computation; what the first one leaves is
// read by a long one before. So it is moved as soon as it is there, in front of
// the load that has not begun then.
// CHECK-LABEL: @urgent_move
// CHECK: npu.dma_command 0, %[[IN:.*]] to %[[A:.*]] sizes [65536]
// CHECK: npu.vector_command 0, %{{.*}}(%[[A]]) to %[[B:.*]] sizes
// CHECK: npu.dma_command 0, %[[B]] to %[[C:.*]] sizes [65536]
// CHECK: npu.dma_command 0, %[[IN]] to %[[W:.*]] sizes [1048576]
// CHECK: npu.vector_command 0, %{{.*}}(%{{.*}}, %[[W]])
func.func @urgent_move() {
  npu.segment <input> "x" {size = 1048576 : i64}
  %in = npu.buffer <dram> bytes 1048576 {offset = 0 : i64, segment = 0 : i64}
  %a = npu.buffer <local> bytes 65536 {cores = array<i64: 0>, offset = 0 : i64}
  %b = npu.buffer <local> bytes 65536 {cores = array<i64: 0>, offset = 65536 : i64}
  %c = npu.buffer <local> bytes 65536 {cores = array<i64: 0>, offset = 131072 : i64}
  %d = npu.buffer <local> bytes 65536 {cores = array<i64: 0>, offset = 196608 : i64}
  %w0 = npu.buffer <local> bytes 1048576 {cores = array<i64: 0>, offset = 262144 : i64}
  %w1 = npu.buffer <local> bytes 1048576 {cores = array<i64: 0>, offset = 1310720 : i64}
  %e = npu.buffer <local> bytes 1048576 {cores = array<i64: 0>, offset = 2359296 : i64}
  %copy = npu.micro_program {
  ^bb0(%x: f32):
    npu.yield %x : f32
  }
  %sum = npu.micro_program {
  ^bb0(%x: f32, %y: f32):
    %s = arith.addf %x, %y : f32
    npu.yield %s : f32
  }
  npu.dma_command 0, %in to %a sizes [65536] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %copy (%a) to %b sizes [16384] reductions 0 with [#floats, #floats]
  npu.dma_command 0, %in to %w0 sizes [1048576] bytes 1 with [#bytes, #bytes]
  npu.dma_command 0, %in to %w1 sizes [1048576] bytes 1 with [#bytes, #bytes]
  npu.dma_command 0, %b to %c sizes [65536] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %copy (%c) to %d sizes [100, 16384] reductions 0 with [#repeated, #repeated]
  npu.vector_command 0, %sum (%w0, %w1) to %e sizes [16384] reductions 0 with [#floats, #floats, #floats]
  return
}

// Here the move takes the addresses of a buffer whose reader needs the first
// load: it stays behind them.
// CHECK-LABEL: @addresses_in_use
// CHECK: npu.vector_command 0, %{{.*}}(%[[A:.*]]) to %[[B:.*]] sizes
// CHECK: npu.dma_command 0, %[[IN:.*]] to %[[W0:.*]] sizes [1048576]
// CHECK: npu.vector_command 0, %{{.*}}(%[[W0]], %[[W0]]) to %[[OLD:.*]] sizes
// CHECK: npu.dma_command 0, %[[OLD]] to %{{.*}} sizes
// CHECK: npu.dma_command 0, %[[B]] to %[[C:.*]] sizes [65536]
// CHECK: npu.vector_command 0, %{{.*}}(%[[C]]) to
func.func @addresses_in_use() {
  npu.segment <scratch> "x" {size = 1114112 : i64}
  %in = npu.buffer <dram> bytes 1048576 {offset = 0 : i64, segment = 0 : i64}
  %out = npu.buffer <dram> bytes 65536 {offset = 1048576 : i64, segment = 0 : i64}
  %a = npu.buffer <local> bytes 65536 {cores = array<i64: 0>, offset = 0 : i64}
  %b = npu.buffer <local> bytes 65536 {cores = array<i64: 0>, offset = 65536 : i64}
  %old = npu.buffer <local> bytes 65536 {cores = array<i64: 0>, offset = 131072 : i64}
  %c = npu.buffer <local> bytes 65536 {cores = array<i64: 0>, offset = 163840 : i64}
  %d = npu.buffer <local> bytes 65536 {cores = array<i64: 0>, offset = 229376 : i64}
  %w0 = npu.buffer <local> bytes 1048576 {cores = array<i64: 0>, offset = 327680 : i64}
  %copy = npu.micro_program {
  ^bb0(%x: f32):
    npu.yield %x : f32
  }
  %sum = npu.micro_program {
  ^bb0(%x: f32, %y: f32):
    %s = arith.addf %x, %y : f32
    npu.yield %s : f32
  }
  npu.vector_command 0, %copy (%a) to %b sizes [16384] reductions 0 with [#floats, #floats]
  npu.dma_command 0, %in to %w0 sizes [1048576] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %sum (%w0, %w0) to %old sizes [16384] reductions 0 with [#floats, #floats, #floats]
  npu.dma_command 0, %old to %out sizes [65536] bytes 1 with [#bytes, #bytes]
  npu.dma_command 0, %b to %c sizes [65536] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %copy (%c) to %d sizes [16384] reductions 0 with [#floats, #floats]
  return
}

// A move that is urgent, but gains less than the estimate is exact, stays
// behind the load: what it waits for is short beside what follows.
// CHECK-LABEL: @too_little
// CHECK: npu.dma_command 0, %[[IN:.*]] to %[[W:.*]] sizes [4096]
// CHECK: npu.dma_command 0, %[[B:.*]] to %[[C:.*]] sizes [65536]
func.func @too_little() {
  npu.segment <input> "x" {size = 1048576 : i64}
  %in = npu.buffer <dram> bytes 1048576 {offset = 0 : i64, segment = 0 : i64}
  %a = npu.buffer <local> bytes 65536 {cores = array<i64: 0>, offset = 0 : i64}
  %b = npu.buffer <local> bytes 65536 {cores = array<i64: 0>, offset = 65536 : i64}
  %c = npu.buffer <local> bytes 65536 {cores = array<i64: 0>, offset = 131072 : i64}
  %d = npu.buffer <local> bytes 65536 {cores = array<i64: 0>, offset = 196608 : i64}
  %w = npu.buffer <local> bytes 4096 {cores = array<i64: 0>, offset = 262144 : i64}
  %e = npu.buffer <local> bytes 4096 {cores = array<i64: 0>, offset = 266240 : i64}
  %copy = npu.micro_program {
  ^bb0(%x: f32):
    npu.yield %x : f32
  }
  npu.vector_command 0, %copy (%a) to %b sizes [64] reductions 0 with [#floats, #floats]
  npu.dma_command 0, %in to %w sizes [4096] bytes 1 with [#bytes, #bytes]
  npu.dma_command 0, %b to %c sizes [65536] bytes 1 with [#bytes, #bytes]
  npu.vector_command 0, %copy (%c) to %d sizes [1000, 16384] reductions 0 with [#repeated, #repeated]
  npu.vector_command 0, %copy (%w) to %e sizes [64] reductions 0 with [#floats, #floats]
  return
}
