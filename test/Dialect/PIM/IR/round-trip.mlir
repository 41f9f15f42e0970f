// RUN: garam-opt %s | garam-opt | FileCheck %s

// Every instruction in its form.
// CHECK-LABEL: @instructions
func.func @instructions() {
  // CHECK: pim.micro_kernel {
  pim.micro_kernel {
    // CHECK-NEXT: pim.fill GRF_A, EVEN_BANK relu
    pim.fill GRF_A, EVEN_BANK relu
    // CHECK-NEXT: pim.mov GRF_A[3], ODD_BANK
    pim.mov GRF_A[3], ODD_BANK
    // CHECK-NEXT: pim.add GRF_A[2], GRF_A[1], GRF_B[5]
    pim.add GRF_A[2], GRF_A[1], GRF_B[5]
    // CHECK-NEXT: pim.mul GRF_B, GRF_B, EVEN_BANK auto
    pim.mul GRF_B, GRF_B, EVEN_BANK auto
    // CHECK-NEXT: pim.mac GRF_B, GRF_A, EVEN_BANK auto
    pim.mac GRF_B, GRF_A, EVEN_BANK auto
    // CHECK-NEXT: pim.mad GRF_A, EVEN_BANK, SRF_M[2], SRF_A[2] auto
    pim.mad GRF_A, EVEN_BANK, SRF_M[2], SRF_A[2] auto
    // CHECK-NEXT: pim.nop 7
    pim.nop 7
    // CHECK-NEXT: pim.jump 3, 5
    pim.jump 3, 5
    // CHECK-NEXT: pim.exit
    pim.exit
  }
  return
}

// Commands of a stream.
// CHECK-LABEL: @stream
func.func @stream() {
  // CHECK: %[[C:.*]] = pim.segment constant "weights" : 64
  %c = pim.segment constant "weights" : 64
  // CHECK: pim.phase "weights" setup {
  pim.phase "weights" setup {
    // CHECK: pim.repeat 2 {
    pim.repeat 2 {
      // CHECK: pim.access write %[[C]] : !pim.segment channels [0, 4] rank 0 bank 1 place 32 {dataEnd = 2 : i64, repeats = [#pim.repeat_step<place = 1, data = 1>], walk = [#pim.walk_dim<count = 2, bank = 4>]}
      pim.access write %c : !pim.segment channels [0, 4] rank 0 bank 1 place 32 {dataEnd = 2 : i64, walk = [#pim.walk_dim<count = 2, bank = 4>], repeats = [#pim.repeat_step<place = 1, data = 1>]}
      // CHECK: pim.barrier [0, 4]
      pim.barrier [0, 4]
    }
  }
  // CHECK: %[[X:.*]] = pim.segment input "x" : 20
  %x = pim.segment input "x" : 20
  // CHECK: %[[Y:.*]] = pim.segment output "y" : 12
  %y = pim.segment output "y" : 12
  // CHECK: pim.convert %[[X]] at 0 : f32 sizes [5] strides [1] to 0 bursts 1
  pim.convert %x at 0 : f32 sizes [5] strides [1] to 0 bursts 1
  // CHECK: pim.reduce from 1 parts 2 stride 3 outputs 3 alpha 1.000000e+00 bias %[[C]] at 32 beta 2.000000e+00 relu to %[[Y]] at 0 : f32
  pim.reduce from 1 parts 2 stride 3 outputs 3 alpha 1.0 bias %c at 32 beta 2.0 relu to %y at 0 : f32
  // CHECK: pim.store from 0 elements 6 to %[[Y]] at 0 : f16
  pim.store from 0 elements 6 to %y at 0 : f16
  return
}
