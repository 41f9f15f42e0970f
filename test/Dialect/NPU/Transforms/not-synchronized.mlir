// RUN: garam-opt --npu-pin-weights=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-prefetch-weights=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-plan-memory=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-schedule-commands=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-synchronize --split-input-file --verify-diagnostics %s

// Waits and signals are those of one order and of one plan: what would change
// either, or add others, takes none.
func.func @synchronized() {
  // expected-error @+1 {{'npu.wait' op is made by npu-synchronize, which is the last to see commands in any order}}
  npu.wait 0 <dma> 1 count 1
  return
}

// -----

func.func @signals() {
  // expected-error @+1 {{'npu.signal' op is made by npu-synchronize, which is the last to see commands in any order}}
  npu.signal 0 <vector> to 0 <dma> 1 count 1
  return
}
