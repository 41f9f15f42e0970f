//===- Passes.td - Passes of the npu dialect ---------------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_TRANSFORMS_PASSES_TD
#define GARAM_DIALECT_NPU_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def NPU_TargetOption
    : Option<"target", "target", "std::string", "\"\"",
             "name or file of the target whose machine is compiled for; only "
           "where no executable around the function has one">;

def NPU_LevelOption
    : Option<"level", "level", "unsigned", "2",
             "how long to search, as -O of `garam compile`: 0 to 3">;

def NPU_OrderLimitOption
    : Option<"limit", "limit", "double", "0.0",
             "commands whose last one ends later than after so many seconds "
             "stay in their order; 0: however late it ends">;

def NPU_PinWeightsOption
    : Option<"pinWeights", "pin-weights", "bool", "false",
             "run npu-pin-weights in front of npu-prefetch-weights">;

//===----------------------------------------------------------------------===//
// Scheduling of stages: decisions as attributes
//===----------------------------------------------------------------------===//

def NPUTrimStages : Pass<"npu-trim-stages", "::mlir::func::FuncOp"> {
  let summary = "Leaves out what no stage reads of a tensor";
  let description = [{
    Where all that reads a tensor are stages whose maps leave elements out at its
    edges, such as the last row under a 1x1 convolution with stride 2, the stage
    that makes it computes the box of those elements only that are read. From
    the last stage to the first, so that what is read less reads less, too.

    A node whose value is not computed wholly is not offered for
    `--keep-intermediates`. Stages with `npu.index` stay as they are.

    ```mlir
    %1 = npu.vector ins(%x) sizes [56] ... : (tensor<56xf32>) -> tensor<56xf32>
    %2 = npu.vector ins(%1) sizes [28] ... (d0) -> (2 * d0) ...
    // becomes
    %1 = npu.vector ins(%x) sizes [55] ... : (tensor<56xf32>) -> tensor<55xf32>
    %2 = npu.vector ins(%1) sizes [28] ... (d0) -> (2 * d0) ...
    ```
  }];
}

def NPURecordBound : Pass<"npu-record-bound", "::mlir::func::FuncOp"> {
  let summary = "Keeps the lower bound of a function of stages on it";
  let description = [{
    Commands do not say any more how many multiply-accumulates and bytes of
    weights a function needs at least. The pass counts them while there are
    stages, and changes nothing else. Of a constant those elements count that
    stages read, once each; where their number is not known, fewer.

    ```mlir
    func.func @main(...) { ... npu.contract ... }
    // becomes
    func.func @main(...) attributes {npu.bound = {compute_s = 1.0e-09 : f64,
        macs = 512 : i64, weight_bytes = 256 : i64}} { ... }
    ```
  }];
  let options = [NPU_TargetOption];
}

def NPUMaterializeIndices
    : Pass<"npu-materialize-indices", "::mlir::func::FuncOp"> {
  let summary = "Turns indices into data that tiles can share";
  let description = [{
    `npu.index` counts within a whole stage, but a command sees one tile of it
    with its loops reordered. The pass gives the stage an input 0, 1, 2, ...
    along that dimension instead.

    ```mlir
    %y = npu.vector ins(%x) ... { ... %i = npu.index 1 ... }
    // becomes
    %iota = npu.constant dense<[0, 1, 2, 3]> : tensor<4xi32> : tensor<4xi32>
    %y = npu.vector ins(%x, %iota) ... { ^bb0(%e: f32, %i: i32): ... }
    ```
  }];
}

