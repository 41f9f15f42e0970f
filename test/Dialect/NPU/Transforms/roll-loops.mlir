// RUN: garam-opt --npu-roll-loops --split-input-file %s | FileCheck %s

// Three tiles of an input, brought to three buffers that follow each other: the
// address moves by the same increment on both sides, and an argument stands for
// the buffers.
// CHECK-LABEL: @tiles
// CHECK: %[[IN:.*]] = npu.buffer <dram>
// CHECK-NEXT: %[[A:.*]] = npu.buffer
// CHECK-NEXT: %[[B:.*]] = npu.buffer
// CHECK-NEXT: %[[C:.*]] = npu.buffer
// CHECK-NEXT: npu.loop 0 <dma> count 3 buffers(%[[A]], %[[B]], %[[C]]) {
// CHECK-NEXT: ^bb0(%[[TILE:.*]]: !npu.buffer):
// CHECK-NEXT:   npu.dma_command 0, %[[IN]] to %[[TILE]] sizes [16] bytes 4
// CHECK-SAME:     <16 : u32 strides[4] loops[64]>
// CHECK-SAME:     <0 : u32 strides[4] loops[128]>
// CHECK-NEXT:   npu.signal 0 <dma> to 0 <vector> 2 count 1
// CHECK-NEXT: }
// CHECK-NEXT: return
func.func @tiles() {
  %in = npu.buffer <dram> bytes 256 {segment = 0 : i64, offset = 0 : i64}
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 0 : i64}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 128 : i64}
  %c = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 256 : i64}
  npu.dma_command 0, %in to %a sizes [16] bytes 4
    with [#npu.descriptor<16 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
  npu.signal 0 <dma> to 0 <vector> 2 count 1
  npu.dma_command 0, %in to %b sizes [16] bytes 4
    with [#npu.descriptor<80 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
  npu.signal 0 <dma> to 0 <vector> 2 count 1
  npu.dma_command 0, %in to %c sizes [16] bytes 4
    with [#npu.descriptor<144 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
  npu.signal 0 <dma> to 0 <vector> 2 count 1
  return
}

// -----

// A ring of two buffers: the turns of the ring are the inner loop, the way
// through the input the outer one, and its buffers are the same in each turn.
// CHECK-LABEL: @ring
// CHECK: npu.loop 0 <dma> count 3 {
// CHECK-NEXT: npu.loop 0 <dma> count 2 buffers(%{{.*}}, %{{.*}}) {
// CHECK-NEXT: ^bb0(%[[TILE:.*]]: !npu.buffer):
// CHECK-NEXT:   npu.wait 0 <dma> 1 count 1
// CHECK-NEXT:   npu.dma_command 0, %{{.*}} to %[[TILE]]
// CHECK-SAME:     <0 : u32 strides[4] loops[128, 64]>
// CHECK-SAME:     <0 : u32 strides[4] loops[0, 64]>
func.func @ring() {
  %in = npu.buffer <dram> bytes 384 {segment = 0 : i64, offset = 0 : i64}
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 0 : i64}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 64 : i64}
  npu.wait 0 <dma> 1 count 1
  npu.dma_command 0, %in to %a sizes [16] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
  npu.wait 0 <dma> 1 count 1
  npu.dma_command 0, %in to %b sizes [16] bytes 4
    with [#npu.descriptor<64 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
  npu.wait 0 <dma> 1 count 1
  npu.dma_command 0, %in to %a sizes [16] bytes 4
    with [#npu.descriptor<128 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
  npu.wait 0 <dma> 1 count 1
  npu.dma_command 0, %in to %b sizes [16] bytes 4
    with [#npu.descriptor<192 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
  npu.wait 0 <dma> 1 count 1
  npu.dma_command 0, %in to %a sizes [16] bytes 4
    with [#npu.descriptor<256 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
  npu.wait 0 <dma> 1 count 1
  npu.dma_command 0, %in to %b sizes [16] bytes 4
    with [#npu.descriptor<320 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
  return
}

// -----

// Nested loops whose buffers differ in every turn of both: the inner argument
// stands for arguments of the outer loop.
// CHECK-LABEL: @nested_buffers
// CHECK: %[[A:.*]] = npu.buffer <local>
// CHECK-NEXT: %[[B:.*]] = npu.buffer
// CHECK-NEXT: %[[C:.*]] = npu.buffer
// CHECK-NEXT: %[[D:.*]] = npu.buffer
// CHECK-NEXT: npu.loop 0 <dma> count 2 buffers(%[[A]], %[[C]], %[[B]], %[[D]]) {
// CHECK-NEXT: ^bb0(%[[FIRST:.*]]: !npu.buffer, %[[SECOND:.*]]: !npu.buffer):
// CHECK-NEXT:   npu.loop 0 <dma> count 2 buffers(%[[FIRST]], %[[SECOND]]) {
// CHECK-NEXT:   ^bb0(%[[TILE:.*]]: !npu.buffer):
// CHECK-NEXT:     npu.dma_command 0, to %[[TILE]]
// CHECK-SAME:       <0 : u32 strides[4] loops[256, 64]>
func.func @nested_buffers() {
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 0 : i64}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 64 : i64}
  %c = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 256 : i64}
  %d = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 320 : i64}
  npu.dma_command 0, to %a sizes [16] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>] {fill_bits = 0 : i64}
  npu.dma_command 0, to %b sizes [16] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>] {fill_bits = 0 : i64}
  npu.dma_command 0, to %c sizes [16] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>] {fill_bits = 0 : i64}
  npu.dma_command 0, to %d sizes [16] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>] {fill_bits = 0 : i64}
  return
}

