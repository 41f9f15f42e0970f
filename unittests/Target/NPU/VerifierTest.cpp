//===- VerifierTest.cpp - Rules of the NPU's instruction set --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// For every message of the verifier a change that breaks a valid program. The
// rules are those of docs/isa/npu.md.
//
//===----------------------------------------------------------------------===//

#include "Specification.h"
#include "garam/Target/NPU/Encoding.h"
#include "gtest/gtest.h"

#include <set>

using namespace garam::npu;
using namespace garam::npu::test;

namespace {

/// A program of one core, with commands of each engine, that can be broken.
struct Sample {
  Program program;

  Sample() {
    program.parameters = {{"length", 10}};
    program.segments = {{SegmentRole::Input, 1024, "x"},
                        {SegmentRole::Constant, 1024, "w"}};
    program.residents = {{MemorySpace::Local, 0, 4096, 64},
                         {MemorySpace::Shared, 0, 0, 64}};
    DMACommand load;
    load.sizes = {64};
    load.source.address.space = MemorySpace::DRAM;
    load.source.address.index = 1;
    load.source.strides = {1};
    load.destination.strides = {1};
    load.destination.address.offset = 4096;
    DMACommand share = load;
    share.destination.address.space = MemorySpace::Shared;
    share.destination.address.offset = 0;
    program.setup = {{0, Engine::DMA, {load, share}}};
    TensorCommand first, second;
    first.store = false;
    second.accumulate = true;
    VectorCommand sum;
    sum.sizes = {10, 20};
    sum.numReductionDims = 1;
    sum.inputs.resize(1);
    sum.body = {{VectorOpcode::Load, 1, 0, 0, 0, 0},
                {VectorOpcode::AddI, 1, 1, 1, 0, 0}};
    sum.reductions = {{Combiner::AddI, 1, 0, 0}};
    sum.finish = {{VectorOpcode::ConstI32, 2, 0, 0, 0, 7}};
    sum.outputs.resize(1);
    sum.outputs[0].isFloat = false;
    DMACommand gather;
    gather.kind = DMAKind::Gather;
    gather.sizes = {4, 16};
    gather.indirection.limit = 8;
    program.queues = {{0, Engine::Tensor, {first, second}},
                      {0, Engine::Vector, {sum}},
                      {0,
                       Engine::DMA,
                       {gather, WaitCommand(), SignalCommand(),
                        LoopBeginCommand{4, -1}, LoopEndCommand()}}};
  }