def NPUSplitReductions
    : Pass<"npu-split-reductions", "::mlir::func::FuncOp"> {
  let summary = "Lets several cores make parts of the same sums";
  let description = [{
    A contraction of two tensors that are no constants, with fewer batches than
    there are cores, needs all of one of them on each core, however its rows and
    columns are cut. Where the sums are smaller, it becomes two stages: one with
    a batch for each part of the longest reduction, whose results are sums in
    f32 or i32, and one on the vector engine that adds them up and does what the
    contraction did with its sums. When the first is cut at its batches, cores
    that have their parts of both factors send each other nothing but sums.

    Only where that may pay: when one factor would take longer to bring to all
    cores than the sums of all parts, with the signal, the start-up and the
    command that come with the second stage. Contractions with a residual or a
    requantisation stay whole. Sums of integers are the same bits; those of
    floats are added up in another order.

    ```mlir
    %y = npu.contract %a, %b sizes [64, 64, 4096]
        iterators [row, column, reduction] ... -> tensor<64x64xf16>
    // becomes
    %p = npu.contract %a, %b sizes [8, 64, 64, 512]
        iterators [batch, row, column, reduction] ... -> tensor<8x64x64xf32>
    %y = npu.vector ins(%p) sizes [64, 64, 8] {num_reductions = 1 ...}
        -> tensor<64x64xf16>
    ```
  }];
  let options = [NPU_TargetOption];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect"];
}

def NPUAssignLayouts : Pass<"npu-assign-layouts", "::mlir::func::FuncOp"> {
  let summary = "Chooses the order of dimensions in memory of each tensor";
  let description = [{
    Every descriptor is strided, so a layout costs nothing but the bandwidth of
    the SRAM banks. A contraction's columns (channels) become the fastest
    dimension, for the array delivers a pixel's columns together; elementwise
    stages follow their largest input; a tensor that is reshaped or returned
    stays row-major, because only then is the other end a view or one long
    transfer.

    The stage's schedule records the layout: the dimensions of each result from
    the slowest to the fastest.

    ```mlir
    %y = npu.contract ... -> tensor<1x64x56x56xbf16>
    // becomes
    %y = npu.contract ... schedule<layouts = [[0, 2, 3, 1]]> ...
    ```
  }];
}

def NPUFuseGroups : Pass<"npu-fuse-groups", "::mlir::func::FuncOp"> {
  let summary = "Computes neighbouring stages slice by slice";
  let description = [{
    Where tensors between stages do not stay in local memory, groups of stages
    that follow one another are cut into slices: each computes a part of the
    group's one result and, of the tensors in between, what that part needs.
    Slices of a batch need nothing of each other; those of rows both compute
    the rows that both need (halos). The slices' results are concatenated, which
    costs nothing. `slice` of a stage says which slice it computes, and whether
    its constants stay in local memory for the next.

    Which groups, and how many slices, is the plan with the least time by the
    cost model's time of the engines and the bytes that cross the memory
    interface. The search goes over the boundaries between stages and keeps
    what no other beginning of a plan beats in both; a lower bound of what is
    behind takes out most of them. `npu.fusion` of the function holds the seconds
    that are expected of the choice (`seconds`), of any choice searched at least
    (`bound_s`) and of whole stages (`whole_s`): the first two are equal, but
    where a function has so many stages that beginnings had to be left out, and
    where whole stages are kept because groups would gain less than 3 %. The
    estimate itself is exact where tensors cross no boundary but that behind
    their stage, as in a chain. Searched are runs of at most 64 stages, cut along
    the first coordinate of their result into 2 to 128 parts, or into single
    ones and these along one of the two coordinates behind it, where slices
    compute at most twice as long as whole stages. Time and memory grow linearly
    with the number of stages; runs of stages that are alike are looked at once.
    Functions all of whose stages have room stay as they are. Where the choice
    leaves no room for a tensor, `homes` of its stage says so to
    `npu-schedule-stages`.

    A group is a run of stages one of whose results is read behind it, with
    other operations than constants in front of it or behind it only. Layouts
    are assigned before, because the times of the engines depend on them. The
    value of a node within a group is not kept for `--keep-intermediates`: it
    exists in slices only, which may overlap.

    ```mlir
    %1 = npu.contract %x, %v ... : ... -> tensor<4x64x56x56xi8>
    %2 = npu.contract %1, %w ... : ... -> tensor<4x64x56x56xi8>
    // becomes
    %a = npu.contract %x, %v ... slice<group = 0, number = 0, count = 2,
        resident = true> : ... -> tensor<2x64x56x56xi8>
    %b = npu.contract %a, %w ... : ... -> tensor<2x64x56x56xi8>
    %c = npu.contract %x, %v ... : ... -> tensor<2x64x56x56xi8>
    %d = npu.contract %c, %w ... : ... -> tensor<2x64x56x56xi8>
    %2 = npu.concat %b, %d axis 0 : ... -> tensor<4x64x56x56xi8>
    ```
  }];
  let options = [NPU_TargetOption];
}

