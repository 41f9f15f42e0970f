// RUN: garam-opt %s --npu-fold-quantization --npu-prepare-movement --convert-linalg-to-npu --npu-fuse-vectors --npu-demote-float --npu-expand-exponential --npu-materialize-indices --npu-assign-layouts --npu-schedule-stages=target=atom --npu-place-tensors=target=atom | FileCheck %s
// RUN: garam-opt %s --npu-schedule-stages=target=atom | FileCheck %s
// RUN: garam-opt %s --npu-search-schedules=target=atom | FileCheck %s
// RUN: garam-opt %s --npu-lower-to-commands=target=atom --npu-plan-memory=target=atom --npu-synchronize | FileCheck %s --check-prefix=COMMANDS

// A declaration has nothing to compile.
// CHECK: func.func private @declared
// COMMANDS: func.func private @declared
func.func private @declared(tensor<4xf32>) -> tensor<4xf32>

// What a function returns lies in the output: an argument is copied there, by a
// transfer.
// CHECK-LABEL: @identity
// CHECK-NEXT: return %arg0
// COMMANDS-LABEL: @identity
// COMMANDS: npu.segment <input>
// COMMANDS: npu.dma_command
func.func @identity(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
