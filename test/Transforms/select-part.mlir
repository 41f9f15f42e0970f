// RUN: garam-opt --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(select-part))' %s | FileCheck %s

// The one loop's iteration is the part.
// CHECK-LABEL: @one
// CHECK-SAME: (%[[Y:[a-z0-9]+]]: memref<8xf32>, %[[PART:[a-z0-9]+]]: index) attributes {garam.parts = 4 : i64}
// CHECK-NOT: scf.if
// CHECK: %[[I:.*]] = arith.subi %[[PART]], %{{.*}} : index
// CHECK: memref.store %{{.*}}, %[[Y]][%[[I]]]
// CHECK-NOT: memref.copy
func.func @one(%y: memref<8xf32>) {
  %c = arith.constant 1.0 : f32
  scf.forall (%p) in (4) {
    memref.store %c, %y[%p] : memref<8xf32>
  }
  memref.copy %y, %y : memref<8xf32> to memref<8xf32>
  return
}

// Parts are numbered over all loops; allocations are each caller's own.
// CHECK-LABEL: @several
// CHECK-SAME: %[[PART:[a-z0-9]+]]: index) attributes {garam.parts = 5 : i64}
// CHECK: memref.store %{{.*}}, %alloc
// CHECK: %[[C0:.*]] = arith.constant 0 : index
// CHECK: %[[I:.*]] = arith.subi %[[PART]], %[[C0]]
// CHECK: %[[C4:.*]] = arith.constant 4 : index
// CHECK: %[[IS:.*]] = arith.cmpi ult, %[[I]], %[[C4]]
// CHECK: scf.if %[[IS]]
// CHECK: %[[FROM4:.*]] = arith.constant 4 : index
// CHECK: %[[J:.*]] = arith.subi %[[PART]], %[[FROM4]]
// CHECK: %[[C1:.*]] = arith.constant 1 : index
// CHECK: arith.cmpi ult, %[[J]], %[[C1]]
// CHECK: scf.if
func.func @several(%y: memref<8xf32>) {
  %c = arith.constant 1.0 : f32
  %c0 = arith.constant 0 : index
  %alloc = memref.alloc() : memref<1xf32>
  memref.store %c, %alloc[%c0] : memref<1xf32>
  scf.forall (%p) in (4) {
    memref.store %c, %y[%p] : memref<8xf32>
  }
  scf.forall (%p) in (1) {
    %v = memref.load %alloc[%c0] : memref<1xf32>
    memref.store %v, %y[%p] : memref<8xf32>
  }
  return
}

// What has no loops over parts is one part.
// CHECK-LABEL: @whole
// CHECK-SAME: %{{.*}}: index) attributes {garam.parts = 1 : i64}
func.func @whole(%y: memref<8xf32>) {
  %c = arith.constant 1.0 : f32
  linalg.fill ins(%c : f32) outs(%y : memref<8xf32>)
  return
}

// -----

func.func @shared(%y: memref<8xf32>) {
  %c = arith.constant 1.0 : f32
  // expected-error @+1 {{'linalg.fill' op writes memory that parts share}}
  linalg.fill ins(%c : f32) outs(%y : memref<8xf32>)
  scf.forall (%p) in (4) {
    memref.store %c, %y[%p] : memref<8xf32>
  }
  return
}

// -----

func.func @dynamic(%y: memref<8xf32>, %n: index) {
  %c = arith.constant 1.0 : f32
  // expected-error @+1 {{'scf.forall' op is no loop over parts on buffers}}
  scf.forall (%p) in (%n) {
    memref.store %c, %y[%p] : memref<8xf32>
  }
  return
}