def NPUScheduleStages : Pass<"npu-schedule-stages", "::mlir::func::FuncOp"> {
  let summary = "Splits each stage over the cores and cuts it into tiles";
  let description = [{
    For each stage its parallel loops are split over all cores, half of them, a
    quarter and so on, one or two loops at a time; those of vector stages also
    into single iterations, where there are fewer than cores. Each split is
    tried with the largest tiles that the accumulators and the local memory
    take. The cost model follows the queues of all cores through the stages so
    far, and each of the best schedules is judged by when the following stage
    can end and by how long what is behind it takes under a coarse model. With
    several `paths` so many choices for all stages so far are followed, with
    different splits of the last one. The result: `split` (parts of each loop),
    `grain`
    (parts begin at multiples of it) and `tile` (the largest piece of each loop
    that one command takes) of its schedule. Of a product of matrices that both
    exceed local memory, tiles are those that move the least bytes. With
    `branch-cores`, stages that do not depend on one another and that gain
    little from more cores are tried on cores of their own too (`first_core`),
    so that they run at the same time. Where
    several choices were followed, `npu.choices` of the function says what was
    next best.

    ```mlir
    %y = npu.contract ... sizes [1, 64, 56, 56, 64, 3, 3] ...
    // becomes
    %y = npu.contract ... schedule<split = [1, 1, 8, 1, 1, 1, 1],
        grain = [1, 1, 1, 1, 1, 1, 1], tile = [1, 64, 7, 56, 64, 3, 3]> ...
    ```
  }];
  let options = [NPU_TargetOption,
    Option<"weights", "weights", "::garam::npu::WeightTiming",
           "::garam::npu::WeightTiming::inOrder", "when weights come",
           [{::llvm::cl::values(
               clEnumValN(::garam::npu::WeightTiming::inOrder, "in-order",
                          "with the other transfers of their tile"),
               clEnumValN(::garam::npu::WeightTiming::ahead, "ahead",
                          "as early as DRAM and ports allow"))}]>,
    Option<"paths", "paths", "size_t", "1",
           "choices of schedules for all stages so far that are followed">,
    Option<"choices", "choices", "size_t", "3",
           "schedules of one stage that are tried on each path">,
    Option<"branchCores", "branch-cores", "bool", "false",
           "whether branches are tried on cores of their own">];
}

def NPUSearchSchedules : Pass<"npu-search-schedules", "::mlir::func::FuncOp"> {
  let summary = "Schedules stages in several ways, and keeps the fastest";
  let description = [{
    Searches as `npu-schedule-stages` does, once at levels 0 and 1 and several
    times above, with weights that come with their tiles and with weights that
    `npu-prefetch-weights` brings ahead. Above level 1, branches are tried on
    cores of their own; where a search with weights ahead puts some there, it
    also runs without.
    So does `npu-split-reductions`, where it changes something.
    Of different schedules each is brought
    to commands (`npu-lower-to-planned-commands`); those are kept whose commands
    end first (`npu-record-estimate`). Where the context has threads, searches
    and lowerings are done beside each other. Commands that end so much later than those
    of the first schedules that no other order would make up for it are not
    ordered.
  }];
  let options = [NPU_TargetOption, NPU_LevelOption, NPU_PinWeightsOption,
    Option<"shareCores", "share-cores", "bool", "true",
           "whether branches may have cores of their own and sums be made in "
           "parts">];
  let dependentDialects = ["::garam::npu::NPUDialect"];
}

