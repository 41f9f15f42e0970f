// RUN: garam-translate --npu-to-binary --npu-target=atom %s -o %t.bin
// RUN: garam-translate --npu-disassemble %t.bin | FileCheck %s

// Launch parameters as trip count and as factor of an address: as many blocks
// as `blocks` says are copied, from block `start` on.
// CHECK: parameter p0 <= 4 "blocks"
// CHECK-NEXT: parameter p1 <= 3 "start"
// CHECK: loop p0 <= 4 {
// CHECK-NEXT: copy [16]x4B from dram0+0x0+p1*64+i0*64{4} to local0+0x0+i0*64{4}
// CHECK-NEXT: }
// CHECK: loop p0 <= 4 {
// CHECK-NEXT: copy [16]x4B from local0+0x0+i0*64{4} to dram1+0x0+p1*64+i0*64{4}
// CHECK-NEXT: }
func.func @copy_blocks() {
  npu.parameter "blocks" maximum 4
  npu.parameter "start" maximum 3
  npu.segment <input> "in" {size = 448 : i64}
  npu.segment <output> "out" {size = 448 : i64}
  %in = npu.buffer <dram> bytes 448 {segment = 0 : i64, offset = 0 : i64}
  %out = npu.buffer <dram> bytes 448 {segment = 1 : i64, offset = 0 : i64}
  %blocks = npu.buffer <local> bytes 256 {cores = array<i64: 0>, offset = 0 : i64}
  npu.loop 0 <dma> count 4 parameter 0 {
    npu.dma_command 0, %in to %blocks sizes [16] bytes 4
      with [#npu.descriptor<0 : u32 strides [4] loops [64] plus <1 times 64>>,
            #npu.descriptor<0 : u32 strides [4] loops [64]>]
  }
  npu.loop 0 <dma> count 4 parameter 0 {
    npu.dma_command 0, %blocks to %out sizes [16] bytes 4
      with [#npu.descriptor<0 : u32 strides [4] loops [64]>,
            #npu.descriptor<0 : u32 strides [4] loops [64] plus <1 times 64>>]
  }
  return
}

// The static checker takes launch parameters at all values: with a maximum of 4
// the last block of five would begin behind the input's last one.
// RUN: sed -e 's/"start" maximum 3/"start" maximum 4/' %s > %t.mlir
// RUN: not garam-translate --npu-to-binary --npu-target=atom %t.mlir 2>&1 | FileCheck %s --check-prefix=BEYOND
// BEYOND: outside buffer
