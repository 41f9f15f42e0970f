// RUN: garam-opt --split-input-file --verify-diagnostics %s

// A local buffer says in which cores it lies.
func.func @no_cores() {
  // expected-error @+1 {{'npu.buffer' op needs 'cores' in local memory, and only there}}
  %a = npu.buffer <local> bytes 64
  return
}

// -----

func.func @empty_cores() {
  // expected-error @+1 {{'npu.buffer' op needs at least one core}}
  %a = npu.buffer <local> bytes 64 {cores = array<i64>}
  return
}

// -----

// A buffer in DRAM says in which segment it lies.
func.func @no_segment() {
  // expected-error @+1 {{'npu.buffer' op needs 'segment' in DRAM, and only there}}
  %a = npu.buffer <dram> bytes 64
  return
}

// -----

func.func @negative_size() {
  // expected-error @+1 {{'npu.buffer' op needs a size of at least 0 bytes, got: -1}}
  %a = npu.buffer <shared> bytes -1
  return
}

// -----

func.func @constants_on_chip() {
  // expected-error @+1 {{'npu.buffer' op holds constants outside of DRAM}}
  %a = npu.buffer <shared> bytes 64 {parts = []}
  return
}

// -----

func.func @role() {
  // expected-error @+1 {{'npu.segment' op needs a role of constant, parameter, state, input, output, scratch, got: weights}}
  npu.segment "weights" "w"
  return
}

// -----

// The value of a node has a view of each buffer that holds a part of it.
func.func @value_views() {
  %a = npu.buffer <shared> bytes 64
  // expected-error @+1 {{'npu.value' op needs one view a buffer, got: 0 != 1}}
  npu.value "n" tensor<4xf32> in (%a) as []
  return
}

// -----

func.func @value_rank() {
  %a = npu.buffer <shared> bytes 64
  // expected-error @+1 {{'npu.value' op needs views of 2 dimensions}}
  npu.value "n" tensor<2x2xf32> in (%a) as [#npu.view<0 strides [4] low [0] high [4]>]
  return
}

// -----

func.func @value_box() {
  %a = npu.buffer <shared> bytes 64
  // expected-error @+1 {{'npu.value' op needs boxes that are not empty and lie in 'tensor<4xf32>', got: [2, 5)}}
  npu.value "n" tensor<4xf32> in (%a) as [#npu.view<0 strides [4] low [2] high [5]>]
  return
}

// -----

func.func @value_dynamic() {
  %a = npu.buffer <shared> bytes 64
  // expected-error @+1 {{'npu.value' op needs a tensor of numbers with a fixed shape, got: 'tensor<?xf32>'}}
  npu.value "n" tensor<?xf32> in (%a) as [#npu.view<0 strides [4] low [0] high [4]>]
  return
}
