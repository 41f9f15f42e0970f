// RUN: garam-opt --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(hetero.executable(func.func(npu-plan-memory)))' %s
// RUN: garam compile %source_dir/examples/digits/digits.onnx --target atom --dim N=1 --emit=npu-stages > %t.mlir
// RUN: garam-opt --pass-pipeline='builtin.module(hetero.executable(func.func(npu-schedule-stages)))' %t.mlir | FileCheck %s --check-prefix=OWN
// RUN: garam-opt --pass-pipeline='builtin.module(hetero.executable(func.func(npu-schedule-stages{target=atom})))' %t.mlir | FileCheck %s --check-prefix=OWN
// RUN: not garam-opt --pass-pipeline='builtin.module(hetero.executable(func.func(npu-schedule-stages{target=rngd})))' %t.mlir 2>&1 | FileCheck %s --check-prefix=OTHER

// A function is compiled for the target of the executable around it; an option
// that names another one is a mistake.
// OWN: npu.contract
// OWN-SAME: schedule<split =
// OTHER: error: has a target of its own, 'atom'; leave the option target=rngd out

// The text of a target is not trusted.
hetero.executable @wrong target(#npu.target<"wrong", "name: wrong">) {
  // expected-error @+1 {{cannot load the target: wrong:1:1: field 'kind' is missing}}
  func.func @function() {
    return
  }
}
