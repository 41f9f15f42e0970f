//===- CheckerTest.cpp - Which programs a chip can follow -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SmallProgram.h"
#include "garam/Target/Analog/Encoding.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "gtest/gtest.h"

using namespace garam;
using namespace garam::analog;

namespace {

/// What is wrong with the small program after a change.
std::string getError(llvm::function_ref<void(Program &)> change) {
  Program program = makeSmallProgram();
  change(program);
  return llvm::toString(checkProgram(program, readHermes()));
}

template <typename C>
C &getCommand(Program &program, unsigned queue, unsigned number) {
  return std::get<C>(program.queues[queue].commands[number]);
}

TEST(AnalogChecker, SmallProgramIsRight) {
  EXPECT_EQ(getError([](Program &) {}), "");
}

TEST(AnalogChecker, Segments) {
  EXPECT_EQ(getError([](Program &p) { p.segments.clear(); }),
            "a program without a constant segment, or of 3 queues");
  EXPECT_EQ(getError([](Program &p) { p.queues.clear(); }),
            "a program without a constant segment, or of 0 queues");
  EXPECT_EQ(
      getError([](Program &p) { p.segments[1].role = MemoryRole::Constant; }),
      "segment 0 is the constant one and the only one, segment 1 is "
      "'constant'");
  EXPECT_EQ(getError([](Program &p) { p.segments[1].size = 1 << 25; }),
            "the segments need more than the 16777216 bytes of the buffer");
  EXPECT_EQ(getError([](Program &p) {
              p.segments[1].size = p.segments[2].size = ~uint64_t(0) / 2 + 1;
            }),
            "the segments need more than the 16777216 bytes of the buffer");
}

TEST(AnalogChecker, Sizes) {
  EXPECT_EQ(getError([](Program &p) { p.layers[0].vectorSizes = {0}; }),
            "layer 0: vectors number 0 or more than 16777216");
  EXPECT_EQ(
      getError([](Program &p) { p.layers[0].rowSizes = {1 << 20, 1 << 20}; }),
      "layer 0: rows number 0 or more than 16777216");
  EXPECT_EQ(getError([](Program &p) { p.layers[0].columnSizes.assign(9, 1); }),
            "layer 0: columns have 9 dimensions, more than 8");
}

TEST(AnalogChecker, Accesses) {
  EXPECT_EQ(getError([](Program &p) { p.layers[0].input.segment = 0; }),
            "layer 0: an input in segment 0, which does not exist or holds "
            "constants");
  EXPECT_EQ(getError([](Program &p) { p.layers[0].output.segment = 3; }),
            "layer 0: an output in segment 3, which does not exist or holds "
            "constants");
  EXPECT_EQ(getError([](Program &p) { p.layers[0].input.start.pop_back(); }),
            "layer 0: an input whose dimensions and coefficients do not fit");
  EXPECT_EQ(getError([](Program &p) {
              p.layers[0].input.coefficients[0].push_back(1);
            }),
            "layer 0: an input whose dimensions and coefficients do not fit");
  EXPECT_EQ(getError([](Program &p) { p.layers[0].input.shape[0] = 3; }),
            "layer 0: an input that does not fit segment 'input'");
  EXPECT_EQ(getError([](Program &p) { p.layers[0].input.offset = 4; }),
            "layer 0: an input that leaves segment 'input'");
  EXPECT_EQ(getError([](Program &p) { p.layers[0].input.offset = 2; }),
            "layer 0: an input that leaves segment 'input'");
  EXPECT_EQ(getError([](Program &p) { p.layers[0].output.start[0] = 1; }),
            "layer 0: outputs reach coordinates 1 to 2 of a dimension of 2");
  EXPECT_EQ(
      getError([](Program &p) { p.layers[0].output.coefficients[0][0] = -1; }),
      "layer 0: outputs reach coordinates -1 to 0 of a dimension of 2");
  EXPECT_EQ(
      getError([](Program &p) { p.segments[2].role = MemoryRole::Input; }),
      "layer 0: an output in a segment that is only to be read");
}

// A program from a stranger makes no output more often than there is room.
TEST(AnalogChecker, OutputsHaveAnElementEach) {
  EXPECT_EQ(getError([](Program &p) {
              p.layers[0].vectorSizes = {1 << 24};
              p.layers[0].input.coefficients = {{0, 0}, {0, 1}};
              p.layers[0].output.coefficients = {{0, 0}, {0, 1}};
            }),
            "layer 0: 33554432 outputs in a tensor of 4 elements");
}

// Cells take memory when they are programmed: tiles cannot share levels.
TEST(AnalogChecker, TilesHaveLevelsOfTheirOwn) {
  EXPECT_EQ(getError([](Program &p) {
              std::vector<Tile> &tiles = p.layers[0].tiles;
              for (uint32_t core = 10; core < 20; ++core) {
                tiles.push_back(tiles[0]);
                tiles.back().core = core;
              }
            }),
            "layer 0: tiles of 42 cells, whose levels do not fit the constant "
            "segment of 40 bytes");
}

TEST(AnalogChecker, Layers) {
  EXPECT_EQ(getError([](Program &p) { p.layers[0].low = -128; }),
            "layer 0: inputs from -128 to 127, which a DAC from -127 to 127 "
            "cannot give");
  EXPECT_EQ(getError([](Program &p) { p.layers[0].groups = 2; }),
            "layer 0: 2 groups do not divide 3 rows and 2 columns");
  EXPECT_EQ(getError([](Program &p) { p.layers[0].groups = 0; }),
            "layer 0: 0 groups do not divide 3 rows and 2 columns");
  EXPECT_EQ(getError([](Program &p) { p.layers[0].scales = 36; }),
            "layer 0: scales at 36 leave the constant segment of 40 bytes");
  EXPECT_EQ(getError([](Program &p) { p.layers[0].biases = 41; }),
            "layer 0: biases at 41 leave the constant segment of 40 bytes");
}

TEST(AnalogChecker, Tiles) {
  auto tile = [](Program &p, unsigned i) -> Tile & {
    return p.layers[0].tiles[i];
  };
  EXPECT_EQ(getError([&](Program &p) { tile(p, 0).core = 64; }),
            "layer 0: a tile on core 64 of 64");
  EXPECT_EQ(getError([&](Program &p) { tile(p, 0).core = 9; }),
            "layer 0: two tiles on core 9");
  EXPECT_EQ(getError([&](Program &p) { tile(p, 0).rows = 257; }),
            "layer 0: a tile of 257 x 2 cells in a crossbar of 256 x 256");
  EXPECT_EQ(getError([&](Program &p) { tile(p, 1).firstRow = 3; }),
            "layer 0: a tile that leaves its layer's matrix");
  EXPECT_EQ(getError([&](Program &p) { tile(p, 1).steps = 36; }),
            "layer 0: steps of a tile at 36 leave the constant segment of 40 "
            "bytes");
  EXPECT_EQ(getError([&](Program &p) { tile(p, 0).levels = 40; }),
            "layer 0: levels of a tile at 40 leave the constant segment of 40 "
            "bytes");
}

TEST(AnalogChecker, Queues) {
  EXPECT_EQ(getError([](Program &p) { p.queues[1].core = 9; }),
            "queue 1: tile 0 of layer 0, which is not on core 9");
  EXPECT_EQ(getError([](Program &p) { p.queues[2].core = 5; }),
            "queue 2: core 5 does not exist or has a queue already");
  EXPECT_EQ(getError([](Program &p) { p.queues[0].core = 1; }),
            "queue 0: core 1 does not exist or has a queue already");
  EXPECT_EQ(getError([](Program &p) {
              p.queues[1].commands[1] = QuantizeCommand{0, 0, 2, 0};
            }),
            "queue 1: 'quantize' is no command of this queue");
  EXPECT_EQ(getError([](Program &p) {
              p.queues[0].commands[0] = ReadCommand{0, 0, 2, 4, 0, 6};
            }),
            "queue 0: 'read' is no command of this queue");
}

TEST(AnalogChecker, DigitalCommands) {
  EXPECT_EQ(getError([](Program &p) {
              getCommand<QuantizeCommand>(p, 0, 0).layer = 1;
            }),
            "queue 0: layer 1 of 1");
  EXPECT_EQ(getError([](Program &p) {
              getCommand<QuantizeCommand>(p, 0, 0).first = 1;
            }),
            "queue 0: vectors 1 to 3 of 2");
  EXPECT_EQ(getError([](Program &p) {
              getCommand<AccumulateCommand>(p, 0, 4).codes = 1 << 20;
            }),
            "queue 0: 8 bytes at 1048576 of the vector memory, which has "
            "1048576");
}

TEST(AnalogChecker, Reads) {
  auto read = [](Program &p) -> ReadCommand & {
    return getCommand<ReadCommand>(p, 1, 1);
  };
  EXPECT_EQ(getError([&](Program &p) { read(p).tile = 1; }),
            "queue 1: tile 1 of layer 0, which is not on core 5");
  EXPECT_EQ(getError([&](Program &p) { read(p).phases = 2; }),
            "queue 1: a read of 2 phases, there are 4 and 1");
  EXPECT_EQ(getError([&](Program &p) { read(p).phases = 1; }),
            "queue 1: a read of one phase of inputs that may be negative");
  EXPECT_EQ(getError([&](Program &p) { read(p).inputs = 1 << 20; }),
            "queue 1: 6 bytes at 1048576 of the vector memory, which has "
            "1048576");
}

TEST(AnalogChecker, Semaphores) {
  EXPECT_EQ(getError([](Program &p) {
              getCommand<WaitCommand>(p, 0, 3).semaphore = 16;
            }),
            "queue 0: a wait for semaphore 16 to reach 2");
  EXPECT_EQ(getError([](Program &p) {
              getCommand<SignalCommand>(p, 1, 2).queue = 3;
            }),
            "queue 1: a signal of 1 to semaphore 0 of queue 3");
}

/// A run ends: commands that each fit vector memory are too many together.
TEST(AnalogChecker, RunsAreBounded) {
  constexpr uint32_t side = 256, vectors = 4096; // one crossbar, full memory
  auto repeatReads = [](Program &p, size_t count) {
    p.segments[0].size = 1 << 20;
    p.segments[2].size = uint64_t(vectors) * side * sizeof(float);
    Layer &layer = p.layers[0];
    layer.vectorSizes = {vectors};
    layer.rowSizes = layer.columnSizes = {side};
    layer.output.shape = {vectors, side};
    layer.tiles.resize(1);
    layer.tiles[0].rows = layer.tiles[0].columns = side;
    p.queues.resize(2);
    p.queues[0].commands.clear();
    p.queues[1].commands.assign(count, ReadCommand{0, 0, vectors, 4, 0, 0});
  };
  constexpr uint64_t each = uint64_t(side) * side * vectors;
  constexpr size_t most = maxOperations / each;
  EXPECT_EQ(getError([&](Program &p) { repeatReads(p, most); }), "");
  EXPECT_EQ(getError([&](Program &p) { repeatReads(p, most + 1); }),
            "a run of 1099780063232 operations, more than 1099511627776");
  EXPECT_EQ(getError([&](Program &p) {
              repeatReads(p, most - 1);
              p.queues[0].commands = {QuantizeCommand{0, 0, vectors, 0},
                                      AccumulateCommand{0, 0, vectors, 0}};
            }),
            "");
  EXPECT_EQ(getError([&](Program &p) {
              repeatReads(p, most);
              p.queues[0].commands = {AccumulateCommand{0, 0, 1, 0}};
            }),
            "a run of 1099511628032 operations, more than 1099511627776");
}

} // namespace
