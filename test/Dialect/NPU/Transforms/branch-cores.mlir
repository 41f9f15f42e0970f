// RUN: garam-opt --npu-assign-layouts --npu-schedule-stages="target=atom branch-cores=true" %s | FileCheck %s
// RUN: garam-opt --npu-assign-layouts --npu-schedule-stages=target=atom %s | FileCheck --check-prefix=ALL %s
// RUN: garam-opt --npu-assign-layouts --npu-schedule-stages="target=atom branch-cores=true" --npu-place-tensors=target=atom --npu-lower-to-commands=target=atom %s | FileCheck --check-prefix=COMMANDS %s

#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, n) -> (m, n)>

// Two chains of products of which each reads all that the one before it made:
// more cores bring little. Each chain has cores of its own, and the stage that
// reads both ends stands behind them.
// CHECK-LABEL: @chains
// CHECK-NOT: first_core
// CHECK: npu.contract %arg0
// CHECK-NOT: first_core
// CHECK: npu.contract %arg1, {{.*}} first_core = [[FIRST:[1-7]]]>
// CHECK: npu.contract {{.*}} first_core = [[FIRST]]>
// CHECK: npu.contract {{.*}} first_core = [[FIRST]]>
// CHECK: npu.vector
// CHECK-NOT: first_core
// CHECK: return
// ALL-LABEL: @chains
// ALL-NOT: first_core
// ALL: return
// What the second chain makes lies with its cores, where the others read it.
// COMMANDS-LABEL: @chains
// COMMANDS: npu.tensor_command 0,
// COMMANDS: npu.tensor_command [[CORE:[1-7]]],
// COMMANDS-NOT: npu.tensor_command 0,
// COMMANDS: npu.dma_command {{.*}}source_core = [[CORE]]
// COMMANDS: npu.vector_command
func.func @chains(%x: tensor<4x128xf16>, %y: tensor<4x128xf16>) -> tensor<4x128xf16> {
  %w = npu.constant dense<1.0> : tensor<128x128xf16> : tensor<128x128xf16>
  %0 = npu.contract %x, %w sizes [4, 128, 128]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>] maps [#a, #b, #c]
    : (tensor<4x128xf16>, tensor<128x128xf16>) -> tensor<4x128xf16>
  %1 = npu.contract %0, %w sizes [4, 128, 128]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>] maps [#a, #b, #c]
    : (tensor<4x128xf16>, tensor<128x128xf16>) -> tensor<4x128xf16>
  %2 = npu.contract %1, %w sizes [4, 128, 128]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>] maps [#a, #b, #c]
    : (tensor<4x128xf16>, tensor<128x128xf16>) -> tensor<4x128xf16>
  %3 = npu.contract %y, %w sizes [4, 128, 128]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>] maps [#a, #b, #c]
    : (tensor<4x128xf16>, tensor<128x128xf16>) -> tensor<4x128xf16>
  %4 = npu.contract %3, %w sizes [4, 128, 128]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>] maps [#a, #b, #c]
    : (tensor<4x128xf16>, tensor<128x128xf16>) -> tensor<4x128xf16>
  %5 = npu.contract %4, %w sizes [4, 128, 128]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>] maps [#a, #b, #c]
    : (tensor<4x128xf16>, tensor<128x128xf16>) -> tensor<4x128xf16>
  %6 = npu.vector ins(%2, %5) sizes [4, 128] {indexing_maps = [#id, #id, #id]}
      : (tensor<4x128xf16>, tensor<4x128xf16>) -> tensor<4x128xf16> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    npu.yield %s : f32
  }
  return %6 : tensor<4x128xf16>
}
