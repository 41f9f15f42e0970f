// RUN: garam-opt --split-input-file --verify-diagnostics %s

func.func @no_turns() {
  // expected-error @+1 {{'npu.loop' op needs a count of 1 to 2^32 - 1, got: 0}}
  npu.loop 0 <dma> count 0 {
    npu.wait 0 <dma> 1 count 1
  }
  return
}

// -----

func.func @no_such_core() {
  // expected-error @+1 {{'npu.loop' op needs a core of 0 to 4095, got: 4096}}
  npu.loop 4096 <dma> count 2 {
    npu.wait 4096 <dma> 1 count 1
  }
  return
}

// -----

func.func @no_such_parameter() {
  // expected-error @+1 {{'npu.loop' op needs a launch parameter of 0 to 15, got: 16}}
  npu.loop 0 <dma> count 2 parameter 16 {
    npu.wait 0 <dma> 1 count 1
  }
  return
}

// -----

// A queue repeats its own commands, not those of others and not definitions.
func.func @other_queue() {
  // expected-error @+1 {{'npu.loop' op repeats commands of its own queue only, got: npu.wait}}
  npu.loop 0 <dma> count 2 {
    npu.wait 0 <vector> 1 count 1
  }
  return
}

// -----

func.func @definition_inside() {
  // expected-error @+1 {{'npu.loop' op repeats commands of its own queue only, got: npu.buffer}}
  npu.loop 0 <dma> count 2 {
    %a = npu.buffer <shared> bytes 64 {offset = 0 : i64}
  }
  return
}

// -----

func.func @too_deep() {
  npu.loop 0 <dma> count 2 {
    npu.loop 0 <dma> count 2 {
      npu.loop 0 <dma> count 2 {
        // expected-error @+1 {{'npu.loop' op nests at most 3 deep}}
        npu.loop 0 <dma> count 2 {
          npu.wait 0 <dma> 1 count 1
        }
      }
    }
  }
  return
}

// -----

// An argument has one buffer for each turn.
func.func @missing_buffer() {
  %a = npu.buffer <shared> bytes 64 {offset = 0 : i64}
  // expected-error @+1 {{'npu.loop' op needs one buffer a turn and argument, got: 1 != 1 * 2}}
  npu.loop 0 <dma> count 2 buffers(%a) {
  ^bb0(%tile: !npu.buffer):
    npu.wait 0 <dma> 1 count 1
  }
  return
}

// -----

// An address moves within one memory.
func.func @two_memories() {
  %a = npu.buffer <shared> bytes 64 {offset = 0 : i64}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 0 : i64}
  // expected-error @+1 {{'npu.loop' op stays in one memory with argument 0, but its buffers lie in several}}
  npu.loop 0 <dma> count 2 buffers(%a, %b) {
  ^bb0(%tile: !npu.buffer):
    npu.wait 0 <dma> 1 count 1
  }
  return
}

// -----

func.func @no_buffer(%a: !npu.buffer) {
  // expected-error @+1 {{'npu.loop' op needs operands that are npu.buffer}}
  npu.loop 0 <dma> count 1 buffers(%a) {
  ^bb0(%tile: !npu.buffer):
    npu.wait 0 <dma> 1 count 1
  }
  return
}

// -----

// A command's operands move with the loops that it is in.
func.func @stride_without_loop() {
  %a = npu.buffer <shared> bytes 64 {offset = 0 : i64}
  npu.loop 0 <dma> count 2 {
    // expected-error @+1 {{'npu.dma_command' op has strides for 2 loops and is in 1}}
    npu.dma_command 0, to %a sizes [1] bytes 4
      with [#npu.descriptor<0 : u32 strides [4] loops [4, 8]>] {fill_bits = 0 : i64}
  }
  return
}

// -----

func.func @guard_stride_without_loop() {
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 0 : i64}
  %p = npu.micro_program {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  // expected-error @+1 {{'npu.vector_command' op has strides for 1 loops and is in 0}}
  npu.vector_command 0, %p (%a) to %a sizes [4] reductions 0
    with [#npu.descriptor<0 : bf16 strides [2] guards [<0 extent 4 coefficients [1] loops [1]>]>,
          #npu.descriptor<0 : bf16 strides [2]>]
  return
}

// -----

func.func @parameter_of_an_address() {
  %a = npu.buffer <shared> bytes 64 {offset = 0 : i64}
  // expected-error @+1 {{'npu.dma_command' op needs a launch parameter of 0 to 15, got: -1}}
  npu.dma_command 0, to %a sizes [1] bytes 4
    with [#npu.descriptor<0 : u32 strides [4] plus <-1 times 4>>] {fill_bits = 0 : i64}
  return
}

// -----

func.func @maximum() {
  // expected-error @+1 {{'npu.parameter' op needs a maximum of 0 to 2^32 - 1, got: -1}}
  npu.parameter "length" maximum -1
  return
}
