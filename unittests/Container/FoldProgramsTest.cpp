//===- FoldProgramsTest.cpp - Tests of one program for equal dispatches ---===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Container/FoldPrograms.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace garam;

namespace {

/// Dispatches of equal layers "a", "b" and "c", whose weights are all of the
/// bytes 1, 2 and 3.
ImageSource makeLayers() {
  ImageSource source;
  EntryPoint entry;
  for (unsigned i = 0; i < 3; ++i) {
    std::string node(1, static_cast<char>('a' + i));
    DeviceProgram program;
    program.code = {1, 2, 3, 4};
    program.segments = {{MemoryRole::Constant, 4, "weights"},
                        {MemoryRole::Scratch, 8, "scratch"}};
    auto fill = [i](MutableArrayRef<uint8_t> bytes) {
      std::fill(bytes.begin(), bytes.end(), i + 1);
    };
    program.constants.push_back({0, 4, fill});
    program.debug.nodes = {node};
    program.debug.origins = {{{0}}};
    program.debug.values = {{node + ":1", {DataType::Int8, {2}}, {}}};
    source.programs.push_back(program);
    ImageProgram image;
    image.target = ".garam.target.0";
    source.manifest.programs.push_back(image);
    entry.steps.push_back(Step::dispatch(i, 0, {2 * i, 2 * i + 1}));
    for (const DeviceSegment &segment : program.segments)
      source.manifest.segments.push_back({segment, 0});
  }
  source.manifest.entryPoints.push_back(entry);
  return source;
}

size_t countAfterFolding(ImageSource &source) {
  foldPrograms(source);
  EXPECT_EQ(source.programs.size(), source.manifest.programs.size());
  return source.programs.size();
}

TEST(FoldPrograms, EqualLayersAreOneProgramWithWeightsAndNodesOfTheirOwn) {
  ImageSource source = makeLayers();
  ASSERT_EQ(countAfterFolding(source), 1u);
  const std::vector<Step> &steps = source.manifest.entryPoints[0].steps;
  for (const Step &step : steps)
    EXPECT_EQ(step.program, 0u);
  EXPECT_TRUE(steps[0].nodes.empty());
  EXPECT_EQ(steps[1].nodes, std::vector<std::string>{"b"});
  EXPECT_EQ(steps[2].nodes, std::vector<std::string>{"c"});
  for (uint8_t i : {1, 2}) {
    uint8_t bytes[4] = {};
    source.constants.at(2 * i).front().write(bytes);
    EXPECT_EQ(bytes[0], i + 1);
  }
}

TEST(FoldPrograms, ThoseBehindOneThatGoesAreRenumbered) {
  ImageSource source = makeLayers();
  source.programs[2].code.push_back(5);
  ASSERT_EQ(countAfterFolding(source), 2u);
  EXPECT_EQ(source.manifest.entryPoints[0].steps[2].program, 1u);
  EXPECT_EQ(source.programs[1].code.back(), 5);
  EXPECT_FALSE(source.constants.count(4));
}

TEST(FoldPrograms, OtherProgramsStay) {
  ImageSource target = makeLayers();
  for (unsigned i : {0, 1, 2})
    target.manifest.programs[i].target = ".garam.target." + std::to_string(i);
  EXPECT_EQ(countAfterFolding(target), 3u);

  ImageSource segments = makeLayers();
  segments.programs[1].segments[1].size = 16;
  EXPECT_EQ(countAfterFolding(segments), 2u);

  // Another output of the node.
  ImageSource values = makeLayers();
  values.programs[1].debug.values[0].name = "b:2";
  EXPECT_EQ(countAfterFolding(values), 2u);

  // Each has its own rows of banks.
  ImageSource residents = makeLayers();
  for (DeviceProgram &program : residents.programs)
    program.residents.push_back({"rows", 0, 4, false});
  EXPECT_EQ(countAfterFolding(residents), 3u);

  ImageSource shared = makeLayers();
  for (DeviceProgram &program : shared.programs)
    program.residents.push_back({"rows", 0, 4, true});
  EXPECT_EQ(countAfterFolding(shared), 1u);
}

} // namespace
