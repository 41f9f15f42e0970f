//===- ImageTest.cpp - Tests of what a device binary holds ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Container/Image.h"
#include "garam/Support/Errors.h"
#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace llvm;
using namespace garam;

namespace {

/// One program: weights, an input that the host quantises, an output.
ImageSource makeSource() {
  ImageSource source;
  DeviceProgram program;
  program.code = {1, 2, 3, 4};
  program.segments = {{MemoryRole::Constant, 100, "weights"},
                      {MemoryRole::Input, 8, "x"},
                      {MemoryRole::Output, 32, "y"}};
  auto fill = [](MutableArrayRef<uint8_t> bytes) {
    std::fill(bytes.begin(), bytes.end(), 0x5A);
  };
  program.constants.push_back({16, 20, fill});
  program.debug.nodes = {"conv", "relu"};
  program.debug.origins = {{{0}, {0, 1}}, {}};
  program.debug.values = {{"conv",
                           {DataType::BFloat16, {2, 3}},
                           {{1, -4, {8, 2}, {0, 1}, {2, 2}, {{0, 0}, {0, 1}}},
                            {65536, 16, {2, 2}, {0, 0}, {2, 1}, {{0, 1}}}}}};
  program.debug.choices = {{{0, 1}, "two cores", "one core", -1e-6, false}};
  program.debug.searches = {{"fused groups", 3e-6, 2e-6, 5e-6}};
  program.debug.expectedEnds = {1e-6, 2e-6};
  program.plan = {{"core 0 SRAM", true, 64, 128, "x"}};
  source.programs.push_back(program);
  source.targetTexts = {"name: one\n"};

  Manifest &manifest = source.manifest;
  manifest.producer = "test";
  manifest.model = "model.onnx";
  manifest.target = "one";
  manifest.options = {{"precision", "bf16"}};
  manifest.devices = {{"one", "chip", "one", ".garam.target.0"}};
  for (const DeviceSegment &segment : program.segments)
    manifest.segments.push_back({segment, 0});
  EntryPoint entry;
  entry.name = "main";
  entry.inputs = {{"x",
                   {DataType::Float32, {2, 4}},
                   1,
                   HostQuantization{DataType::UInt8, 0.5, 3}}};
  entry.outputs = {{"y", {DataType::Float32, {8}}, 2, std::nullopt}};
  entry.steps = {Step::dispatch(0, 0, {0, 1, 2})};
  manifest.entryPoints.push_back(entry);
  ImageProgram image;
  image.section = ".garam.chip.0.program";
  image.target = ".garam.target.0";
  image.bound = {1000, 1e-6, 100, 1e9};
  manifest.programs.push_back(image);
  manifest.nodes = {{"conv", "Conv", 17, "one", ""},
                    {"shape", "Shape", 17, "", ""}};
  return source;
}

class ImageTest : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(sys::fs::createTemporaryFile("garam-image", "garam", path));
  }
  void TearDown() override { sys::fs::remove(path); }

  Image write(const ImageSource &source) {
    cantFail(writeImage(path, source));
    return cantFail(Image::open(path));
  }

  SmallString<128> path;
};

TEST_F(ImageTest, RoundTrip) {
  ASSERT_FALSE(errorToBool(writeImage(path, makeSource())));
  Expected<Image> image = Image::open(path);
  ASSERT_TRUE(bool(image)) << toString(image.takeError());

  const Manifest &manifest = image->getManifest();
  EXPECT_EQ(manifest.model, "model.onnx");
  ASSERT_EQ(manifest.entryPoints.size(), 1u);
  const Binding &input = manifest.entryPoints[0].inputs.at(0);
  EXPECT_EQ(input.type.str(), "float32[2,4]");
  EXPECT_EQ(input.quantization, (HostQuantization{DataType::UInt8, 0.5, 3}));
  EXPECT_EQ(manifest.programs.at(0).bound.macs, 1000u);
  EXPECT_EQ(manifest.programs.at(0).bound.computeSeconds, 1e-6);
  EXPECT_EQ(manifest.nodes.at(1).device, "");
  EXPECT_EQ(image->getTargetText(0), "name: one\n");
  EXPECT_EQ(image->getCode(0), ArrayRef<uint8_t>({1, 2, 3, 4}));
}

