// RUN: garam-opt --npu-pin-weights=target=atom --verify-diagnostics %s
// RUN: garam-opt --npu-prefetch-weights=target=atom --verify-diagnostics %s

// Weights that came earlier would overwrite what had their addresses before.
func.func @planned() {
  npu.segment <scratch> "scratch"
  // expected-error @+1 {{'npu.buffer' op has an address already: this pass changes when buffers are in use, before npu-plan-memory}}
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 0 : i64}
  npu.dma_command 0, to %a sizes [64] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>] {fill_bits = 0 : i64}
  return
}