def NPUPlaceTensors : Pass<"npu-place-tensors", "::mlir::func::FuncOp"> {
  let summary = "Chooses the memory that each intermediate tensor lives in";
  let description = [{
    `homes` of a stage's schedule says for each result: `split` (each core keeps
    its part, with room for the halo that its consumers need), `replicated`
    (each core keeps all of it), `shared`, `dram`, or `output` (it is only
    returned).
    Tensors stay in local memory while they fit; where they do not, those that
    would take the most bytes for the most stages move out first.
  }];
  let options = [NPU_TargetOption,
    Option<"fill", "fill", "double", "::garam::npu::plannedFill",
           "fraction of local memory to plan for; the rest is left to "
           "fragmentation">];
}

def NPURecordEstimate : Pass<"npu-record-estimate", "::mlir::func::FuncOp"> {
  let summary = "Keeps the cost model's time of a function on it";
  let description = [{
    As `npu-record-bound`, for the seconds that the cost model expects of a run
    when it follows the queues through the commands, their waits and signals:
    the attribute `npu.estimate`, and for each node of the model
    `npu.node_ends`.
  }];
  let options = [NPU_TargetOption];
}

//===----------------------------------------------------------------------===//
// Commands
//===----------------------------------------------------------------------===//

def NPULowerToPlannedCommands
    : Pass<"npu-lower-to-planned-commands", "::mlir::func::FuncOp"> {
  let summary = "Brings scheduled stages to commands that fit the memories";
  let description = [{
    Runs `npu-place-tensors`, `npu-lower-to-commands`, `npu-prefetch-weights`
    (not at level 0), `npu-plan-memory`, `npu-schedule-commands` (not at level
    0), `npu-synchronize` and `npu-record-estimate`, with `pin-weights` also
    `npu-pin-weights`. When the
    memory plan does not fit, fewer weights stay or are brought ahead; when it
    does not without any, the tensors are placed again for a smaller fraction of
    local memory. No weights are brought ahead where what lives at once does not
    fit without. The former type of the function stays in `hetero.lowered`.
  }];
  let options = [NPU_TargetOption, NPU_LevelOption, NPU_PinWeightsOption,
                 NPU_OrderLimitOption];
  let dependentDialects = ["::garam::npu::NPUDialect"];
}

def NPULowerToCommands : Pass<"npu-lower-to-commands", "::mlir::func::FuncOp"> {
  let summary = "Turns scheduled stages into commands on buffers";
  let description = [{
    Emits, tile by tile, the transfers that bring a tile's operands into the
    core's memory, the command that computes it, and the transfer of its
    result to its home, in an order that is correct when executed one by one.
    Transfers of weights, which depend on nothing, stand one tile ahead of
    their use. Weights become buffers of the constant segment, packed in the
    order in which they are read. Each byte of a buffer is written at most once,
    before it is read: the passes behind rely on that when they order commands.
  }];
  let options = [NPU_TargetOption];
  let dependentDialects = ["::garam::npu::NPUDialect"];
}

def NPUPinWeights : Pass<"npu-pin-weights", "::mlir::func::FuncOp"> {
  let summary = "Keeps weights on the chip from run to run";
  let description = [{
    Transfers of weights to local memory move into an `npu.setup`, which runs
    once, when the program is loaded; their destinations become resident. Those
    come first that save the most time for each byte of memory that they take,
    as long as they fit beside what else is in local memory at any time. Loads
    of the same weights by the same cores share one buffer. Weights that do not
    fit there may stay in shared memory, from where loads bring them in each
    run. The others are brought from DRAM as before; where a run would be faster
    by the cost model's times, after npu-prefetch-weights, with more room for
    them, fewer stay.

    ```mlir
    npu.dma_command 0, %w to %a sizes [16] bytes 4 with [...]
    // becomes, with %a resident:
    npu.setup {
      npu.dma_command 0, %w to %a sizes [16] bytes 4 with [...]
    }
    ```

    Pre-condition: neither addresses nor waits yet, which are of one order of
    the commands.
  }];
  let options = [NPU_TargetOption,
    Option<"fill", "fill", "double", "::garam::npu::plannedFill",
           "fraction of local and shared memory that may be in use; the rest is "
           "left to fragmentation">];
  let dependentDialects = ["::garam::npu::NPUDialect"];
}