TEST_F(ImageTest, ConstantsAreMadeInPlaceAndAligned) {
  ASSERT_FALSE(errorToBool(writeImage(path, makeSource())));
  Image image = cantFail(Image::open(path));
  ArrayRef<uint8_t> bytes = image.getConstants(0);
  ASSERT_EQ(bytes.size(), 100u);
  for (size_t i = 0; i < bytes.size(); ++i)
    EXPECT_EQ(bytes[i], i >= 16 && i < 36 ? 0x5A : 0) << i;
  EXPECT_EQ(image.getContainer().getSections().back().offset % sectionAlignment,
            0u);
}

TEST_F(ImageTest, DebugMapAndPlan) {
  ASSERT_FALSE(errorToBool(writeImage(path, makeSource())));
  Image image = cantFail(Image::open(path));
  std::vector<DebugMap> maps = cantFail(image.readDebugMaps());
  ASSERT_EQ(maps.size(), 1u);
  EXPECT_EQ(maps[0].nodes, std::vector<std::string>({"conv", "relu"}));
  ASSERT_EQ(maps[0].origins.size(), 2u);
  EXPECT_EQ(maps[0].origins[0][1].size(), 2u);
  ASSERT_EQ(maps[0].values.size(), 1u);
  const DeviceValue &value = maps[0].values[0];
  EXPECT_EQ(value.name, "conv");
  EXPECT_EQ(value.type.str(), "bfloat16[2,3]");
  ASSERT_EQ(value.pieces.size(), 2u);
  EXPECT_EQ(value.pieces[0].offset, -4);
  EXPECT_EQ(value.pieces[0].strides, (SmallVector<int64_t, 4>{8, 2}));
  EXPECT_EQ(value.pieces[0].lastWrites.size(), 2u);
  EXPECT_EQ(value.pieces[1].memory, 65536u);
  EXPECT_EQ(value.pieces[1].low, (SmallVector<int64_t, 4>{0, 0}));
  EXPECT_EQ(value.pieces[1].sizes, (SmallVector<int64_t, 4>{2, 1}));
  ASSERT_EQ(maps[0].choices.size(), 1u);
  const DebugChoice &choice = maps[0].choices[0];
  EXPECT_EQ(choice.nodes, (SmallVector<uint32_t, 1>{0, 1}));
  EXPECT_EQ(choice.chosen, "two cores");
  EXPECT_EQ(choice.next, "one core");
  EXPECT_EQ(choice.seconds, -1e-6);
  EXPECT_FALSE(choice.isExact);
  ASSERT_EQ(maps[0].searches.size(), 1u);
  EXPECT_EQ(maps[0].searches[0].name, "fused groups");
  EXPECT_EQ(maps[0].searches[0].seconds, 3e-6);
  EXPECT_EQ(maps[0].searches[0].boundSeconds, 2e-6);
  EXPECT_EQ(maps[0].searches[0].plainSeconds, 5e-6);
  EXPECT_EQ(maps[0].expectedEnds, std::vector<double>({1e-6, 2e-6}));
  auto plans = cantFail(image.readPlans());
  EXPECT_EQ(plans.at(0).at(0).memory, "core 0 SRAM");
  EXPECT_EQ(getPeakOnChipBytes(plans[0]), 192u);
}