  TensorCommand &first() { return get<TensorCommand>(0, 0); }
  TensorCommand &second() { return get<TensorCommand>(0, 1); }
  VectorCommand &vector() { return get<VectorCommand>(1, 0); }
  DMACommand &dma() { return get<DMACommand>(2, 0); }
  WaitCommand &wait() { return get<WaitCommand>(2, 1); }
  SignalCommand &signal() { return get<SignalCommand>(2, 2); }
  LoopBeginCommand &loop() { return get<LoopBeginCommand>(2, 3); }
  ResidentBytes &resident() { return program.residents[0]; }
  std::vector<Command> &setup() { return program.setup[0].commands; }
  DMACommand &load() { return std::get<DMACommand>(setup()[0]); }
  std::vector<Command> &commands(unsigned queue) {
    return program.queues[queue].commands;
  }

private:
  template <typename T>
  T &get(unsigned queue, unsigned command) {
    return std::get<T>(commands(queue)[command]);
  }
};

struct Case {
  unsigned rule;
  const char *message;
  void (*breakIt)(Sample &);
};

const Case cases[] = {
    {1, "0 cores", [](Sample &s) { s.program.numCores = 0; }},
    {1, "4097 cores", [](Sample &s) { s.program.numCores = 4097; }},
    {2, "17 launch parameters",
     [](Sample &s) { s.program.parameters.resize(17); }},
    {2, "4097 segments", [](Sample &s) { s.program.segments.resize(4097); }},
    {2, "the name of a launch parameter is too long",
     [](Sample &s) { s.program.parameters[0].name.resize(65536, 'n'); }},
    {2, "segment 'x' has a name, role or size out of range",
     [](Sample &s) { s.program.segments[0].size = uint64_t(1) << 57; }},
    {2, "segment 'x' has a name, role or size out of range",
     [](Sample &s) { s.program.segments[0].role = SegmentRole(6); }},
    {3, "a queue of core 1 of 1",
     [](Sample &s) { s.program.queues[2].core = 1; }},
    {3, "the queues are not in increasing order of core and engine",
     [](Sample &s) { s.program.queues[1].engine = Engine::Tensor; }},
    {4, "a dma command in a queue of another engine",
     [](Sample &s) { s.commands(0) = {s.dma()}; }},
    {4, "a tensor command in a queue of another engine",
     [](Sample &s) { s.commands(1) = {s.second()}; }},
    {4, "a vector command in a queue of another engine",
     [](Sample &s) { s.commands(2) = {s.vector()}; }},
    {5, "1 loops have no end", [](Sample &s) { s.commands(2).pop_back(); }},
    {5, "the end of a loop that did not begin",
     [](Sample &s) { s.commands(2).push_back(LoopEndCommand()); }},
    {5, "loops nest deeper than 3",
     [](Sample &s) { s.commands(2).assign(4, LoopBeginCommand()); }},
    {5, "a loop with count 0", [](Sample &s) { s.loop().count = 0; }},
    {5, "the count 4 is not the maximum 10 of the loop's parameter",
     [](Sample &s) { s.loop().parameter = 0; }},
    {6, "executes 4294967298 commands when loops are expanded",
     [](Sample &s) {
       s.commands(2) = {LoopBeginCommand{UINT32_MAX, -1}, LoopEndCommand(),
                        WaitCommand(), WaitCommand()};
     }},
    {7, "semaphore 256", [](Sample &s) { s.wait().semaphore = 256; }},
    {7, "waits for a count of 0", [](Sample &s) { s.wait().count = 0; }},
    {7, "waits for a count of 65536",
     [](Sample &s) { s.wait().count = 65536; }},
    {8, "semaphore 256", [](Sample &s) { s.signal().semaphore = 256; }},
    {8, "signals a count of 0", [](Sample &s) { s.signal().count = 0; }},
    {8, "signals a queue that the program does not have (core 3)",
     [](Sample &s) { s.signal().core = 3; }},
    {9, "7 dimensions; at most 6 are possible",
     [](Sample &s) { s.dma().sizes.resize(7, 1); }},
    {9, "size of dimension 1 is 0", [](Sample &s) { s.dma().sizes[1] = 0; }},
    {9, "size of dimension 3 is 0", [](Sample &s) { s.first().columns = 0; }},
    {9, "walks 18446744065119617025 elements",
     [](Sample &s) { s.dma().sizes = {UINT32_MAX, UINT32_MAX}; }},
    {9, "no units of the array", [](Sample &s) { s.first().unitRows[1] = 0; }},
    {10, "source lies in memory 1 of 1",
     [](Sample &s) { s.dma().source.address.index = 1; }},
    {10, "destination lies in memory 2 of 2",
     [](Sample &s) {
       s.dma().destination.address.space = MemorySpace::DRAM;
       s.dma().destination.address.index = 2;
     }},
    {10, "source lies in memory",
     [](Sample &s) { s.dma().source.address.space = MemorySpace(3); }},
    {10, "launch parameter 1 of 1",
     [](Sample &s) { s.dma().source.address.parameter = 1; }},
    {10, "launch parameter -2 of 1",
     [](Sample &s) { s.loop().parameter = -2; }},
    {10, "source has a parameter stride but no parameter",
     [](Sample &s) { s.dma().source.address.parameterStride = 1; }},
    {10, "activation has no element type",
     [](Sample &s) { s.first().activation.type = ElementType(15); }},
    {11, "weight moves with a dimension that the command does not have",
     [](Sample &s) { s.first().weight.strides[4] = 1; }},
    {11, "input 0 moves with a dimension that the command does not have",
     [](Sample &s) {
       s.vector().inputs[0].guards.push_back({0, 1, {0, 0, 1}, {}});
     }},
    {11, "output 0 moves with a dimension that the command does not have",
     [](Sample &s) { s.vector().outputs[0].descriptor.strides[1] = 4; }},
    {11, "source moves with loop 0, there are 0",
     [](Sample &s) { s.dma().source.address.loopStrides[0] = 1; }},
    {11, "a guard of input 0 moves with loop 2, there are 0",
     [](Sample &s) {
       s.vector().inputs[0].guards.push_back({0, 1, {}, {0, 0, 1}});
     }},
    {12, "source can reach further than 2^56 bytes",
     [](Sample &s) { s.dma().source.strides[1] = INT64_MIN; }},
    {12, "destination can reach further than 2^56 bytes",
     [](Sample &s) { s.dma().destination.address.offset = INT64_MAX; }},
    {12, "source can reach further than 2^56 bytes",
     [](Sample &s) {
       s.dma().source.address.parameter = 0;
       s.dma().source.address.parameterStride = int64_t(1) << 55;
     }},
    {12, "a guard of input 0 can reach further than 2^56",
     [](Sample &s) {
       s.vector().sizes[0] = UINT32_MAX;
       s.vector().inputs[0].guards.push_back({0, 1, {INT32_MIN}, {}});
     }},
    {13, "destination has a guard but is not a guarded read",
     [](Sample &s) { s.dma().destination.guards.push_back({0, 1, {}, {}}); }},
    {13, "input 0 has 3 guards; at most 2 are possible",
     [](Sample &s) { s.vector().inputs[0].guards.resize(3, {0, 1, {}, {}}); }},
    {13, "input 0 has a fill value but no guard",
     [](Sample &s) { s.vector().inputs[0].fill = 1.0; }},
    {13, "input 0 has a guard of extent 0",
     [](Sample &s) { s.vector().inputs[0].guards.resize(1); }},
    {14, "input 0 is not in the SRAM of core 0",
     [](Sample &s) {
       s.vector().inputs[0].address.space = MemorySpace::Shared;
     }},
    {14, "output is not in the SRAM of core 0",
     [](Sample &s) {
       s.program.numCores = 2;
       s.second().output.address.index = 1;
     }},
    {14, "index list is not in the SRAM of core 0",
     [](Sample &s) { s.dma().indirection.address.space = MemorySpace::DRAM; }},
    {15, "activations of type i8 with weights of type bf16",
     [](Sample &s) { s.first().weight.type = ElementType::BF16; }},
    {15, "activations of type f16 with weights of type bf16",
     [](Sample &s) {
       s.first().activation.type = ElementType::F16;
       s.first().weight.type = ElementType::BF16;
     }},
    {15, "activations of type i32 with weights of type i32",
     [](Sample &s) {
       s.first().activation.type = s.first().weight.type = ElementType::I32;
     }},
    {15, "zero points of floating-point inputs",
     [](Sample &s) {
       s.first().activation.type = s.first().weight.type = ElementType::BF16;
       s.first().weightZeroPoint = 1;
     }},
    {15, "bias of type i64",
     [](Sample &s) {
       s.second().hasBias = true;
       s.second().bias.type = ElementType::I64;
     }},
    {15, "scale of type i8", [](Sample &s) { s.second().hasScale = true; }},
    {15, "residual of type f64 with zero point 0",
     [](Sample &s) {
       s.second().hasResidual = true;
       s.second().residual.type = ElementType::F64;
     }},
    {15, "requantises to 4 at least and 3 at most",
     [](Sample &s) {
       s.second().hasRequantization = true;
       s.second().requantizationLow = 4;
       s.second().requantizationHigh = 3;
     }},
    {15, "an output of scale 0.0",
     [](Sample &s) { s.second().outputScale = 0; }},
    {15, "output of type bf16 with zero point 3",
     [](Sample &s) {
       s.second().output.type = ElementType::BF16;
       s.second().outputZeroPoint = 3;
     }},
    {16, "an epilogue without storing",
     [](Sample &s) { s.first().hasClamp = true; }},
    {17, "accumulates, but not every command that can run before it leaves",
     [](Sample &s) { s.first().store = true; }},
    {17, "accumulates, but not every command that can run before it leaves",
     [](Sample &s) { s.first().columns = 2; }},
    // The second turn follows a command that stored.
    {17, "the loop's next turn accumulates on other sums",
     [](Sample &s) {
       s.commands(0).insert(s.commands(0).begin() + 1, LoopBeginCommand{2, -1});
       s.commands(0).push_back(LoopEndCommand());
     }},
    // With parameter 0 the loop that leaves the sums does not run.
    {17, "accumulates, but not every command that can run before it leaves",
     [](Sample &s) {
       s.commands(0).insert(s.commands(0).begin() + 1, LoopEndCommand());
       s.commands(0).insert(s.commands(0).begin(), LoopBeginCommand{10, 0});
     }},
    {18, "9 inputs; at most 8 are possible",
     [](Sample &s) { s.vector().inputs.resize(9); }},
    {18, "5 outputs; at most 4 are possible",
     [](Sample &s) { s.vector().outputs.resize(5); }},
    {18, "9 reductions; at most 8 are possible",
     [](Sample &s) { s.vector().reductions.resize(9); }},
    {18, "129 instructions; at most 128 are possible",
     [](Sample &s) { s.vector().body.resize(128); }},
    {18, "no output", [](Sample &s) { s.vector().outputs.clear(); }},
    {18, "3 reduction dimensions of 2",
     [](Sample &s) { s.vector().numReductionDims = 3; }},
    {18, "reductions without a reduction dimension",
     [](Sample &s) { s.vector().numReductionDims = 0; }},
    {18, "output 0 stores a float as bool",
     [](Sample &s) {
       s.vector().outputs[0].isFloat = true;
       s.vector().outputs[0].descriptor.type = ElementType::Bool;
     }},
    {18, "output 0 stores an integer as bf16",
     [](Sample &s) {
       s.vector().outputs[0].descriptor.type = ElementType::BF16;
     }},
    {18, "output 0 of scale 0.0",
     [](Sample &s) { s.vector().outputs[0].scale = 0; }},
    {18, "output 0 quantises an i32 to i8",
     [](Sample &s) { s.vector().outputs[0].zeroPoint = 1; }},
    {18, "output 0 quantises an f32 to f16",
     [](Sample &s) {
       s.vector().outputs[0].isFloat = true;
       s.vector().outputs[0].descriptor.type = ElementType::F16;
       s.vector().outputs[0].scale = 2;
     }},
    {19, "a reduction from input 1 of 1",
     [](Sample &s) { s.vector().reductions[0].initialInput = 1; }},
    {19, "a reduction from input 0 with initial bits",
     [](Sample &s) {
       s.vector().reductions[0].initialInput = 0;
       s.vector().reductions[0].initial = 1;
     }},
    {19, "a reduction from input 0 of type f16 by AddI",
     [](Sample &s) {
       s.vector().reductions[0].initialInput = 0;
       s.vector().inputs[0].type = ElementType::F16;
     }},
    {19, "no vector operation has number 200",
     [](Sample &s) { s.vector().body[0].opcode = VectorOpcode(200); }},
    {19, "no combiner has number 10",
     [](Sample &s) { s.vector().reductions[0].combiner = Combiner(10); }},
    {19, "AddI names a register it does not read",
     [](Sample &s) { s.vector().body[1].c = 1; }},
    {19, "AddI has an immediate",
     [](Sample &s) { s.vector().body[1].immediate = 1; }},
    {19, "input 1 of 1", [](Sample &s) { s.vector().body[0].immediate = 1; }},
    {19, "index of dimension 2 of 2",
     [](Sample &s) {
       s.vector().body[0] = {VectorOpcode::Index, 1, 0, 0, 0, 2};
     }},
    {19, "index of dimension 1 of 1",
     [](Sample &s) {
       s.vector().finish[0] = {VectorOpcode::Index, 1, 0, 0, 0, 1};
     }},
    {19, "comparison 6",
     [](Sample &s) {
       s.vector().body[1] = {VectorOpcode::CmpI, 1, 1, 1, 0, 6};
     }},
    {20, "AddI reads register 32",
     [](Sample &s) { s.vector().body[1].a = 32; }},
    {20, "AddI reads register 5, which has no value",
     [](Sample &s) { s.vector().body[1].b = 5; }},
    {20, "AddI writes register 32",
     [](Sample &s) { s.vector().body[1].destination = 32; }},
    {20, "the body writes accumulator 0",
     [](Sample &s) { s.vector().body[1].destination = 0; }},
    {20, "a reduction of a register that does not exist",
     [](Sample &s) { s.vector().reductions[0].source = 32; }},
    {20, "two reductions into register 0",
     [](Sample &s) {
       s.vector().reductions.push_back(s.vector().reductions[0]);
     }},
    {20, "a reduction reads register 6, which has no value",
     [](Sample &s) { s.vector().reductions[0].source = 6; }},
    // The body's registers do not outlive a reduction step.
    {20, "an output stores register 1, which has no value",
     [](Sample &s) { s.vector().outputs[0].source = 1; }},
    {21, "the finish loads input 0, which moves with a reduction dimension",
     [](Sample &s) {
       s.vector().inputs[0].strides[1] = 1;
       s.vector().finish[0] = {VectorOpcode::Load, 2, 0, 0, 0, 0};
     }},
    {21, "a reduction from input 0, which moves with a reduction dimension",
     [](Sample &s) {
       s.vector().inputs[0].strides[1] = 1;
       s.vector().reductions[0].initialInput = 0;
     }},
    {22, "no DMA kind has number 4",
     [](Sample &s) { s.dma().kind = DMAKind(4); }},
    {22, "elements of 3 bytes", [](Sample &s) { s.dma().elementBytes = 3; }},
    {22, "fill bits beyond the element",
     [](Sample &s) {
       s.dma().kind = DMAKind::Fill;
       s.dma().fillBits = 256;
     }},
    {23, "multicast to something else than cores of the program",
     [](Sample &s) { s.dma().multicast = 2; }},
    {24, "the index list is along dimension 2 of 2",
     [](Sample &s) { s.dma().indirection.dimension = 2; }},
    {24, "the limit of the index list is 0",
     [](Sample &s) { s.dma().indirection.limit = 0; }},
    {24, "the index list is not of type i32 or i64",
     [](Sample &s) { s.dma().indirection.type = ElementType::I8; }},
    {25, "resident bytes in local 1",
     [](Sample &s) { s.resident().index = 1; }},
    {25, "resident bytes in dram 0",
     [](Sample &s) { s.resident().space = MemorySpace::DRAM; }},
    {25, "resident bytes in no memory 0",
     [](Sample &s) { s.resident().space = MemorySpace(3); }},
    {25, "0 resident bytes at 4096", [](Sample &s) { s.resident().size = 0; }},
    {25, "64 resident bytes at 72057594037927936",
     [](Sample &s) { s.resident().offset = maxAddress; }},
    {25, "the resident bytes are not in increasing order, or ranges touch",
     [](Sample &s) {
       s.program.residents.push_back({MemorySpace::Shared, 0, 64, 1});
     }},
    {26, "resident bytes that no set-up writes",
     [](Sample &s) { s.program.setup.clear(); }},
    {26, "a set-up without resident bytes",
     [](Sample &s) { s.program.residents.clear(); }},
    {26, "a set-up of core 0, vector queue",
     [](Sample &s) { s.program.setup = {{0, Engine::Vector, {}}}; }},
    {26, "set-up of core 0, command 2 is no copy",
     [](Sample &s) { s.setup().push_back(WaitCommand()); }},
    {26, "set-up of core 0, command 0 is no copy",
     [](Sample &s) { s.load().kind = DMAKind::Fill; }},
    {26, "set-up of core 0, command 0 does not copy constants",
     [](Sample &s) { s.load().source.address.index = 0; }},
    {26, "set-up of core 0, command 0 does not copy constants",
     [](Sample &s) { s.load().source.address = Address(); }},
    {26, "set-up of core 0, command 0 depends on a launch parameter",
     [](Sample &s) { s.load().source.address.parameter = 0; }},
    {26, "set-up of core 0, command 0 writes bytes that are not resident",
     [](Sample &s) { s.load().destination.address.offset = 4097; }},
    {26, "set-up of core 0, command 0 writes bytes that are not resident",
     [](Sample &s) { s.load().destination.strides[0] = -1; }},
    {26, "set-up of core 0, command 0 writes bytes that are not resident",
     [](Sample &s) {
       s.program.numCores = 2;
       s.load().multicast = 3;
     }},
};

TEST(NPUVerifier, AcceptsTheSample) {
  EXPECT_EQ(llvm::toString(verify(Sample().program)), "");
}

TEST(NPUVerifier, Rules) {
  for (const Case &test : cases) {
    Sample sample;
    test.breakIt(sample);
    std::string error = llvm::toString(verify(sample.program));
    std::string expected =
        "(C" + std::to_string(test.rule) + ") " + test.message;
    EXPECT_NE(error.find(expected), std::string::npos)
        << "expected: " << expected << "\n     got: " << error;
    // The encoder refuses the program as well.
    auto bytes = encode(sample.program);
    EXPECT_FALSE(bool(bytes));
    llvm::consumeError(bytes.takeError());
  }
}

// Messages say where the error is.
TEST(NPUVerifier, Location) {
  Sample sample;
  sample.signal().count = 0;
  EXPECT_EQ(llvm::toString(verify(sample.program)),
            "NPU program: core 0, dma queue, command 2: (C8) signals a count "
            "of 0");
  EXPECT_EQ(llvm::toString(verify(Program())), "");
  Program none;
  none.numCores = 0;
  EXPECT_EQ(llvm::toString(verify(none)), "NPU program: (C1) 0 cores");
}

// Every rule of the specification has a case above, and no other.
TEST(NPUVerifier, EveryRuleIsSpecified) {
  std::set<std::string> tested, specified;
  for (const Case &test : cases)
    tested.insert("C" + std::to_string(test.rule));
  for (const auto &row : Specification::get().getTable("Rules", "Rule"))
    specified.insert(row[0]);
  EXPECT_EQ(tested, specified);
}

// Sums can be kept over a loop: the first command of each turn accumulates on
// what the last one of the turn before left.
TEST(NPUVerifier, AccumulationOverALoop) {
  Sample sample;
  TensorCommand more = sample.second();
  more.store = false;
  sample.commands(0) = {sample.first(), LoopBeginCommand{10, 0}, more,
                        LoopEndCommand(), sample.second()};
  EXPECT_EQ(llvm::toString(verify(sample.program)), "");
}

} // namespace
