// RUN: not garam-translate --npu-to-binary --npu-target=atom %s 2>&1 | FileCheck %s

// The plan has an entry for each command that is executed: loops that execute
// more than the ISA allows are refused before it is made.
// CHECK: 'npu.loop' op brings its queue to 18446744073709551615 commands when loops are expanded; a program executes at most 16777216 in a queue
func.func @main() {
  npu.loop 0 <dma> count 4294967295 {
    npu.loop 0 <dma> count 4294967295 {
      npu.loop 0 <dma> count 4294967295 {
        npu.signal 0 <dma> to 0 <dma> 1 count 1
      }
    }
  }
  return
}

// The loops of one queue add up; those of others do not count.
// RUN: sed -e 's/4294967295/200/' -e 's/^  return/npu.wait 0 <vector> 1 count 1\n npu.loop 0 <dma> count 400000 { npu.wait 0 <dma> 1 count 1 }\n return/' %s > %t.mlir
// RUN: not garam-translate --npu-to-binary --npu-target=atom %t.mlir 2>&1 | FileCheck %s --check-prefix=SUM
// SUM: 'npu.loop' op brings its queue to 16880402 commands when loops are expanded