// The pieces of a value are the whole tensor and nothing outside of it.
TEST_F(ImageTest, RefusesPiecesOutsideOfTheirTensor) {
  std::string error =
      path.str().str() +
      ": section '.garam.debug' does not have the debug map's form";
  for (int64_t low : {-1, 2}) {
    ImageSource source = makeSource();
    source.programs[0].debug.values[0].pieces[0].low[1] = low;
    Image image = write(source);
    EXPECT_EQ(toString(image.readDebugMaps().takeError()), error);
  }
  ImageSource source = makeSource();
  source.programs[0].debug.values[0].pieces.pop_back();
  EXPECT_EQ(toString(write(source).readDebugMaps().takeError()), error);
}

// What was chosen was chosen for nodes that there are, and takes a time that is
// a number.
TEST_F(ImageTest, RefusesChoicesOfNothing) {
  std::string error =
      path.str().str() +
      ": section '.garam.debug' does not have the debug map's form";
  ImageSource source = makeSource();
  source.programs[0].debug.choices[0].nodes = {2};
  EXPECT_EQ(toString(write(source).readDebugMaps().takeError()), error);
  source = makeSource();
  source.programs[0].debug.choices[0].seconds = HUGE_VAL;
  EXPECT_EQ(toString(write(source).readDebugMaps().takeError()), error);
  source = makeSource();
  source.programs[0].debug.searches[0].boundSeconds = NAN;
  EXPECT_EQ(toString(write(source).readDebugMaps().takeError()), error);
}

// Where the device expects ends, it does so for each node, and none before the
// start.
TEST_F(ImageTest, RefusesEndsOfOtherNodes) {
  std::string error =
      path.str().str() +
      ": section '.garam.debug' does not have the debug map's form";
  ImageSource source = makeSource();
  source.programs[0].debug.expectedEnds.pop_back();
  EXPECT_EQ(toString(write(source).readDebugMaps().takeError()), error);
  source = makeSource();
  source.programs[0].debug.expectedEnds[1] = -1e-6;
  EXPECT_EQ(toString(write(source).readDebugMaps().takeError()), error);
}

// A section of another program's form, as an image with two programs of which
// the manifest names one has it.
TEST_F(ImageTest, RefusesPlansOfOtherPrograms) {
  ImageSource source = makeSource();
  source.programs.push_back(source.programs[0]);
  Image image = write(source);
  EXPECT_EQ(toString(image.readPlans().takeError()),
            path.str().str() +
                ": section '.garam.plan' does not have the memory plan's form");
}

TEST_F(ImageTest, RefusesConstantsOutsideOfTheirSection) {
  ImageSource source = makeSource();
  cantFail(writeImage(path, source));
  Container container = cantFail(Container::open(path));
  std::vector<SectionSource> sections;
  for (const Container::Section &section : container.getSections()) {
    std::vector<uint8_t> bytes = section.bytes.vec();
    if (section.name == ".garam.constants")
      bytes.resize(99);
    sections.push_back(makeSection(section.name, section.version, bytes));
  }
  cantFail(writeContainer(path, sections));
  EXPECT_EQ(toString(Image::open(path).takeError()),
            path.str().str() + ": segment 'weights' of 100 bytes at 0 leaves "
                               "the constants of 99 bytes");
}

//===----------------------------------------------------------------------===//
// Manifests from strangers: their checksums are right
//===----------------------------------------------------------------------===//

/// The error that a manifest gives after one replacement in its text.
std::string getError(StringRef from, StringRef to) {
  std::string text = serializeManifest(makeSource().manifest);
  size_t position = text.find(from.str());
  EXPECT_NE(position, std::string::npos) << from.str() << " in " << text;
  text.replace(position, from.size(), to.str());
  Expected<Manifest> manifest = parseManifest(text);
  return manifest ? "" : toString(manifest.takeError());
}

TEST(ManifestTest, RoundTrip) {
  std::string text = serializeManifest(makeSource().manifest);
  Expected<Manifest> manifest = parseManifest(text);
  ASSERT_TRUE(bool(manifest)) << toString(manifest.takeError());
  EXPECT_EQ(serializeManifest(*manifest), text);
}

