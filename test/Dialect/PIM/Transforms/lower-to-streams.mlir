// RUN: garam-opt --pim-lower-to-streams=target=hbm-pim --split-input-file --verify-diagnostics %s | FileCheck %s

// Two channels with a short tile each: the order of the vendor's kernel.
// CHECK-LABEL: func.func @product()
// CHECK-SAME: hetero.lowered = (tensor<1x40xf32>) -> tensor<1x3xf16>
func.func @product(%x: tensor<1x40xf32>) -> tensor<1x3xf16> {
  %w = arith.constant dense<1.0> : tensor<40x3xf32>
  %b = arith.constant dense<2.0> : tensor<3xf32>
  %0 = pim.gemv %x, %w bias %b relu {placement = #pim.gemv_placement<rank = 0, row = 6, rows = 4, splits = 2, slots = 2>} : (tensor<1x40xf32>, tensor<40x3xf32>, tensor<3xf32>) -> tensor<1x3xf16>
  return %0 : tensor<1x3xf16>
}
// CHECK: %[[C:.*]] = pim.segment constant "weights" : 8224
// CHECK: %[[X:.*]] = pim.segment input "input 0" : 160
// CHECK: %[[Y:.*]] = pim.segment output "output 0" : 6
// CHECK: pim.pack_matrix dense<1.000000e+00> : tensor<40x3xf32> in %[[C]] burst 0 units 8 groups 1 splits 2 slots 2
// CHECK: pim.pack_vector dense<2.000000e+00> : tensor<3xf32> as f32 sizes [3] strides [1] in %[[C]] burst 256
// CHECK: pim.phase "weights" setup {
// CHECK-NEXT: pim.access write %[[C]] {{.*}} channels [0, 2] rank 0 bank 0 place 192 {channelData = 128 : i64, dataEnd = 256 : i64
// CHECK: pim.convert %[[X]] at 0 : f32 sizes [40] strides [1] to 0 bursts 4
// CHECK: %[[K:.*]] = pim.micro_kernel {
// CHECK-NEXT: pim.mac GRF_B, GRF_A, EVEN_BANK auto
// CHECK-NEXT: pim.jump 1, 2
// CHECK-NEXT: pim.nop 7
// CHECK-NEXT: pim.exit
// CHECK: pim.phase "kernel" {
// Parking, the change to all-bank mode, the program.
// CHECK-NEXT: pim.access read channels [0, 2] rank 0 bank 0 place 131072 {walk = [#pim.walk_dim<count = 16, bank = 1>]}
// CHECK: pim.access write %[[K]] : !pim.micro_kernel channels [0, 2]
// CHECK: pim.repeat 1 {
// Control, then for the one tile two input bursts and two walks.
// CHECK: pim.repeat 1 {
// CHECK-NEXT: pim.access write channels [0, 2] rank 0 bank 1 place 524264 {channelData = 2 : i64, dataEnd = 4 : i64
// CHECK-NEXT: pim.barrier [0, 2]
// CHECK-NEXT: pim.access read channels [0, 2] rank 0 bank 0 place 192 {repeats = {{.*}}, walk = [#pim.walk_dim<count = 16, place = 1>]}
// The sums go to the odd banks.
// CHECK: pim.access write literal {{.*}} bank 1 place 256
// CHECK: pim.phase "result" {
// CHECK-NEXT: pim.access result channels [0, 1]
// CHECK-NEXT: pim.access result channels [1, 1]
// CHECK: pim.reduce from 4 parts 2 stride 3 outputs 3 alpha 1.000000e+00 bias %[[C]] at 8192 beta 1.000000e+00 relu to %[[Y]] at 0 : f16

// -----

// What is between two kernels lies in scratch memory; a reshape is the same.
// CHECK-LABEL: func.func @chain()
func.func @chain(%a: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<6xf32> {
  %0 = pim.elementwise mul %a, %b maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>] {placement = #pim.elementwise_placement<rank = 0, operands = [0, 1], result = 2>} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %1 = tensor.collapse_shape %0 [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
  %2 = pim.elementwise relu %1 maps [affine_map<(i) -> (i)>] {placement = #pim.elementwise_placement<rank = 0, operands = [0], result = 2>} : (tensor<6xf32>) -> tensor<6xf32>
  return %2 : tensor<6xf32>
}
// CHECK: %[[A:.*]] = pim.segment input "input 0" : 24
// CHECK: %[[B:.*]] = pim.segment input "input 1" : 12
// CHECK: %[[Y:.*]] = pim.segment output "output 0" : 24
// CHECK: %[[S:.*]] = pim.segment scratch "scratch" : 32
// CHECK: pim.convert %[[A]] at 0 : f32 sizes [2, 3] strides [3, 1] to 0 bursts 1
// CHECK: pim.convert %[[B]] at 0 : f32 sizes [2, 3] strides [0, 1] to 1 bursts 1
// CHECK: pim.phase "input" {
// CHECK: pim.fill GRF_A, EVEN_BANK
// CHECK-NEXT: pim.mul GRF_A, GRF_A, EVEN_BANK auto
// CHECK-NEXT: pim.nop 7
// CHECK-NEXT: pim.fill GRF_B, ODD_BANK
// CHECK: pim.store from 0 elements 6 to %[[S]] at 0 : f32
// CHECK: pim.convert %[[S]] at 0 : f32 sizes [6] strides [1] to 0 bursts 1
// CHECK: pim.store from 0 elements 6 to %[[Y]] at 0 : f32

// -----

// A kernel without a place.
func.func @no_place(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'pim.elementwise' op has no place in the banks}}
  %0 = pim.elementwise relu %a maps [affine_map<(i) -> (i)>] : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// Places for an operand that is not there.
func.func @places(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'pim.elementwise' op has places for another number of operands}}
  %0 = pim.elementwise relu %a maps [affine_map<(i) -> (i)>] {placement = #pim.elementwise_placement<rank = 0, operands = [0, 1], result = 2>} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// Parts of another length than the inputs have.
func.func @slots(%x: tensor<1x40xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<1.0> : tensor<40x3xf32>
  // expected-error @+1 {{'pim.gemv' op needs a place of 4 rows, 2 splits and 2 slots, got: #pim.gemv_placement<rank = 0, row = 0, rows = 4, splits = 2, slots = 1>}}
  %0 = pim.gemv %x, %w {placement = #pim.gemv_placement<rank = 0, row = 0, rows = 4, splits = 2, slots = 1>} : (tensor<1x40xf32>, tensor<40x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

// More parts than there are bursts of inputs.
func.func @parts(%x: tensor<1x40xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<1.0> : tensor<40x3xf32>
  // expected-error @+1 {{'pim.gemv' op needs a place of 4 rows, 3 splits and 1 slots}}
  %0 = pim.gemv %x, %w {placement = #pim.gemv_placement<rank = 0, row = 0, rows = 4, splits = 16, slots = 1>} : (tensor<1x40xf32>, tensor<40x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

// Fewer rows than the weights take.
func.func @rows(%x: tensor<1x40xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<1.0> : tensor<40x3xf32>
  // expected-error @+1 {{'pim.gemv' op needs a place of 4 rows, 2 splits and 2 slots}}
  %0 = pim.gemv %x, %w {placement = #pim.gemv_placement<rank = 0, row = 0, rows = 2, splits = 2, slots = 2>} : (tensor<1x40xf32>, tensor<40x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

// Walks over tiles begin in even rows.
func.func @odd(%x: tensor<1x40xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<1.0> : tensor<40x3xf32>
  // expected-error @+1 {{'pim.gemv' op needs a place from an even row on}}
  %0 = pim.gemv %x, %w {placement = #pim.gemv_placement<rank = 0, row = 5, rows = 4, splits = 2, slots = 2>} : (tensor<1x40xf32>, tensor<40x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

// The rows behind the last one that operands may have are for configuration.
func.func @last_rows(%x: tensor<1x40xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<1.0> : tensor<40x3xf32>
  // expected-error @+1 {{'pim.gemv' op has a place beyond the 4096 rows of each of 1 ranks that instructions address: rows 4094 to 4097 of rank 0}}
  %0 = pim.gemv %x, %w {placement = #pim.gemv_placement<rank = 0, row = 4094, rows = 4, splits = 2, slots = 2>} : (tensor<1x40xf32>, tensor<40x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

// A rank that the device does not have.
func.func @rank(%x: tensor<1x40xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<1.0> : tensor<40x3xf32>
  // expected-error @+1 {{'pim.gemv' op has a place beyond the 4096 rows of each of 1 ranks that instructions address: rows 0 to 3 of rank 1}}
  %0 = pim.gemv %x, %w {placement = #pim.gemv_placement<rank = 1, row = 0, rows = 4, splits = 2, slots = 2>} : (tensor<1x40xf32>, tensor<40x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

// Two products keep weights in the same rows.
func.func @overlap(%x: tensor<1x40xf32>) -> (tensor<1x3xf32>, tensor<1x3xf32>) {
  %w = arith.constant dense<1.0> : tensor<40x3xf32>
  %0 = pim.gemv %x, %w {placement = #pim.gemv_placement<rank = 0, row = 4, rows = 4, splits = 2, slots = 2>} : (tensor<1x40xf32>, tensor<40x3xf32>) -> tensor<1x3xf32>
  // expected-error @+1 {{'pim.gemv' op shares some of rows 6 to 9 of rank 0 with what must not lie there}}
  %1 = pim.gemv %x, %w {placement = #pim.gemv_placement<rank = 0, row = 6, rows = 4, splits = 2, slots = 2>} : (tensor<1x40xf32>, tensor<40x3xf32>) -> tensor<1x3xf32>
  return %0, %1 : tensor<1x3xf32>, tensor<1x3xf32>
}

// -----

// A kernel's result lies in the rows of its operand.
func.func @result_in_operand(%x: tensor<6xf32>) -> tensor<6xf32> {
  // expected-error @+1 {{'pim.elementwise' op shares some of rows 2 to 2 of rank 0 with what must not lie there}}
  %0 = pim.elementwise relu %x maps [affine_map<(i) -> (i)>] {placement = #pim.elementwise_placement<rank = 0, operands = [2], result = 2>} : (tensor<6xf32>) -> tensor<6xf32>
  return %0 : tensor<6xf32>
}

// -----

// What a kernel computes in a run would overwrite weights.
func.func @result_in_weights(%x: tensor<1x40xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<1.0> : tensor<40x3xf32>
  %0 = pim.gemv %x, %w {placement = #pim.gemv_placement<rank = 0, row = 2, rows = 4, splits = 2, slots = 2>} : (tensor<1x40xf32>, tensor<40x3xf32>) -> tensor<1x3xf32>
  // expected-error @+1 {{'pim.elementwise' op shares some of rows 5 to 5 of rank 0 with what must not lie there}}
  %1 = pim.elementwise relu %0 maps [affine_map<(i, j) -> (i, j)>] {placement = #pim.elementwise_placement<rank = 0, operands = [1], result = 5>} : (tensor<1x3xf32>) -> tensor<1x3xf32>
  return %1 : tensor<1x3xf32>
}

// -----

// More parts of the inputs than there are channels.
func.func @splits(%x: tensor<1x640xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<1.0> : tensor<640x3xf32>
  // expected-error @+1 {{'pim.gemv' op is cut into more parts than there are channels}}
  %0 = pim.gemv %x, %w {placement = #pim.gemv_placement<rank = 0, row = 0, rows = 4, splits = 20, slots = 2>} : (tensor<1x640xf32>, tensor<640x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

// What is no kernel cannot be lowered.
func.func @other(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'math.exp' op is no kernel of HBM-PIM}}
  %0 = math.exp %a : tensor<4xf32>
  return %0 : tensor<4xf32>
}
