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