def NPUPrefetchWeights
    : Pass<"npu-prefetch-weights", "::mlir::func::FuncOp"> {
  let summary = "Brings weights as early as local memory has room for them";
  let description = [{
    Transfers of weights to local memory move forward, over stages, to where a
    DMA queue would be idle by the cost model's times, in the order of their
    use. Long ones are cut, also so that a part ends in time; what several cores
    receive goes to the queue of any of them. Where local memory has no room,
    weights may wait in shared memory.
    The other commands of a queue keep their order, and begin when what they read
    is there and local memory has room for what they write. A function that would
    not be faster by that stays as it is.

    Pre-condition: neither addresses nor waits yet, which are of one order of
    the commands.
  }];
  let options = [NPU_TargetOption,
    Option<"fill", "fill", "double", "::garam::npu::plannedFill",
           "fraction of local and shared memory that may be in use; the rest is "
           "left to fragmentation">];
}

def NPUPlanMemory : Pass<"npu-plan-memory", "::mlir::func::FuncOp"> {
  let summary = "Gives every buffer an address";
  let description = [{
    Static planning over address x time: two buffers share addresses only when
    no command that uses one stands between the first and the last command
    that use the other. Buffers that exist in several cores have the same
    offset in all of them. Fails when a memory is too small.
  }];
  let options = [NPU_TargetOption,
    Option<"resting", "resting", "int64_t", "0",
           "commands for which addresses of local memory rest at least, "
           "before another buffer takes them">];
  let statistics = [
    Statistic<"peakLocalBytes", "peak-local-bytes", "Peak of local memory">
  ];
}

def NPUScheduleCommands
    : Pass<"npu-schedule-commands", "::mlir::func::FuncOp"> {
  let summary = "Orders the commands of each queue by what follows them";
  let description = [{
    List scheduling: time goes forwards, and a queue that is free takes the most
    urgent of the commands that may begin. A command may begin when what it
    reads was written and the buffers that had the addresses of its own are done
    with, so that memory stays as it was planned; contractions of a core stay in
    their order, for one may add to the sums of the one before. It is the more urgent the more
    time there is from its begin to the end of the program: first its critical
    path, or what it has left in the order that commands have; then what it has
    left when all commands are as late as the queues let them be, for which the
    program is scheduled backwards. A queue waits for a more urgent command that
    becomes ready soon where the program ends earlier by that. All this is tried
    with loads of weights behind the commands that they follow, where
    npu-prefetch-weights found time for them, and with loads that move as well.

    Times are those of npu-record-estimate, in which transfers share DRAM and
    ports. Orders are followed with the waits that npu-synchronize would give
    them, from the one on that ends first without these, until the next ends no
    sooner even so. The one that ends first is kept if it is shorter by more than
    the estimate's error; otherwise commands stay as they are. The four searches,
    from two urgencies with loads that move or not, are done beside each other
    where the context has idle threads.

    Each order takes n log n time in commands and in what they depend on
    directly. A read depends on each command that wrote some of it, but on the
    last one only of a core's contractions, and contractions not on what those
    before them do: 5 to 8 a command for transformers and convolutional networks.
    Where tiles of a stage read what many tiles of another wrote it grows faster
    than the commands.

    Here the load of `%w` is not urgent, but in front of the move of `%b`, for
    which the vector engine waits:

    ```mlir
    npu.vector_command 0, %f (%a) to %b sizes [16384] reductions 0 with [#floats, #floats]
    npu.dma_command 0, %in to %w sizes [1048576] bytes 1 with [#bytes, #bytes]
    npu.dma_command 0, %b to %c sizes [65536] bytes 1 with [#bytes, #bytes]
    npu.vector_command 0, %f (%c) to %d sizes [16384] reductions 0 with [#floats, #floats]
    npu.vector_command 0, %f (%w) to %e sizes [16384] reductions 0 with [#floats, #floats]
    // becomes
    npu.vector_command 0, %f (%a) to %b sizes [16384] reductions 0 with [#floats, #floats]
    npu.dma_command 0, %b to %c sizes [65536] bytes 1 with [#bytes, #bytes]
    npu.dma_command 0, %in to %w sizes [1048576] bytes 1 with [#bytes, #bytes]
    npu.vector_command 0, %f (%c) to %d sizes [16384] reductions 0 with [#floats, #floats]
    npu.vector_command 0, %f (%w) to %e sizes [16384] reductions 0 with [#floats, #floats]
    ```

    Pre-condition: addresses, from npu-plan-memory, and no waits yet; each byte of
    a buffer is written at most once, before it is read, as npu-lower-to-commands
    leaves them. What does not keep to it is an error.
  }];
  let options = [NPU_TargetOption, NPU_OrderLimitOption];
}