// -----

// Guards start elsewhere in each turn. The block then has one queue after the
// other, and values behind them.
// CHECK-LABEL: @guards_and_values
// CHECK-DAG: #npu.descriptor<0 : bf16 strides[2] loops[32] guards[<-1 extent 40 coefficients[1] loops[16]>] fill
// CHECK: npu.signal 0 <vector>
// CHECK: npu.dma_command
// CHECK-NEXT: npu.value "y"
// CHECK-NEXT: return
func.func @guards_and_values() {
  %in = npu.buffer <dram> bytes 80 {segment = 0 : i64, offset = 0 : i64}
  %x = npu.buffer <local> bytes 80 {cores = array<i64: 0>, offset = 0 : i64}
  %y = npu.buffer <local> bytes 96 {cores = array<i64: 0>, offset = 128 : i64}
  %p = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  npu.dma_command 0, %in to %x sizes [20] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
  npu.vector_command 0, %p (%x) to %y sizes [16] reductions 0
    with [#npu.descriptor<0 : bf16 strides [2] guards [<-1 extent 40 coefficients [1]>] fill 0.0 : f64>,
          #npu.descriptor<0 : bf16 strides [2]>]
  npu.vector_command 0, %p (%x) to %y sizes [16] reductions 0
    with [#npu.descriptor<32 : bf16 strides [2] guards [<15 extent 40 coefficients [1]>] fill 0.0 : f64>,
          #npu.descriptor<32 : bf16 strides [2]>]
  npu.value "y" tensor<48xbf16> in (%y) as [#npu.view<0 strides [2] low [0] high [48]>]
  npu.vector_command 0, %p (%x) to %y sizes [16] reductions 0
    with [#npu.descriptor<64 : bf16 strides [2] guards [<31 extent 40 coefficients [1]>] fill 0.0 : f64>,
          #npu.descriptor<64 : bf16 strides [2]>]
  npu.signal 0 <vector> to 0 <dma> 1 count 1
  return
}

// -----

// Increments that differ, other sizes, other memories and other nodes are no
// turns of one loop.
// CHECK-LABEL: @different
// CHECK-NOT: npu.loop
// CHECK: return
func.func @different() {
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 0 : i64}
  %b = npu.buffer <shared> bytes 64 {offset = 64 : i64}
  npu.dma_command 0, to %a sizes [16] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>] {fill_bits = 0 : i64}
  npu.dma_command 0, to %a sizes [15] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>] {fill_bits = 0 : i64}
  npu.dma_command 0, to %b sizes [15] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>] {fill_bits = 0 : i64}
  npu.dma_command 0, to %b sizes [15] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>] {fill_bits = 0 : i64} loc("node:other")
  return
}

// -----

// Two waits are smaller than a loop of one.
// CHECK-LABEL: @too_small
// CHECK-NOT: npu.loop
// CHECK: return
func.func @too_small() {
  npu.wait 0 <dma> 1 count 1
  npu.wait 0 <dma> 1 count 1
  return
}

// -----

// A guard moves by 32 bits at most from turn to turn.
// CHECK-LABEL: @guard_that_moves_far
// CHECK-NOT: npu.loop
// CHECK: return
func.func @guard_that_moves_far() {
  %x = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 0 : i64}
  %y = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 64 : i64}
  %p = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  npu.vector_command 0, %p (%x) to %y sizes [16] reductions 0
    with [#npu.descriptor<0 : bf16 strides [2] guards [<-2147483648 extent 16 coefficients [1]>] fill 0.0 : f64>,
          #npu.descriptor<0 : bf16 strides [2]>]
  npu.vector_command 0, %p (%x) to %y sizes [16] reductions 0
    with [#npu.descriptor<0 : bf16 strides [2] guards [<2147483647 extent 16 coefficients [1]>] fill 0.0 : f64>,
          #npu.descriptor<0 : bf16 strides [2]>]
  return
}
