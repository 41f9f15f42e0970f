// RUN: garam-opt --cse --canonicalize %s | FileCheck %s

// Two buffers of equal attributes are two places: merging them would let one
// command write over what another one still reads.
// CHECK-LABEL: @buffers
// CHECK: %[[A:.*]] = npu.buffer <local> bytes 64
// CHECK: %[[B:.*]] = npu.buffer <local> bytes 64
// CHECK: npu.dma_command 0, %[[A]] to %[[B]]
func.func @buffers() {
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  npu.dma_command 0, %a to %b sizes [64] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>, #npu.descriptor<0 : u8 strides [1]>]
  return
}

// A micro-program is what it computes; one serves all commands.
// CHECK-LABEL: @programs
// CHECK: %[[P:.*]] = npu.micro_program
// CHECK-NOT: npu.micro_program
// CHECK-COUNT-2: npu.vector_command 0, %[[P]]
func.func @programs() {
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  %p = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %q = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  npu.vector_command 0, %p (%a) to %a sizes [16] reductions 0
    with [#npu.descriptor<0 : f32 strides [4]>, #npu.descriptor<0 : f32 strides [4]>]
  npu.vector_command 0, %q (%a) to %a sizes [16] reductions 0
    with [#npu.descriptor<0 : f32 strides [4]>, #npu.descriptor<0 : f32 strides [4]>]
  return
}

// Commands that write the same are not merged either.
// CHECK-LABEL: @commands
// CHECK-COUNT-2: npu.wait 0 <tensor> 1 count 1
func.func @commands() {
  npu.wait 0 <tensor> 1 count 1
  npu.wait 0 <tensor> 1 count 1
  return
}

// A stage is a value: equal ones are one, and unused ones go.
// CHECK-LABEL: @stages
// CHECK-COUNT-1: npu.reshape
// CHECK-NOT: npu.
// CHECK: return
func.func @stages(%x: tensor<4x4xf32>) -> (tensor<16xf32>, tensor<16xf32>) {
  %0 = npu.reshape %x : tensor<4x4xf32> -> tensor<16xf32>
  %1 = npu.reshape %x : tensor<4x4xf32> -> tensor<16xf32>
  %2 = npu.constant dense<0.0> : tensor<4xf32> : tensor<4xf32>
  return %0, %1 : tensor<16xf32>, tensor<16xf32>
}