TEST(ManifestTest, WrongFieldsAreNamed) {
  struct Case {
    const char *from, *to, *error;
  };
  constexpr Case cases[] = {
      {"\"float32\"", "\"float31\"",
       "unknown element type at manifest.entry_points[0].inputs[0].type"},
      {"\"uint8\"", "\"float16\"",
       "expected int8 or uint8 at "
       "manifest.entry_points[0].inputs[0].quantization.storage"},
      {"\"constant\"", "\"constance\"",
       "unknown role at manifest.segments[0].role"},
      {"\"shape\":[2,4]", "\"shape\":[2,-4]", "not a shape"},
      {"\"shape\":[2,4]", "\"shape\":[4294967296,4294967296]", "not a shape"},
      {"\"shape\":[2,4]", "\"shape\":[2,5]",
       "manifest: 'x' (float32[2,5]) does not fit its segment of 8 bytes"},
      {"\"segments\":[0,1,2]", "\"segments\":[0,1,3]",
       "manifest: step 0 of entry point 'main' uses segment 3 of 3"},
      {"\"program\":0", "\"program\":1",
       "manifest: step 0 of entry point 'main' runs program 1 of 1"},
      {"\"segment\":1", "\"segment\":9",
       "manifest: 'x' lies in segment 9 of 3"},
      {"\"segment\":1", "\"segment\":0",
       "manifest: the input 'x' lies in segment 0, whose role is constant"},
      {"\"segment\":1", "\"segment\":2",
       "manifest: the input 'x' lies in segment 2, whose role is output"},
      {"\"segment\":2", "\"segment\":0",
       "manifest: the output 'y' lies in segment 0, whose role is constant"},
      {"\"segment\":2", "\"segment\":1",
       "manifest: the output 'y' lies in segment 1, whose role is input"},
      {"\"float32\"", "\"uint8\"",
       "expected float32, which the host quantises at "
       "manifest.entry_points[0].inputs[0].type"},
      {"\"name\":\"y\"",
       "\"counted\":{\"counter\":\"y\",\"dimension\":9},\"name\":\"y\"",
       "manifest: the counted dimension 9 of 'y' ("},
      {"\"name\":\"y\"",
       "\"counted\":{\"counter\":\"z\",\"dimension\":0},\"name\":\"y\"",
       "manifest: 'z', which counts for 'y', is no output of one int64"},
      {"\"name\":\"x\"", "\"dimensions\":[\"n\"],\"name\":\"x\"",
       "manifest: 'x' (float32[2,4]) has 1 names of dimensions"},
      {"\"name\":\"x\"", "\"name\":\"x\",\"padded\":true",
       "manifest: 'x' is padded without names of dimensions"},
      {"\"name\":\"x\"", "\"dimensions\":[\"n\",\"\"],\"name\":\"x\"",
       "manifest: dimension 'n' of 'x' (float32[2,4]) is no symbol of that "
       "size"},
      {"\"name\":\"y\"", "\"name\":\"y\",\"sized\":\"z\"",
       "manifest: 'z', which has the sizes of 'y', is no output of an int64 "
       "for each of its dimensions"},
      {"\"states\":[]",
       "\"states\":[],\"symbols\":[{\"least\":3,\"most\":2,\"name\":\"n\"}]",
       "manifest: symbol 'n' is there twice, or is from 3 to 2"},
      {"\"states\":[]",
       "\"states\":[],\"symbols\":[{\"least\":1,\"most\":2,\"name\":\"n\"}]",
       "manifest: symbols without an input for their sizes"},
      {"\"states\":[]",
       "\"sizes\":{\"name\":\"s\",\"segment\":1,\"shape\":[1],\"type\":"
       "\"int64\"},\"states\":[]",
       "manifest: the sizes of a run are int64[1], needed one int64 for each "
       "of 0 symbols"},
      {"\"states\":[]",
       "\"conditions\":[{\"terms\":[{\"kind\":\"symbol\",\"value\":0}],"
       "\"left\":{\"term\":0,\"name\":\"n\"},\"right\":{\"term\":0,"
       "\"name\":\"n\"},\"node\":\"a\"}],\"states\":[]",
       "manifest: the condition of node 'a' is of symbol 0 of 0"},
      {"\"states\":[]",
       "\"conditions\":[{\"terms\":[{\"kind\":\"constant\",\"value\":0}],"
       "\"left\":{\"term\":0,\"name\":\"n\"},\"right\":{\"term\":1,"
       "\"name\":\"n\"},\"node\":\"a\"}],\"states\":[]",
       "manifest: the condition of node 'a' compares term 1 of 1"},
      {"\"states\":[]",
       "\"conditions\":[{\"terms\":[{\"kind\":\"sum\",\"left\":0,"
       "\"right\":0}],\"left\":{\"term\":0,\"name\":\"n\"},\"right\":{"
       "\"term\":0,\"name\":\"n\"},\"node\":\"a\"}],\"states\":[]",
       "manifest: the condition of node 'a' has term 0 of terms 0 and 0, "
       "which are not earlier ones"},
      {"\"states\":[]",
       "\"conditions\":[{\"terms\":[{\"kind\":\"power\",\"value\":0}],"
       "\"left\":{\"term\":0,\"name\":\"n\"},\"right\":{\"term\":0,"
       "\"name\":\"n\"},\"node\":\"a\"}],\"states\":[]",
       "expected constant, symbol, sum, product or quotient at "
       "manifest.entry_points[0].conditions[0].terms[0].kind"},
      {"\"scale\":0.5", "\"scale\":0",
       "expected a finite number above 0 at "
       "manifest.entry_points[0].inputs[0].quantization.scale"},
      {"\"scale\":0.5", "\"scale\":-0.5", "expected a finite number above 0"},
      {"\"scale\":0.5", "\"scale\":1e300", "expected a finite number above 0"},
      {"\"scale\":0.5", "\"scale\":1e-300", "expected a finite number above 0"},
      {"\"zero_point\":3", "\"zero_point\":100000",
       "outside of the storage type at "
       "manifest.entry_points[0].inputs[0].quantization.zero_point"},
      {"\"zero_point\":3", "\"zero_point\":-1", "outside of the storage type"},
      {"\"zero_point\":3", "\"zero_point\":-9223372036854775808",
       "outside of the storage type"},
      {"\"model\":", "\"modal\":", "missing value at manifest.model"},
      {"\"dispatch\"", "\"despatch\"",
       "expected dispatch or transfer at "
       "manifest.entry_points[0].steps[0].kind"},
      {"\"after\":[]", "\"after\":[0]",
       "manifest: step 0 of entry point 'main' comes after step 0, which is "
       "not an earlier one"},
      {"\"segments\":[{\"device\":0", "\"segments\":[{\"device\":1",
       "manifest: segment 0 is in the memory of device 1 of 1"},
      {"\"device\":0,\"kind\":\"dispatch\"",
       "\"device\":1,\"kind\":\"dispatch\"",
       "manifest: step 0 of entry point 'main' runs on device 1 of 1"},
      {"\"target\":\".garam.target.0\"", "\"target\":\".garam.target.1\"",
       "manifest: program '.garam.chip.0.program' is for the target "
       "'.garam.target.1', which no device has"},
  };
  for (const Case &c : cases)
    EXPECT_NE(getError(c.from, c.to).find(c.error), std::string::npos)
        << getError(c.from, c.to) << " instead of " << c.error;
}

