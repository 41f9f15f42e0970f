// What is no program that garam-translate can write.

// RUN: not garam-translate --npu-to-binary %s 2>&1 | FileCheck %s --check-prefix=TARGET
// TARGET: needs --npu-target

// RUN: not garam-translate --npu-to-binary --npu-target=nothing %s 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: nothing

// A semaphore that nobody signals: the static checker's words.
// RUN: not garam-translate --npu-to-binary --npu-target=atom %s 2>&1 | FileCheck %s --check-prefix=UNSAFE
// UNSAFE: waits forever for semaphore 1 to reach 1

// RUN: sed -e 's/npu.wait.*/%b = npu.buffer <shared> bytes 4/' %s > %t.unplanned.mlir
// RUN: not garam-translate --npu-to-binary --npu-target=atom %t.unplanned.mlir 2>&1 | FileCheck %s --check-prefix=UNPLANNED
// UNPLANNED: has no address: run npu-plan-memory first
// UNPLANNED: the commands cannot be exported

// RUN: sed -e 's/@main/@second/' %s > %t.second.mlir
// RUN: cat %s %t.second.mlir > %t.two.mlir
// RUN: not garam-translate --npu-to-binary --npu-target=atom %t.two.mlir 2>&1 | FileCheck %s --check-prefix=TWO
// TWO: needs one function with a body, got: 2

// RUN: not garam-translate --npu-disassemble %s 2>&1 | FileCheck %s --check-prefix=TEXT
// TEXT: error: NPU program
func.func @main() {
  npu.wait 0 <dma> 1 count 1
  return
}

// RUN: garam-translate --help | FileCheck %s --check-prefix=HELP
// HELP: --npu-to-binary
// HELP-SAME: write a function of NPU commands in the binary form of the ISA, when the static checker proves it
