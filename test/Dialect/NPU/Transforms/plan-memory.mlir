// RUN: garam-opt --npu-plan-memory=target=atom --split-input-file --verify-diagnostics %s | FileCheck %s

// Buffers that are live together have different addresses; a buffer of two
// cores has the same one in both.
// CHECK-LABEL: @disjoint
// CHECK: npu.buffer <local> bytes 100 {cores = array<i64: 0, 1>, offset = [[A:[0-9]+]] : i64}
// CHECK-NOT: offset = [[A]] :
// CHECK: npu.buffer <local> bytes 100 {cores = array<i64: 1>
func.func @disjoint() {
  npu.segment <input> "x" {size = 100 : i64}
  %in = npu.buffer <dram> bytes 100 {segment = 0 : i64}
  %a = npu.buffer <local> bytes 100 {cores = array<i64: 0, 1>}
  %b = npu.buffer <local> bytes 100 {cores = array<i64: 1>}
  npu.dma_command 0, %in to %a sizes [100] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>, #npu.descriptor<0 : u8 strides [1]>]
  npu.dma_command 1, %a to %b sizes [100] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>, #npu.descriptor<0 : u8 strides [1]>] {source_core = 1 : i64}
  return
}

// -----

// A core of atom has 4 MiB.
// expected-error @+1 {{the buffers do not fit the local memory of atom, which has 4194304 bytes}}
func.func @too_large() {
  npu.segment <input> "x" {size = 5000000 : i64}
  %in = npu.buffer <dram> bytes 5000000 {segment = 0 : i64}
  %a = npu.buffer <local> bytes 5000000 {cores = array<i64: 0>}
  npu.dma_command 0, %in to %a sizes [5000000] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>, #npu.descriptor<0 : u8 strides [1]>]
  return
}

// -----

// The shared memory of atom has 32 MiB.
// expected-error @+1 {{the buffers do not fit the shared memory of atom, which has 33554432 bytes}}
func.func @too_large_for_shared() {
  %a = npu.buffer <shared> bytes 40000000
  npu.dma_command 0, to %a sizes [40000000] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>] {fill_bits = 0 : i64}
  return
}

// -----

// And its DRAM 16 GiB, in which all segments lie side by side.
// expected-error @+1 {{needs 20000000000 bytes of DRAM (0 for weights, inputs and outputs, 20000000000 for what lies between), but atom has 17179869184: run a smaller batch or shape, or quantise the weights}}
func.func @too_large_for_dram() {
  npu.segment <scratch> "scratch"
  %a = npu.buffer <dram> bytes 20000000000 {segment = 0 : i64}
  npu.dma_command 0, to %a sizes [64] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>] {fill_bits = 0 : i64}
  return
}

// -----

// Each of them would fit alone.
// expected-error @+1 {{needs 20000000000 bytes of DRAM (15000000000 for weights, inputs and outputs, 5000000000 for what lies between), but atom has 17179869184}}
func.func @too_large_together() {
  npu.segment <input> "x" {size = 10000000000 : i64}
  npu.segment <output> "y" {size = 5000000000 : i64}
  npu.segment <scratch> "scratch"
  %a = npu.buffer <dram> bytes 5000000000 {segment = 2 : i64}
  npu.dma_command 0, to %a sizes [64] bytes 1
    with [#npu.descriptor<0 : u8 strides [1]>] {fill_bits = 0 : i64}
  return
}

// -----

// Inputs and outputs are enough.
// expected-error @+1 {{needs 20000000000 bytes of DRAM (20000000000 for weights, inputs and outputs, 0 for what lies between), but atom has 17179869184}}
func.func @too_large_inputs() {
  npu.segment <input> "x" {size = 20000000000 : i64}
  return
}