/// Three devices in a row; a step moves the program's output to the last.
Manifest makeChain() {
  Manifest manifest = makeSource().manifest;
  manifest.devices.push_back({"two", "chip", "one", ".garam.target.1"});
  manifest.devices.push_back({"three", "chip", "one", ".garam.target.2"});
  manifest.links = {{"near", {0, 1}, 1e9, 1e-6, 1e-12},
                    {"far", {2, 1}, 1e9, 1e-6, 1e-12}};
  manifest.segments.push_back({{MemoryRole::Output, 40, "z"}, 0, 2, 7});
  manifest.segments[2].value = 7;
  EntryPoint &entry = manifest.entryPoints[0];
  entry.outputs[0].segment = 3;
  entry.steps.push_back(Step::transfer(2, 3, 32, {0, 1}, {0}));
  return manifest;
}

std::string getError(const Manifest &manifest) {
  Expected<Manifest> read = parseManifest(serializeManifest(manifest));
  return read ? "" : toString(read.takeError());
}

TEST(ManifestTest, RoundTripOfSeveralDevices) {
  std::string text = serializeManifest(makeChain());
  Expected<Manifest> manifest = parseManifest(text);
  ASSERT_TRUE(bool(manifest)) << toString(manifest.takeError());
  EXPECT_EQ(serializeManifest(*manifest), text);
  const Step &step = manifest->entryPoints[0].steps.at(1);
  EXPECT_EQ(step.kind, Step::Kind::Transfer);
  EXPECT_EQ(step.bytes, 32u);
  EXPECT_EQ(step.links, std::vector<uint32_t>({0, 1}));
  EXPECT_EQ(manifest->links.at(1).between, (std::array<uint32_t, 2>{2, 1}));
}

