// RUN: garam-opt --pass-pipeline='builtin.module(hetero.executable(func.func(pim-place-kernels)))' --verify-diagnostics %s

// An executable for another device.
#target = #npu.target<"n", "">
hetero.executable @e target(#target) {
  // expected-error @+1 {{is compiled for another device: #npu.target<"n", "">}}
  func.func @main() {
    return
  }
}
