// RUN: garam-opt --npu-schedule-commands=target=atom --verify-diagnostics %s

// Waits are those of one order of the commands.
func.func @synchronized() {
  npu.segment "scratch" "scratch"
  %a = npu.buffer <shared> bytes 64
  npu.dma_command 0, to %a sizes [1] bytes 4
    with [#npu.descriptor<0 : u32 strides [4]>] {fill_bits = 0 : i64}
  // expected-error @+1 {{'npu.signal' op is made by npu-synchronize, behind the pass that orders commands}}
  npu.signal 0 <dma> to 1 <dma> 2 count 1
  npu.wait 1 <dma> 2 count 1
  return
}
