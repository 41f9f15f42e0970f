// RUN: garam-opt --npu-schedule-commands=target=atom --verify-diagnostics %s
// RUN: garam-opt --npu-synchronize --verify-diagnostics %s

// Buffers without addresses would all be the same bytes.
func.func @not_planned() {
  npu.segment <scratch> "scratch"
  // expected-error @+1 {{'npu.buffer' op has no address yet: npu-plan-memory gives it one, before this pass}}
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>}
  npu.dma_command 0, to %a sizes [64] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>] {fill_bits = 0 : i64}
  return
}
