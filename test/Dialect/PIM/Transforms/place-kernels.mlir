// RUN: garam-opt --pim-place-kernels=target=hbm-pim --split-input-file --verify-diagnostics %s | FileCheck %s

// Weights get rows of their own; few outputs let channels share the inputs.
// CHECK-LABEL: @products
func.func @products(%x: tensor<1x640xf32>) -> tensor<1x128xf32> {
  %w = arith.constant dense<1.0> : tensor<640x128xf32>
  %v = arith.constant dense<1.0> : tensor<128x128xf32>
  // CHECK: pim.gemv %{{.*}}, %{{.*}} {placement = #pim.gemv_placement<rank = 0, row = 0, rows = 4, splits = 5, slots = 8>}
  %0 = pim.gemv %x, %w : (tensor<1x640xf32>, tensor<640x128xf32>) -> tensor<1x128xf32>
  // CHECK: pim.gemv %{{.*}}, %{{.*}} {placement = #pim.gemv_placement<rank = 0, row = 4, rows = {{[0-9]+}}, splits = {{[0-9]+}}, slots = {{[0-9]+}}>
  %1 = pim.gemv %0, %v : (tensor<1x128xf32>, tensor<128x128xf32>) -> tensor<1x128xf32>
  return %1 : tensor<1x128xf32>
}

// -----

// Kernels share the rows behind those of constants.
// CHECK-LABEL: @elementwise
func.func @elementwise(%a: tensor<4xf32>) -> tensor<4xf32> {
  %b = arith.constant dense<1.0> : tensor<4xf32>
  // CHECK: pim.elementwise add %{{.*}}, %{{.*}} maps {{.*}} {placement = #pim.elementwise_placement<rank = 0, operands = [2, 0], result = 3>
  %0 = pim.elementwise add %a, %b maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  // CHECK: pim.elementwise relu %{{.*}} maps {{.*}} {placement = #pim.elementwise_placement<rank = 0, operands = [2], result = 3>
  %1 = pim.elementwise relu %0 maps [affine_map<(i) -> (i)>] : (tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// More weights than there are cells.
func.func @too_large(%x: tensor<1x65536xf32>) -> tensor<1x16384xf32> {
  %w = arith.constant dense<1.0> : tensor<65536x16384xf32>
  // expected-error @+1 {{needs 2148532224 bytes of banks (8196 rows of each), but 1073741824 of 1073741824 (4096 rows) are left}}
  %0 = pim.gemv %x, %w : (tensor<1x65536xf32>, tensor<65536x16384xf32>) -> tensor<1x16384xf32>
  return %0 : tensor<1x16384xf32>
}

// -----

// The same of an elementwise kernel.
func.func @too_large_elementwise(%a: tensor<200000000xf32>) -> tensor<200000000xf32> {
  // expected-error @+1 {{rows) are left}}
  %0 = pim.elementwise add %a, %a maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>] : (tensor<200000000xf32>, tensor<200000000xf32>) -> tensor<200000000xf32>
  return %0 : tensor<200000000xf32>
}

// -----

// What other programs have for themselves stays theirs; what they use in their
// runs only can be used in runs, but nothing is kept there.
// CHECK-LABEL: @behind_others
func.func @behind_others(%x: tensor<1x128xf32>, %a: tensor<4xf32>) -> (tensor<1x128xf32>, tensor<4xf32>) attributes {
    hetero.taken = [{begin = 0 : i64, end = 5 : i64, resource = "rows of rank 0"},
                    {begin = 6 : i64, end = 9 : i64, resource = "rows of rank 0", shared}]} {
  %v = arith.constant dense<1.0> : tensor<128x128xf32>
  // CHECK: pim.gemv %{{.*}}, %{{.*}} {placement = #pim.gemv_placement<rank = 0, row = 10, rows = 4,
  %0 = pim.gemv %x, %v : (tensor<1x128xf32>, tensor<128x128xf32>) -> tensor<1x128xf32>
  // CHECK: pim.elementwise relu %{{.*}} maps {{.*}} {placement = #pim.elementwise_placement<rank = 0, operands = [14], result = 15>
  %1 = pim.elementwise relu %a maps [affine_map<(i) -> (i)>] : (tensor<4xf32>) -> tensor<4xf32>
  return %0, %1 : tensor<1x128xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: @shares_with_others
func.func @shares_with_others(%a: tensor<4xf32>) -> tensor<4xf32> attributes {
    hetero.taken = [{begin = 0 : i64, end = 5 : i64, resource = "rows of rank 0"},
                    {begin = 6 : i64, end = 9 : i64, resource = "rows of rank 0", shared}]} {
  // CHECK: {placement = #pim.elementwise_placement<rank = 0, operands = [6], result = 7>
  %0 = pim.elementwise relu %a maps [affine_map<(i) -> (i)>] : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// They may leave too little.
func.func @no_room(%x: tensor<1x640xf32>) -> tensor<1x128xf32> attributes {
    hetero.taken = [{begin = 0 : i64, end = 4094 : i64, resource = "rows of rank 0"}]} {
  %w = arith.constant dense<1.0> : tensor<640x128xf32>
  // expected-error @+1 {{needs 1048576 bytes of banks (4 rows of each), but 524288 of 1073741824 (2 rows) are left}}
  %0 = pim.gemv %x, %w : (tensor<1x640xf32>, tensor<640x128xf32>) -> tensor<1x128xf32>
  return %0 : tensor<1x128xf32>
}