def NPUSynchronize : Pass<"npu-synchronize", "::mlir::func::FuncOp"> {
  let summary = "Orders the queues by semaphores";
  let description = [{
    Inserts a wait before each command that conflicts with an earlier command
    of another queue (they touch the same bytes, or buffers that share
    addresses, and one writes) unless the order already follows from earlier
    waits. Each pair of queues has one semaphore, which the waiting queue owns;
    because both queues are in order, the n-th signal answers the n-th count
    waited for.

    Pre-condition: addresses, from npu-plan-memory, and no waits yet; each byte of
    a buffer is written at most once, before it is read, as npu-lower-to-commands
    leaves them, for within a buffer only reads wait for writes. What does not
    keep to it is an error.
  }];
}

def NPURollLoops : Pass<"npu-roll-loops", "::mlir::func::FuncOp"> {
  let summary = "Makes hardware loops of what a queue repeats";
  let description = [{
    In each queue, runs of commands that repeat become `npu.loop` where that
    makes the program smaller: turns that are alike but for where operands
    begin and guards start, both moved by the same increment from turn to turn.
    Commands of one turn and the next serve the same nodes of the model, so
    that a command in a loop still has its node ids. Short bodies are found
    first; loops that repeat become the body of a loop around them.

    Every queue executes the same commands as before, with the same operands,
    in the same order; loop commands take no time, so latency is the same.
    Behind the pass the block holds one queue after the other, which only the
    semaphores order, and `npu.value` stands behind all commands.

    Pre-condition: addresses and waits, from npu-plan-memory and
    npu-synchronize. Queues that share what one of them writes, in a function
    without any wait, are an error. A function with loops is left as it is.

    ```mlir
    npu.dma_command 0, %in to %a sizes [16] bytes 4
      with [#npu.descriptor<0 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
    npu.signal 0 <dma> to 0 <vector> 2 count 1
    npu.dma_command 0, %in to %b sizes [16] bytes 4
      with [#npu.descriptor<64 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
    npu.signal 0 <dma> to 0 <vector> 2 count 1
    // becomes, with %b 64 bytes behind %a:
    npu.loop 0 <dma> count 2 buffers(%a, %b) {
    ^bb0(%tile: !npu.buffer):
      npu.dma_command 0, %in to %tile sizes [16] bytes 4
        with [#npu.descriptor<0 : u32 strides [4] loops [64]>,
              #npu.descriptor<0 : u32 strides [4] loops [64]>]
      npu.signal 0 <dma> to 0 <vector> 2 count 1
    }
    ```
  }];
}

#endif // GARAM_DIALECT_NPU_TRANSFORMS_PASSES_TD
