// RUN: garam-translate --npu-to-binary --npu-target=atom %s -o %t.bin
// RUN: garam-translate --npu-disassemble %t.bin | FileCheck %s

// What a store in 8 bits does is no instruction: the division by a constant
// scale, the rounding and the zero point behind it. An integer sum starts from
// the input that would be added to it.
// CHECK: vector [4] red [3]
// CHECK-SAME: body { r1 = Load in0; } reduce r0 = AddI r1 from input 1
// CHECK-SAME: finish { r1 = I32ToF32 r0; } r1:f32 over 0.375 zero -7 ->

// Without rounding the zero point would move ties; as a float, and in 32 bits,
// the result has to be divided first.
// CHECK: vector [4]
// CHECK-SAME: DivF
// CHECK-SAME: AddF
// CHECK-SAME: :f32 -> out {{[^ ]+}}:i8
// CHECK: vector [4]
// CHECK-SAME: DivF
// CHECK-SAME: :f32 -> out {{[^ ]+}}:f32
// CHECK: vector [4]
// CHECK-SAME: DivF
// CHECK-SAME: :f32 -> out {{[^ ]+}}:i32

// Roundings are one instruction each; a number read wide and narrow has two
// registers.
// CHECK: vector [4]
// CHECK-SAME: body { r0 = Load in0; r1 = RoundF16 r0; r0 = RoundBF16 r1; r1 = OrI r0 r0; r2 = OrI r0 r0; r0 = AddF r1 r2; }
// True is -1 as a signed number.
// CHECK: vector [4]
// CHECK-SAME: CmpI r1 r0 NE; r0 = OrI r2 r2; r1 = ConstI32 -1; r0 = MulI r0 r1; r0 = I32ToF32 r0; }
// The logistic function is one instruction; its parts are none, but where
// something else reads them.
// CHECK: vector [4]
// CHECK-SAME: body { r0 = Load in0; r1 = SigmoidF r0; r2 = MulF r0 r1; }
// CHECK: vector [4]
// CHECK-SAME: ExpF
// CHECK-SAME: DivF
func.func @stores() {
  npu.segment <input> "in" {size = 64 : i64}
  npu.segment <output> "out" {size = 64 : i64}
  %in = npu.buffer <dram> bytes 64 {segment = 0 : i64, offset = 0 : i64}
  %out = npu.buffer <dram> bytes 64 {segment = 1 : i64, offset = 0 : i64}
  %a = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 0 : i64}
  %b = npu.buffer <local> bytes 64 {cores = array<i64: 0>, offset = 64 : i64}
  %sum = npu.micro_program attributes {combiners = [#npu.combiner<addi, 0 : i32>], finish_inputs = array<i64: 1>} {
  ^bb0(%x: i32, %offset: i32):
    npu.yield %x : i32
  } finish {
  ^bb0(%s: i32, %offset: i32):
    %scale = arith.constant 0.375 : f32
    %zero = arith.constant -7.0 : f32
    %t = arith.addi %s, %offset : i32
    %f = arith.sitofp %t : i32 to f32
    %q = arith.divf %f, %scale : f32
    %r = math.roundeven %q : f32
    %y = arith.addf %r, %zero : f32
    npu.yield %y : f32
  }
  %unrounded = npu.micro_program {
  ^bb0(%x: f32):
    %scale = arith.constant 0.375 : f32
    %zero = arith.constant -7.0 : f32
    %q = arith.divf %x, %scale : f32
    %y = arith.addf %q, %zero : f32
    npu.yield %y : f32
  }
  %quotient = npu.micro_program {
  ^bb0(%x: f32):
    %scale = arith.constant 0.375 : f32
    %q = arith.divf %x, %scale : f32
    npu.yield %q : f32
  }
  %wide = npu.micro_program {
  ^bb0(%x: f32):
    %scale = arith.constant 0.375 : f32
    %q = arith.divf %x, %scale : f32
    npu.yield %q : f32
  }
  %rounded = npu.micro_program {
  ^bb0(%x: f32):
    %h = arith.truncf %x : f32 to f16
    %w = arith.extf %h : f16 to f32
    %n = arith.truncf %w : f32 to bf16
    %p = arith.extf %n : bf16 to f32
    %q = arith.extf %n : bf16 to f32
    %s = arith.addf %p, %q : f32
    npu.yield %s : f32
  }
  %signed = npu.micro_program {
  ^bb0(%x: i32):
    %zero = arith.constant 0 : i32
    %c = arith.cmpi ne, %x, %zero : i32
    %s = arith.sitofp %c : i1 to f32
    npu.yield %s : f32
  }
  %swish = npu.micro_program {
  ^bb0(%x: f32):
    %one = arith.constant 1.0 : f32
    %n = arith.negf %x : f32
    %e = math.exp %n : f32
    %s = arith.addf %e, %one : f32
    %q = arith.divf %one, %s : f32
    %y = arith.mulf %x, %q : f32
    npu.yield %y : f32
  }
  %shared = npu.micro_program {
  ^bb0(%x: f32):
    %one = arith.constant 1.0 : f32
    %n = arith.negf %x : f32
    %e = math.exp %n : f32
    %s = arith.addf %one, %e : f32
    %q = arith.divf %one, %s : f32
    %y = arith.mulf %e, %q : f32
    npu.yield %y : f32
  }
  npu.vector_command 0, %sum(%a, %a) to %b sizes [4, 3] reductions 1
    with [#npu.descriptor<0 : i8 strides [3, 1]>, #npu.descriptor<16 : i32 strides [4, 0]>,
          #npu.descriptor<0 : i8 strides [1]>]
  npu.vector_command 0, %unrounded(%a) to %b sizes [4] reductions 0
    with [#npu.descriptor<0 : f32 strides [4]>, #npu.descriptor<0 : i8 strides [1]>]
  npu.vector_command 0, %quotient(%a) to %b sizes [4] reductions 0
    with [#npu.descriptor<0 : f32 strides [4]>, #npu.descriptor<0 : f32 strides [4]>]
  npu.vector_command 0, %wide(%a) to %b sizes [4] reductions 0
    with [#npu.descriptor<0 : f32 strides [4]>, #npu.descriptor<0 : i32 strides [4]>]
  npu.vector_command 0, %rounded(%a) to %b sizes [4] reductions 0
    with [#npu.descriptor<0 : f32 strides [4]>, #npu.descriptor<0 : f32 strides [4]>]
  npu.vector_command 0, %signed(%a) to %b sizes [4] reductions 0
    with [#npu.descriptor<0 : i32 strides [4]>, #npu.descriptor<0 : f32 strides [4]>]
  npu.vector_command 0, %swish(%a) to %b sizes [4] reductions 0
    with [#npu.descriptor<0 : f32 strides [4]>, #npu.descriptor<0 : f32 strides [4]>]
  npu.vector_command 0, %shared(%a) to %b sizes [4] reductions 0
    with [#npu.descriptor<0 : f32 strides [4]>, #npu.descriptor<0 : f32 strides [4]>]
  return
}
