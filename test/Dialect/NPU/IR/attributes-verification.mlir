// RUN: garam-opt --verify-diagnostics --split-input-file %s

// What is kept of the stages is kept on their function.
module {
  // expected-error @+1 {{'arith.constant' op has 'npu.estimate', which is an attribute of functions}}
  %0 = arith.constant {npu.estimate = 1.0 : f64} 1 : i32
}

// -----

// A time that is no number.
// expected-error @+1 {{'func.func' op has 'npu.estimate', which is seconds as an f64, got: 0x7FF8000000000000 : f64}}
func.func private @estimate() attributes {npu.estimate = 0x7FF8000000000000 : f64}

// -----

// A time in another type.
// expected-error @+1 {{'func.func' op has 'npu.estimate', which is seconds as an f64, got: 1.000000e+00 : f32}}
func.func private @estimate() attributes {npu.estimate = 1.0 : f32}

// -----

// A bound that is a time alone.
// expected-error @+1 {{'func.func' op has 'npu.bound', which is {macs, compute_s, weight_bytes}, got: 1.000000e+00 : f64}}
func.func private @bound() attributes {npu.bound = 1.0 : f64}

// -----

// A bound without its bytes.
// expected-error @+1 {{'func.func' op has 'npu.bound', which is {macs, compute_s, weight_bytes}, got: {compute_s = 1.000000e+00 : f64, macs = 1 : i64}}}
func.func private @bound() attributes {npu.bound = {compute_s = 1.0 : f64, macs = 1 : i64}}

// -----

// Products below nothing.
// expected-error @+1 {{'func.func' op has 'npu.bound', which is {macs, compute_s, weight_bytes}}}
func.func private @bound() attributes {npu.bound = {compute_s = 1.0 : f64, macs = -1 : i64, weight_bytes = 0 : i64}}

// -----

// A negative time.
// expected-error @+1 {{'func.func' op has 'npu.bound', which is {macs, compute_s, weight_bytes}}}
func.func private @bound() attributes {npu.bound = {compute_s = -1.0 : f64, macs = 1 : i64, weight_bytes = 0 : i64}}

// -----

// Both as they are.
func.func private @both() attributes {npu.bound = {compute_s = 1.0 : f64, macs = 1 : i64, weight_bytes = 0 : i64},
                                      npu.estimate = 2.0 : f64}

// -----

// An end of a node that is no time.
// expected-error @+1 {{'func.func' op has 'npu.node_ends', which is {node = seconds as an f64, ...}, got: {conv = -1.000000e+00 : f64}}}
func.func private @ends() attributes {npu.node_ends = {conv = -1.0 : f64}}

// -----

// A fusion without its bound.
// expected-error @+1 {{'func.func' op has 'npu.fusion', which is {seconds, bound_s, whole_s}, got: {seconds = 1.000000e+00 : f64, whole_s = 1.000000e+00 : f64}}}
func.func private @fusion() attributes {npu.fusion = {seconds = 1.0 : f64, whole_s = 1.0 : f64}}

// -----

// A choice that does not say what else there was.
// expected-error @+1 {{'func.func' op has 'npu.choices', which is a list of {nodes, chosen, next, seconds, exact}}}
func.func private @choices() attributes {npu.choices = [{nodes = ["a"], chosen = "one", seconds = 1.0 : f64, exact = true}]}

// -----

// A choice by more than can be said.
// expected-error @+1 {{'func.func' op has 'npu.choices', which is a list of {nodes, chosen, next, seconds, exact}}}
func.func private @choices() attributes {npu.choices = [{nodes = ["a"], chosen = "one", next = "two", seconds = 0x7FF0000000000000 : f64, exact = true}]}

// -----

// One as it is.
func.func private @choices() attributes {npu.choices = [{nodes = ["a"], chosen = "one", next = "two", seconds = -1.0 : f64, exact = true}]}

// -----

// A slice that its group does not have.
// expected-error @+1 {{(C1) a group is at least 0 and a slice one of its count, got: slice 2 of 2 of group 0}}
func.func private @slice() attributes {test.slice = #npu.slice<group = 0, number = 2, count = 2, resident = false>}