TEST(ManifestTest, SystemsAreChecked) {
  struct Case {
    std::function<void(Manifest &)> change;
    const char *error;
  };
  const Case cases[] = {
      {[](Manifest &m) { m.devices.clear(); }, "manifest: no device"},
      {[](Manifest &m) { m.devices[2].name = "one"; },
       "manifest: two devices have the name 'one'"},
      {[](Manifest &m) { m.links[0].between[1] = 3; },
       "manifest: link 'near' leads to device 3 of 3"},
      {[](Manifest &m) { m.links[0].between[1] = 0; },
       "manifest: link 'near' leads from device 0 to itself"},
      {[](Manifest &m) { m.links[0].bytesPerSecond = 0; },
       "manifest: link 'near' needs a finite rate above 0 bytes/s"},
      {[](Manifest &m) { m.links[0].bytesPerSecond = -1; },
       "manifest: link 'near' needs a finite rate above 0 bytes/s"},
      {[](Manifest &m) { m.links[0].seconds = -1; },
       "manifest: link 'near' needs a finite time and a finite energy, 0 or "
       "more"},
      {[](Manifest &m) { m.links[1].joulePerByte = -1; },
       "manifest: link 'far' needs a finite time and a finite energy, 0 or "
       "more"},
      {[](Manifest &m) { m.entryPoints[0].steps[0].device = 1; },
       "manifest: step 0 of entry point 'main' runs program "
       "'.garam.chip.0.program' for the target '.garam.target.0' on device "
       "'two', whose target is '.garam.target.1'"},
      {[](Manifest &m) { m.segments[0].device = 1; },
       "manifest: step 0 of entry point 'main' on device 0 uses segment 0 in "
       "the memory of device 1"},
      {[](Manifest &m) {
         m.devices[1].section = m.devices[0].section;
         m.devices[1].target = "other";
       },
       "manifest: devices 'one' and 'two' have one target file and another "
       "kind or target"},
  };
  for (const Case &c : cases) {
    Manifest manifest = makeChain();
    c.change(manifest);
    EXPECT_EQ(getError(manifest), c.error);
  }
  std::string text = serializeManifest(makeChain());
  text.replace(text.find("[2,1]"), 5, "[2]");
  EXPECT_NE(toString(parseManifest(text).takeError())
                .find("expected two numbers of devices at "
                      "manifest.links[1].between"),
            std::string::npos);
}

