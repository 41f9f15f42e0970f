//===- Passes.td - Passes of the hetero dialect ------------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_HETERO_TRANSFORMS_PASSES_TD
#define GARAM_DIALECT_HETERO_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def HeteroHoistQuantizationPass
    : Pass<"hetero-hoist-quantization", "::mlir::ModuleOp"> {
  let summary = "Leaves the quantisation of inputs and outputs to the host";
  let description = [{
    For a device that has no float types and is the whole target. Where all that
    is done with an input is its quantisation, with one scale for the tensor,
    the function takes the quantised tensor instead; where an output is a
    dequantised tensor, it returns the quantised one. The attribute `hetero.quantization` of the
    argument or result says what the runtime has to compute: scale, zero point,
    signedness. Everything else stays as it is, for the device to refuse.

    It changes what functions take and return, so that it runs on the module and
    leaves alone the functions that something in the module refers to.

    Before:

    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xi8> {
      %q = garam_ext.quantize %x scale %half zero_point %one
          : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
      return %q : tensor<4xi8>
    }
    ```

    After:

    ```mlir
    func.func @main(%q: tensor<4xi8> {hetero.quantization =
        {scale = 5.0e-01 : f32, zero_point = 1 : i64}}) -> tensor<4xi8> {
      return %q : tensor<4xi8>
    }
    ```
  }];
  let dependentDialects = ["::garam::hetero::HeteroDialect"];
}

def HeteroMergeEqualNodesPass
    : Pass<"hetero-merge-equal-nodes", "::mlir::ModuleOp"> {
  let summary = "Computes once what nodes have in common, unless rules part it";
  let description = [{
    Of operations that compute the same of the same, the first stands for all,
    if the placement rules of `rules-file` put the nodes that they come from on
    one device or none of them anywhere. Its location then names all of those
    nodes, so that placements and reports tell of each. Operations that rules
    put on different devices stay apart, and so do those behind them. What is
    known without the function's arguments is of no device, and merged wherever
    it is.

    Within the regions of an operation it is upstream's `cse`.

    Before (`m1` and `m2` have no rules):

    ```mlir
    %a = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>)
        -> tensor<4xf32> loc("node:m1")
    %b = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>)
        -> tensor<4xf32> loc("node:m2")
    return %a, %b : tensor<4xf32>, tensor<4xf32>
    ```

    After:

    ```mlir
    %a = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>)
        -> tensor<4xf32> loc(fused<"equal nodes">["node:m2", "node:m1"])
    return %a, %a : tensor<4xf32>, tensor<4xf32>
    ```
  }];
  let options = [
    Option<"rulesFile", "rules-file", "std::string", /*default=*/"\"\"",
           "A placement file, in JSON">
  ];
}

def HeteroPlacePass : Pass<"hetero-place", "::mlir::ModuleOp"> {
  let summary = "Chooses the device of each operation";
  let description = [{
    Gives the operations of each function the attribute `hetero.device`, the
    name of a device of the module's `hetero.system`, and the module the
    attribute `hetero.placement`, which lists the nodes with their devices and
    the reasons of the devices that do not take them. It changes nothing else,
    and can be done at any time before `hetero-partition`.

    Operations of one node of the model stay together, and so do nodes between
    which scalars pass. What is known without the function's arguments (constants
    and what is computed of them alone, empty tensors, initial values) has no
    device: partition copies it to where it is used.

    Each device is asked what it refuses in the function, and in each region of
    the placement that was found; where it refuses something there, the nodes
    are placed again. What it takes by itself, and refuses only for what else
    is there, as for want of room, may be on it: nodes that no rule places make
    room for those that a rule does, the last of them first. The rules of `rules-file` decide for the nodes that they
    match; those that ask for what the device refuses are errors, all of which
    are reported. `hetero.refused` of the module says what devices have refused
    when they compiled this placement before; it is used up. With
    `default-device`, that device gets every other node that it takes, and the
    host what it refuses. Without it, devices are chosen by time:

    1. The time of a node on a device is its share of the time that the device
       estimates for the region which the node is part of when the device has
       all that it takes: as the device divides it, or as the nodes' own
       estimates say. So the fixed costs of a program and the gain of fusion
       count. Equal regions are estimated once.
    2. From the end backwards, the time from each node on each device to the
       end of the function, with transfers over the links and every later node
       on its best device (the optimistic cost table of PEFT, Arabnejad and
       Barbosa, 2014).
    3. From the start, each node goes where its end and what is ahead of it are
       first, with transfers, and each device doing one thing at a time.
    4. The placement so found is compared with those that put on one device all
       that it takes: regions estimated as they would run, transfers counted.
       The one that ends first is taken.

    With `fallback`, the host takes what no other device does, with a warning
    that says why; without, it has only what rules give it, and a node that is
    left over is an error.

    Before:

    ```mlir
    module attributes {hetero.system = #system} {
      func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
        %empty = tensor.empty() : tensor<4xf32>
        %y = linalg.exp ins(%x : tensor<4xf32>) outs(%empty : tensor<4xf32>)
            -> tensor<4xf32>
        return %y : tensor<4xf32>
      }
    }
    ```

    After:

    ```mlir
    module attributes {hetero.placement = [["exp", "a", {} ]],
                       hetero.system = #system} {
      func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
        %empty = tensor.empty() : tensor<4xf32>
        %y = linalg.exp {hetero.device = "a"} ins(%x : tensor<4xf32>)
            outs(%empty : tensor<4xf32>) -> tensor<4xf32>
        return %y : tensor<4xf32>
      }
    }
    ```
  }];
  let options = [
    Option<"rulesFile", "rules-file", "std::string", /*default=*/"\"\"",
           "A placement file, in JSON">,
    Option<"defaultDevice", "default-device", "std::string",
           /*default=*/"\"\"",
           "The device of what no rule matches; empty: chosen by time">,
    Option<"precision", "precision", "std::string", /*default=*/"\"\"",
           "Arithmetic of float models; empty for the device's choice">,
    ListOption<"deviceOptions", "device-options", "std::string",
               "Values of options that devices have of their own, FLAG=VALUE">,
    Option<"fallback", "fallback", "bool", /*default=*/"true",
           "Give the host what the other devices refuse">,
    Option<"asksDevices", "ask-devices", "bool", /*default=*/"true",
           "Ask devices what they refuse. When nothing can be done about it, "
           "their compile refuses it just as well">
  ];
  let dependentDialects = ["::garam::hetero::HeteroDialect"];
}

def HeteroPartitionPass : Pass<"hetero-partition", "::mlir::ModuleOp"> {
  let summary = "Moves placed operations into executables of their devices";
  let description = [{
    An operation is as deep as the deepest of its producers, and one deeper than
    one on another device; the operations of one device and one depth are a
    region. Of two regions at most one uses results of the other, also over
    others. Each region becomes a function of its device's executable, and in
    its place comes its dispatch. What several regions use and costs nothing
    (constants and what is computed of them alone, empty tensors, initial
    values) is copied into each.

    Inputs and outputs are in the memory of the system's host, or of its only
    device. A tensor that a region uses on another device is moved there once.
    A dispatch or transfer waits for what makes its operands and for nothing
    else, so that devices work side by side; one that yields nothing has a
    token, which the end awaits.

    Attributes of arguments and results (their names in the model) stay on the
    function and on the regions that use and yield them. Each result of the
    function has a tensor of its own: an argument that is returned, or a value
    that is returned twice, is copied.

    Before:

    ```mlir
    module attributes {hetero.system = #system} { // host "b"
      func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
        %y = linalg.exp {hetero.device = "a"} ins(%x : tensor<4xf32>)
            outs(%x : tensor<4xf32>) -> tensor<4xf32>
        %z = linalg.log {hetero.device = "b"} ins(%y : tensor<4xf32>)
            outs(%y : tensor<4xf32>) -> tensor<4xf32>
        return %z : tensor<4xf32>
      }
    }
    ```

    After:

    ```mlir
    module attributes {hetero.system = #system} {
      hetero.executable @a on "a" target(#a) {
        func.func @main_0(%x: tensor<4xf32>) -> tensor<4xf32> {
          %y = linalg.exp ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>)
              -> tensor<4xf32>
          return %y : tensor<4xf32>
        }
      }
      hetero.executable @b on "b" target(#b) {
        func.func @main_1(%y: tensor<4xf32>) -> tensor<4xf32> {
          %z = linalg.log ins(%y : tensor<4xf32>) outs(%y : tensor<4xf32>)
              -> tensor<4xf32>
          return %z : tensor<4xf32>
        }
      }
      func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
        %moved = hetero.transfer %x to @a : tensor<4xf32>
        %y = hetero.dispatch @a::@main_0(%moved)
            : (tensor<4xf32>) -> tensor<4xf32>
        %here = hetero.transfer %y from @a : tensor<4xf32>
        %z = hetero.dispatch @b::@main_1(%here)
            : (tensor<4xf32>) -> tensor<4xf32>
        return %z : tensor<4xf32>
      }
    }
    ```
  }];
  let options = [
    Option<"dropsIdleHost", "drop-idle-host", "bool", /*default=*/"false",
           "Leave out the host of a chip when nothing runs on it: inputs and "
           "outputs are then in the chip's memory">
  ];
  let dependentDialects = ["::garam::hetero::HeteroDialect"];
}

#endif // GARAM_DIALECT_HETERO_TRANSFORMS_PASSES_TD
