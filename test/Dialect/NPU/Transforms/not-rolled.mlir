// RUN: garam-opt --npu-plan-memory=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-prefetch-weights=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-pin-weights=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-schedule-commands=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-synchronize --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-record-estimate=target=atom --split-input-file --verify-diagnostics %s

// Addresses and waits cannot be planned for commands that are in loops.
func.func @rolled() {
  npu.segment <scratch> "scratch"
  %a = npu.buffer <shared> bytes 64
  // expected-error @+1 {{'npu.loop' op is made by npu-roll-loops, behind the passes that plan memory and synchronise}}
  npu.loop 0 <dma> count 2 {
    npu.dma_command 0, to %a sizes [1] bytes 4
      with [#npu.descriptor<0 : u32 strides [4] loops [4]>] {fill_bits = 0 : i64}
  }
  return
}
