// RUN: garam-opt --split-input-file --verify-diagnostics %s

// An instruction that writes a bank: registers reach banks by stores only.
func.func @destination() {
  pim.micro_kernel {
    // expected-error @+1 {{'pim.add' op breaks the rule of operands: ADD writes GRF_A or GRF_B, got: EVEN_BANK}}
    pim.add EVEN_BANK, GRF_A, GRF_B
    pim.exit
  }
  return
}

// -----

// Two sources that do not go together.
func.func @sources() {
  pim.micro_kernel {
    // expected-error @+1 {{'pim.mac' op breaks the rule of operands: MAC without auto-index does not take the sources GRF_A and GRF_B}}
    pim.mac GRF_B, GRF_A[1], GRF_B[2]
    pim.exit
  }
  return
}

// -----

// An index beyond the register file.
func.func @index() {
  pim.micro_kernel {
    // expected-error @+1 {{'pim.mov' op breaks the rule of operands: GRF_A has 8 registers, got: index 8}}
    pim.mov GRF_A[8], EVEN_BANK
    pim.exit
  }
  return
}

// -----

// What is in the region is an instruction.
func.func @other() {
  // expected-error @+1 {{'pim.micro_kernel' op (C1) holds instructions only, got: arith.constant}}
  pim.micro_kernel {
    %0 = arith.constant 1 : i32
    pim.exit
  }
  return
}

// -----

// A program without its end.
func.func @no_exit() {
  // expected-error @+1 {{'pim.micro_kernel' op (C2) breaks the rule of the end: a program ends with EXIT}}
  pim.micro_kernel {
    // expected-note @+1 {{at instruction 0}}
    pim.fill GRF_A, EVEN_BANK
  }
  return
}

// -----

// A program that begins with a NOP.
func.func @begin() {
  // expected-error @+1 {{'pim.micro_kernel' op (C2) breaks the rule of the beginning: a program does not begin with NOP}}
  pim.micro_kernel {
    // expected-note @+1 {{at instruction 0}}
    pim.nop 7
    pim.exit
  }
  return
}

// -----

// A jump that is never taken.
func.func @jump_count() {
  // expected-error @+1 {{'pim.micro_kernel' op (C2) breaks the rule of jumps: JUMP is taken at least once, got: count 0}}
  pim.micro_kernel {
    pim.fill GRF_A, EVEN_BANK
    // expected-note @+1 {{at instruction 1}}
    pim.jump 0, 2
    pim.exit
  }
  return
}

// -----

// A jump within another one's body: there is one counter.
func.func @nested() {
  // expected-error @+1 {{'pim.micro_kernel' op (C2) breaks the rule of nested jumps: jumps do not nest: the JUMP at 1 is in the body of this one}}
  pim.micro_kernel {
    pim.fill GRF_A, EVEN_BANK
    pim.jump 7, 2
    // expected-note @+1 {{at instruction 2}}
    pim.jump 3, 3
    pim.exit
  }
  return
}

// -----

// With a pipeline a result is not there at once.
func.func @hazard() {
  // expected-error @+1 {{'pim.micro_kernel' op (C2) breaks the rule of hazards: ADD reads what MUL at 0 writes, which takes 2 triggers between them, got: 0}}
  pim.micro_kernel pipeline {
    pim.mul GRF_A[0], GRF_A[1], GRF_B[2]
    // expected-note @+1 {{at instruction 1}}
    pim.add GRF_B[0], GRF_A[0], EVEN_BANK
    pim.exit
  }
  return
}

// -----

// The same program is legal where there is no pipeline.
func.func @no_hazard() {
  pim.micro_kernel {
    pim.mul GRF_A[0], GRF_A[1], GRF_B[2]
    pim.add GRF_B[0], GRF_A[0], EVEN_BANK
    pim.exit
  }
  return
}

// -----

// An operand that does not exist.
func.func @name() {
  pim.micro_kernel {
    // expected-error @+1 {{'GRF_C' is not an operand}}
    pim.fill GRF_C, EVEN_BANK
    pim.exit
  }
  return
}