TEST(ManifestTest, MemoryOfADeviceHoldsAllSegments) {
  Manifest manifest = makeChain();
  auto check = [&](uint64_t first, uint64_t last, bool holdsConstants = true) {
    auto overflow = findMemoryOverflow(
        manifest, {{first, holdsConstants}, {0}, {last, holdsConstants}});
    return overflow ? overflow->describe(manifest) : "";
  };
  // 100, 8 and 32 bytes on the first device, 40 on the last.
  EXPECT_EQ(check(140, 40), "");
  EXPECT_EQ(check(0, 0), "");
  EXPECT_EQ(check(139, 40),
            "the segments of device 'one' need 140 bytes, its memory has 139");
  // The 100 are constants.
  EXPECT_EQ(check(40, 40, /*holdsConstants=*/false), "");
  EXPECT_EQ(check(39, 40, /*holdsConstants=*/false),
            "the segments of device 'one' need 40 bytes, its memory has 39");
  manifest.segments[0].segment.size = ~uint64_t(0);
  EXPECT_NE(check(140, 40), "");
}

TEST(ManifestTest, TransfersAreChecked) {
  struct Case {
    std::function<void(Step &)> change;
    const char *error;
  };
  const Case cases[] = {
      {[](Step &s) { s.from = 4; }, "moves segment 4 of 4"},
      {[](Step &s) { s.to = 9; }, "moves segment 9 of 4"},
      {[](Step &s) { s.bytes = 33; }, "moves 33 bytes, segment 2 has 32"},
      {[](Step &s) { s.to = 0; }, "stays within device 0"},
      {[](Step &s) { s.links = {2}; }, "takes link 2 of 2"},
      {[](Step &s) { s.links = {1, 0}; },
       "takes link 'far', which does not begin at device 0"},
      {[](Step &s) { s.links = {0, 0, 0, 1}; }, "takes link 'near' twice"},
      {[](Step &s) { s.links = {0}; }, "arrives at device 1 instead of 2"},
      {[](Step &s) { s.links = {}; }, "arrives at device 0 instead of 2"},
  };
  for (const Case &c : cases) {
    Manifest manifest = makeChain();
    c.change(manifest.entryPoints[0].steps[1]);
    EXPECT_EQ(getError(manifest),
              std::string("manifest: step 1 of entry point 'main' ") + c.error);
  }
  Manifest manifest = makeChain();
  manifest.entryPoints[0].steps.resize(maxSteps + 1,
                                       manifest.entryPoints[0].steps[0]);
  EXPECT_EQ(getError(manifest), "manifest: entry point 'main' has 16385 steps, "
                                "the most is 16384");
}

TEST(ManifestTest, InputsAreApart) {
  Manifest manifest = makeSource().manifest;
  std::vector<Binding> &inputs = manifest.entryPoints[0].inputs;
  inputs.push_back(inputs[0]);
  inputs[1].name = "z";
  EXPECT_EQ(toString(parseManifest(serializeManifest(manifest)).takeError()),
            "manifest: inputs 'x' and 'z' lie in one segment");
  inputs[1].name = "x";
  inputs[1].segment = 3;
  manifest.segments.push_back(manifest.segments[1]);
  EXPECT_EQ(toString(parseManifest(serializeManifest(manifest)).takeError()),
            "manifest: two inputs have the name 'x'");
}

/// Segments 3 and 4 carry a state from run to run.
static Manifest makeStateManifest() {
  Manifest manifest = makeSource().manifest;
  manifest.segments.push_back({{MemoryRole::Input, 16, "s"}, 0});
  manifest.segments.push_back({{MemoryRole::Output, 16, "t"}, 0});
  manifest.devices.push_back({"two", "chip", "one", ".garam.target.0"});
  TensorType type{DataType::Float32, {4}};
  manifest.entryPoints[0].states = {
      {{"s", type, 3, std::nullopt}, {"t", type, 4, std::nullopt}}};
  return manifest;
}

