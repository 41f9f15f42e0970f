// RUN: garam-opt --pass-pipeline='builtin.module(func.func(guard-division))' %s | FileCheck %s

// A divisor that may be 0, or -1 with the least number, is replaced by 1; the quotient of 0 is 0.
// CHECK-LABEL: @quotient
// CHECK-SAME: (%[[A:.*]]: i32, %[[B:.*]]: i32)
// CHECK: %[[ZERO:.*]] = arith.cmpi eq, %[[B]], %{{.*}} : i32
// CHECK: %[[TRAPS:.*]] = arith.ori %[[ZERO]], %{{.*}} : i1
// CHECK: %[[SAFE:.*]] = arith.select %[[TRAPS]], %{{.*}}, %[[B]] : i32
// CHECK: %[[Q:.*]] = arith.divsi %[[A]], %[[SAFE]] : i32
// CHECK: arith.select %[[ZERO]], %{{.*}}, %[[Q]] : i32
func.func @quotient(%a: i32, %b: i32) -> i32 {
  %0 = arith.divsi %a, %b : i32
  return %0 : i32
}

// The remainder of a division by 0 is the dividend. Unsigned numbers do not overflow.
// CHECK-LABEL: @remainder
// CHECK-SAME: (%[[A:.*]]: vector<4xi8>, %[[B:.*]]: vector<4xi8>)
// CHECK: %[[ZERO:.*]] = arith.cmpi eq, %[[B]], %{{.*}} : vector<4xi8>
// CHECK-NOT: arith.ori
// CHECK: %[[R:.*]] = arith.remui %[[A]], %{{.*}} : vector<4xi8>
// CHECK: arith.select %[[ZERO]], %[[A]], %[[R]] : vector<4xi1>, vector<4xi8>
func.func @remainder(%a: vector<4xi8>, %b: vector<4xi8>) -> vector<4xi8> {
  %0 = arith.remui %a, %b : vector<4xi8>
  return %0 : vector<4xi8>
}

// A constant that is neither 0 nor -1 needs nothing, and indices are the compiler's own.
// CHECK-LABEL: @safe
// CHECK-NOT: arith.select
func.func @safe(%a: i32, %i: index, %j: index) -> (i32, index) {
  %c3 = arith.constant 3 : i32
  %0 = arith.divsi %a, %c3 : i32
  %1 = arith.divsi %i, %j : index
  return %0, %1 : i32, index
}
