// RUN: garam-opt --npu-plan-memory="target=atom resting=257" %s | FileCheck %s

// Addresses rest as long as is asked for, also longer than any time that the
// pass tries by itself.

// CHECK-LABEL: @resting
// CHECK: npu.buffer <local> bytes 64 {{.*}}offset = 0 : i64
// CHECK: npu.buffer <local> bytes 64 {{.*}}offset = 64 : i64
func.func @resting() {
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  npu.dma_command 0, to %a sizes [1] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>] {fill_bits = 0 : i64}
  npu.dma_command 0, to %b sizes [1] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>] {fill_bits = 0 : i64}
  return
}