TEST(ManifestTest, StatesAreRead) {
  Expected<Manifest> manifest =
      parseManifest(serializeManifest(makeStateManifest()));
  ASSERT_TRUE(bool(manifest)) << toString(manifest.takeError());
  ASSERT_EQ(manifest->entryPoints[0].states.size(), 1u);
  EXPECT_EQ(manifest->entryPoints[0].states[0].input.name, "s");
  EXPECT_EQ(manifest->entryPoints[0].states[0].output.segment, 4u);
}

TEST(ManifestTest, StatesAreChecked) {
  struct Case {
    std::function<void(Manifest &, CarriedState &)> change;
    const char *error;
  };
  const Case cases[] = {
      {[](Manifest &, CarriedState &s) { s.output.type.shape = {2, 2}; },
       "state 's' is float32[4], its output 't' is float32[2,2]"},
      {[](Manifest &, CarriedState &s) {
         s.output.quantization = HostQuantization{DataType::Int8, 1, 0};
       },
       "state 's' and its output 't' are quantised in different ways"},
      {[](Manifest &m, CarriedState &) { m.segments[4].segment.size = 32; },
       "state 's' and its output 't' need segments of one size in one memory"},
      {[](Manifest &m, CarriedState &) { m.segments[4].device = 1; },
       "state 's' and its output 't' need segments of one size in one memory"},
      {[](Manifest &m, CarriedState &s) {
         CarriedState other = s;
         other.input.name = "u";
         m.entryPoints[0].states.push_back(other);
       },
       "state 'u' has the output of state 's'"},
      {[](Manifest &, CarriedState &s) { s.input.name = "x"; },
       "two inputs have the name 'x'"},
      {[](Manifest &, CarriedState &s) { s.output.name = "y"; },
       "two outputs have the name 'y'"},
      {[](Manifest &, CarriedState &s) { s.output.segment = 9; },
       "'t' lies in segment 9 of 5"},
      {[](Manifest &, CarriedState &s) { s.input.segment = 4; },
       "the input 's' lies in segment 4, whose role is output"},
  };
  for (const Case &c : cases) {
    Manifest manifest = makeStateManifest();
    c.change(manifest, manifest.entryPoints[0].states[0]);
    EXPECT_EQ(getError(manifest), std::string("manifest: ") + c.error);
  }
}

TEST(ManifestTest, OutputsMayBeOneTensor) {
  Manifest manifest = makeSource().manifest;
  std::vector<Binding> &outputs = manifest.entryPoints[0].outputs;
  outputs.push_back(outputs[0]);
  EXPECT_EQ(getError(manifest), "manifest: two outputs have the name 'y'");
  outputs.back().name = "z";
  EXPECT_TRUE(bool(parseManifest(serializeManifest(manifest))));
}

TEST(ManifestTest, EntryPointsAreNeeded) {
  Manifest manifest = makeSource().manifest;
  manifest.entryPoints.clear();
  EXPECT_EQ(toString(parseManifest(serializeManifest(manifest)).takeError()),
            "manifest: no entry point");
}

TEST(ManifestTest, DeepNestingIsRefusedBeforeItIsParsed) {
  Expected<Manifest> manifest = parseManifest(std::string(1 << 20, '['));
  ASSERT_FALSE(bool(manifest));
  EXPECT_EQ(toString(manifest.takeError()), "manifest: nested deeper than 8");
}

TEST(ManifestTest, EveryTruncationIsRefused) {
  std::string text = serializeManifest(makeSource().manifest);
  for (size_t size = 0; size < text.size(); ++size) {
    Expected<Manifest> manifest =
        parseManifest(StringRef(text).take_front(size));
    EXPECT_FALSE(bool(manifest)) << size;
    consumeError(manifest.takeError());
  }
}

} // namespace
