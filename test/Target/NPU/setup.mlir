// RUN: garam-translate --npu-to-binary --npu-target=atom %s -o %t.bin
// RUN: garam-translate --npu-disassemble %t.bin | FileCheck %s

// Two buffers that lie next to each other are one range of resident bytes; one
// in two cores is a range in each.
// CHECK: resident local0+0x40 128 bytes
// CHECK-NEXT: resident local1+0x80 64 bytes
// CHECK-NEXT: resident shared+0x0 64 bytes
// CHECK: set-up queue 0.dma
// CHECK-NEXT: copy [64]x1B from dram0+0x0{1} to local0+0x40{1}
// CHECK-NEXT: copy [64]x1B from dram0+0x0{1} to shared+0x0{1}
// CHECK: set-up queue 1.dma
// CHECK-NEXT: copy [64]x1B from dram0+0x0{1} to local0+0x80{1} cores
// CHECK: queue 0.dma
// CHECK-NEXT: copy [64]x1B from local0+0x40{1} to dram1+0x0{1}
// CHECK-NOT: copy
func.func @kept() {
  npu.segment <constant> "w" {size = 64 : i64}
  npu.segment <output> "y" {size = 64 : i64}
  %w = npu.buffer <dram> bytes 64 {segment = 0 : i64, offset = 0 : i64, parts = [#npu.part<0 : f32 sizes[16] from 0 strides[1] of dense<1.0> : tensor<16xf32>>]}
  %y = npu.buffer <dram> bytes 64 {segment = 1 : i64, offset = 0 : i64}
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 64 : i64, resident}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0, 1>, offset = 128 : i64, resident}
  %s = npu.buffer <shared> bytes 64 {offset = 0 : i64, resident}
  npu.setup {
    npu.dma_command 0, %w to %a sizes [64] bytes 1
      with [#npu.descriptor<0 : u8 strides [1]>, #npu.descriptor<0 : u8 strides [1]>]
    npu.dma_command 0, %w to %s sizes [64] bytes 1
      with [#npu.descriptor<0 : u8 strides [1]>, #npu.descriptor<0 : u8 strides [1]>]
    npu.dma_command 1, %w to %b sizes [64] bytes 1
      with [#npu.descriptor<0 : u8 strides [1]>, #npu.descriptor<0 : u8 strides [1]>]
  }
  npu.dma_command 0, %a to %y sizes [64] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>, #npu.descriptor<0 : u8 strides [1]>]
  return
}

// The static checker refuses a run that writes what must be there in the next.
// RUN: sed -e 's/%a to %y/%y to %a/' %s > %t.mlir
// RUN: not garam-translate --npu-to-binary --npu-target=atom %t.mlir 2>&1 | FileCheck %s --check-prefix=WRITTEN
// WRITTEN: (W) core 0, dma queue, command 0: destination writes bytes 64 to 128 of local0, of which 128 from 64 on are resident
