//===- StepCheckerTest.cpp - Tests of the checker of steps ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The checker must find whatever can change a result. What can is decided here
// without it: by trying all orders in which steps can start and end.
//
//===----------------------------------------------------------------------===//

#include "garam/Container/StepChecker.h"
#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"

#include <set>

using namespace llvm;
using namespace garam;

namespace {

struct System {
  Manifest manifest;
  std::vector<std::vector<DeviceSegment>> declared;
  /// Of each program, how its dispatch uses it.
  std::vector<Step> dispatches;

  uint32_t addSegment(uint32_t device, MemoryRole role, const char *name) {
    manifest.segments.push_back({{role, 16, name}, 0, device});
    return manifest.segments.size() - 1;
  }
  /// A program on `device`; roles as it declares them.
  uint32_t addProgram(uint32_t device,
                      std::vector<std::pair<uint32_t, MemoryRole>> uses) {
    ImageProgram &program = manifest.programs.emplace_back();
    std::vector<DeviceSegment> &own = declared.emplace_back();
    program.target = manifest.devices[device].section;
    std::vector<uint32_t> segments;
    for (auto [segment, role] : uses) {
      segments.push_back(segment);
      own.push_back({role, 16, ""});
    }
    dispatches.push_back(Step::dispatch(manifest.programs.size() - 1, device,
                                        std::move(segments)));
    return manifest.programs.size() - 1;
  }
  Step dispatch(uint32_t program, std::vector<uint32_t> after) const {
    Step step = dispatches[program];
    step.after = std::move(after);
    return step;
  }
  /// The step that dispatches a program.
  Step &stepOf(uint32_t program) {
    return *find_if(steps(), [&](const Step &step) {
      return step.kind == Step::Kind::Dispatch && step.program == program;
    });
  }
  EntryPoint &entry() { return manifest.entryPoints[0]; }
  std::vector<Step> &steps() { return entry().steps; }

  std::string check() const {
    if (Error error = checkManifest(manifest))
      return toString(std::move(error));
    return toString(checkSteps(manifest, declared));
  }
};

constexpr MemoryRole constant = MemoryRole::Constant, input = MemoryRole::Input,
                     output = MemoryRole::Output, scratch = MemoryRole::Scratch;

enum Segment : uint32_t {
  X,
  XA,
  XB,
  WA,
  YA,
  YB,
  YAH,
  YBH,
  Z,
  VA,
  V,
  W,
  ZA,
  UA
};

/// A host and two chips, each joined to the host. Both chips work on x at once;
/// the host joins what they yield, and chip a works on that again.
System makeSystem() {
  System system;
  Manifest &manifest = system.manifest;
  manifest.devices = {{"host", "k", "t", ".garam.target.0"},
                      {"a", "k", "t", ".garam.target.1"},
                      {"b", "k", "t", ".garam.target.2"}};
  manifest.links = {{"la", {0, 1}, 1e9, 0, 0}, {"lb", {0, 2}, 1e9, 0, 0}};
  system.addSegment(0, input, "x");
  system.addSegment(1, scratch, "xa");
  system.addSegment(2, scratch, "xb");
  system.addSegment(1, constant, "wa");
  system.addSegment(1, scratch, "ya");
  system.addSegment(2, scratch, "yb");
  system.addSegment(0, scratch, "yah");
  system.addSegment(0, scratch, "ybh");
  system.addSegment(0, output, "z");
  system.addSegment(1, scratch, "va");
  system.addSegment(0, output, "v");
  system.addSegment(0, output, "w");
  system.addSegment(1, scratch, "za");
  system.addSegment(1, scratch, "ua");
  uint32_t a =
      system.addProgram(1, {{WA, constant}, {XA, input}, {YA, output}});
  uint32_t b = system.addProgram(2, {{XB, input}, {YB, output}});
  uint32_t host =
      system.addProgram(0, {{YAH, input}, {YBH, input}, {Z, output}});
  uint32_t second = system.addProgram(1, {{YA, input}, {VA, output}});
  uint32_t third =
      system.addProgram(1, {{WA, constant}, {ZA, input}, {UA, output}});

  // Copies of one tensor.
  uint32_t number = 0;
  for (std::vector<Segment> copies : std::vector<std::vector<Segment>>{
           {X, XA, XB}, {YA, YAH}, {YB, YBH}, {Z, ZA}, {VA, V}, {UA, W}}) {
    for (Segment segment : copies)
      manifest.segments[segment].value = number;
    ++number;
  }

  EntryPoint &entry = manifest.entryPoints.emplace_back();
  entry.name = "main";
  TensorType type{DataType::UInt8, {16}};
  entry.inputs = {{"x", type, X, std::nullopt}};
  entry.outputs = {{"z", type, Z, std::nullopt},
                   {"v", type, V, std::nullopt},
                   {"w", type, W, std::nullopt}};
  entry.steps = {Step::transfer(X, XA, 16, {0}),
                 Step::transfer(X, XB, 16, {1}),
                 system.dispatch(a, {0}),
                 system.dispatch(b, {1}),
                 Step::transfer(YA, YAH, 16, {0}, {2}),
                 Step::transfer(YB, YBH, 16, {1}, {3}),
                 system.dispatch(host, {4, 5}),
                 system.dispatch(second, {2}),
                 Step::transfer(VA, V, 16, {0}, {7}),
                 Step::transfer(Z, ZA, 16, {0}, {6}),
                 system.dispatch(third, {9}),
                 Step::transfer(UA, W, 16, {0}, {10})};
  return system;
}

//===----------------------------------------------------------------------===//
// All orders
//===----------------------------------------------------------------------===//

/// What segments hold: a number for each value that can come about.
using Memory = std::vector<uint64_t>;
constexpr uint64_t nothing = 0, torn = 1;

/// Collects the values of the outputs over all orders in which steps start and
/// end. A step reads all the time from its start to its end, and what it writes
/// is torn in between.
class AllOrders {
public:
  explicit AllOrders(const System &system)
      : system(system), steps(system.manifest.entryPoints[0].steps) {}

  std::set<Memory> run() {
    Memory memory(system.manifest.segments.size(), nothing);
    memory[X] = 2;
    memory[WA] = 3;
    visit({std::vector<uint8_t>(steps.size(), 0),
           std::vector<uint64_t>(steps.size(), 0), memory});
    return std::move(results);
  }

private:
  struct State {
    std::vector<uint8_t> phases;  // 0 waits, 1 runs, 2 has ended
    std::vector<uint64_t> values; // what a running step makes
    Memory memory;
    bool operator<(const State &other) const {
      return std::tie(phases, values, memory) <
             std::tie(other.phases, other.values, other.memory);
    }
  };

  void listUses(const Step &step, std::vector<uint32_t> &reads,
                std::vector<uint32_t> &writes) const {
    if (step.kind == Step::Kind::Transfer) {
      reads = {step.from};
      writes = {step.to};
      return;
    }
    for (const auto &[segment, own] :
         zip(step.segments, system.declared[step.program]))
      (own.role == output ? writes : reads).push_back(segment);
  }

  uint64_t compute(const Step &step, const Memory &memory,
                   ArrayRef<uint32_t> reads) const {
    if (step.kind == Step::Kind::Transfer)
      return memory[step.from];
    uint64_t value = step.program + 10;
    for (uint32_t segment : reads) {
      if (memory[segment] == torn || memory[segment] == nothing)
        return torn;
      value = hash_combine(value, memory[segment]);
    }
    return value;
  }

  void visit(const State &state) {
    if (!seen.insert(state).second)
      return;
    bool ended = true;
    for (uint32_t i = 0; i < steps.size(); ++i) {
      if (state.phases[i] == 2)
        continue;
      ended = false;
      if (state.phases[i] == 0 && any_of(steps[i].after, [&](uint32_t earlier) {
            return state.phases[earlier] != 2;
          }))
        continue;
      std::vector<uint32_t> reads, writes;
      listUses(steps[i], reads, writes);
      State next = state;
      uint64_t value = compute(steps[i], state.memory, reads);
      if (++next.phases[i] == 1) {
        next.values[i] = value;
        for (uint32_t segment : writes)
          next.memory[segment] = torn;
      } else {
        // What was read must have been there all the time.
        uint64_t result = value == state.values[i] ? value : torn;
        for (uint32_t segment : writes)
          next.memory[segment] =
              state.memory[segment] == torn ? result : uint64_t(torn);
        next.values[i] = 0;
      }
      visit(next);
    }
    if (!ended)
      return;
    Memory outputs;
    for (const Binding &binding : system.manifest.entryPoints[0].outputs)
      outputs.push_back(state.memory[binding.segment]);
    results.insert(outputs);
  }

  const System &system;
  ArrayRef<Step> steps;
  std::set<State> seen;
  std::set<Memory> results;
};

std::set<Memory> runInAllOrders(const System &system) {
  return AllOrders(system).run();
}

/// Checks changed systems against what can happen to them.
class Mutations {
public:
  Mutations() : expected(runInAllOrders(makeSystem())) {}

  void test(const System &mutant, const Twine &what) {
    if (!mutant.check().empty()) {
      ++numFound;
      return;
    }
    EXPECT_EQ(runInAllOrders(mutant), expected) << what.str();
    ++numHarmless;
  }

  std::set<Memory> expected;
  unsigned numFound = 0, numHarmless = 0;
};

//===----------------------------------------------------------------------===//
// Tests
//===----------------------------------------------------------------------===//

TEST(StepCheckerTest, StepsThatAgreeHaveOneResult) {
  System system = makeSystem();
  EXPECT_EQ(system.check(), "");
  std::set<Memory> results = runInAllOrders(system);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_FALSE(is_contained(*results.begin(), nothing));
  EXPECT_FALSE(is_contained(*results.begin(), torn));
}

TEST(StepCheckerTest, FindsTokensThatAreMissed) {
  Mutations mutations;
  System system = makeSystem();
  for (uint32_t i = 0; i < system.steps().size(); ++i)
    for (uint32_t k = 0; k < system.steps()[i].after.size(); ++k) {
      System mutant = system;
      std::vector<uint32_t> &after = mutant.steps()[i].after;
      after.erase(after.begin() + k);
      mutations.test(mutant, "step " + Twine(i) + " without token " + Twine(k));
      for (uint32_t other = 0; other < i; ++other) {
        System redirected = system;
        redirected.steps()[i].after[k] = other;
        mutations.test(redirected, "step " + Twine(i) + " after " +
                                       Twine(other) + " instead");
      }
    }
  // No token of this system is one too many.
  EXPECT_GE(mutations.numFound, 11u);
}

TEST(StepCheckerTest, FindsTransfersThatAreMissed) {
  Mutations mutations;
  System system = makeSystem();
  unsigned numDropped = 0;
  for (uint32_t i = 0; i < system.steps().size(); ++i) {
    if (system.steps()[i].kind != Step::Kind::Transfer)
      continue;
    // Nothing is moved, but the tokens stay.
    System dropped = system;
    dropped.steps()[i] =
        dropped.dispatch(dropped.addProgram(0, {}), system.steps()[i].after);
    mutations.test(dropped, "without step " + Twine(i));
    ++numDropped;
    for (uint32_t segment = 0; segment < system.manifest.segments.size();
         ++segment) {
      System redirected = system;
      redirected.steps()[i].to = segment;
      mutations.test(redirected,
                     "step " + Twine(i) + " to segment " + Twine(segment));
    }
  }
  EXPECT_EQ(numDropped, 7u);
  EXPECT_GE(mutations.numFound, 7u * 12u);
}

// A transfer that moves something else is found, or moves the same tensor from
// another place.
TEST(StepCheckerTest, FindsTransfersOfOtherValues) {
  Mutations mutations;
  System system = makeSystem();
  for (uint32_t step = 0; step < system.steps().size(); ++step) {
    if (system.steps()[step].kind != Step::Kind::Transfer)
      continue;
    for (uint32_t segment = 0; segment < system.manifest.segments.size();
         ++segment) {
      if (segment == system.steps()[step].from)
        continue;
      System redirected = system;
      redirected.steps()[step].from = segment;
      mutations.test(redirected,
                     "step " + Twine(step) + " from segment " + Twine(segment));
    }
  }
  EXPECT_GE(mutations.numFound, 7u * 12u);
}

// A value that two steps make would be two values.
TEST(StepCheckerTest, FindsValuesThatAreMadeTwice) {
  System system = makeSystem();
  system.manifest.segments[YB].value = system.manifest.segments[YA].value;
  EXPECT_EQ(system.check(),
            "entry point 'main': step 2 and step 3 both make value 1");
  system = makeSystem();
  system.manifest.segments[YA].value = system.manifest.segments[X].value;
  EXPECT_EQ(system.check(),
            "entry point 'main': the input 'x' and step 2 both make value 0");
}

TEST(StepCheckerTest, TransfersNeedAValue) {
  System system = makeSystem();
  system.manifest.segments[YA].value = std::nullopt;
  EXPECT_EQ(system.check(),
            "entry point 'main': step 4 moves segment 4 ('ya') of no value to "
            "segment 6 ('yah') of value 1");
}

TEST(StepCheckerTest, SaysWhatIsWrong) {
  System system = makeSystem();
  system.steps()[7].after = {1};
  EXPECT_EQ(system.check(),
            "entry point 'main': steps 2 and 7 both use segment 4 ('ya'), at "
            "least one writes it, and the later does not wait for the earlier");
  system = makeSystem();
  std::swap(system.steps()[0].from, system.steps()[0].to);
  EXPECT_EQ(system.check(), "entry point 'main': step 0 reads segment 1 "
                            "('xa'), which nothing has written before");
  system = makeSystem();
  system.entry().outputs.pop_back();
  EXPECT_EQ(system.check(), "entry point 'main': what step 11 writes to "
                            "segment 11 ('w') is never read");
  system = makeSystem();
  system.steps().resize(9);
  EXPECT_EQ(system.check(),
            "entry point 'main': no step writes the output 'w'");
  system = makeSystem();
  system.steps()[0].to = WA;
  system.manifest.segments[WA].value = system.manifest.segments[X].value;
  EXPECT_EQ(system.check(), "entry point 'main': step 0 writes segment 3 "
                            "('wa'), whose role is constant");
  system = makeSystem();
  system.steps()[9] = system.steps()[0];
  EXPECT_EQ(system.check(), "entry point 'main': step 9 writes segment 1 "
                            "('xa'), which holds the value of step 0");
  system = makeSystem();
  system.steps()[8] = system.steps()[0];
  system.steps()[8].from = XA;
  system.steps()[8].to = X;
  system.steps()[8].after = {0};
  EXPECT_EQ(system.check(), "entry point 'main': step 8 writes segment 0 "
                            "('x'), which holds the value of an input");
}

// Scratch memory and state of programs are shared like any other memory: the
// programs of steps 2, 7 and 10 must not overlap.
TEST(StepCheckerTest, PrivateMemoryIsNotSharedWithoutOrder) {
  for (MemoryRole role : {MemoryRole::Scratch, MemoryRole::State}) {
    System system = makeSystem();
    uint32_t common = system.addSegment(1, role, "common");
    for (uint32_t program : {0, 3, 4}) {
      system.stepOf(program).segments.push_back(common);
      system.declared[program].push_back({role, 16, ""});
    }
    EXPECT_NE(system.check().find("steps 7 and 10 both use"),
              std::string::npos);
    system.steps()[10].after.push_back(7);
    EXPECT_EQ(system.check(), "");
  }
}

// A program relies on it that its segments are apart, in whichever order it
// declares them.
TEST(StepCheckerTest, SegmentsOfOneDispatchAreApart) {
  for (auto [first, second] :
       {std::pair(scratch, scratch), std::pair(scratch, output),
        std::pair(output, scratch), std::pair(output, output),
        std::pair(input, scratch), std::pair(input, output),
        std::pair(MemoryRole::State, MemoryRole::State)}) {
    System system = makeSystem();
    uint32_t common = system.addSegment(
        1, first == MemoryRole::State ? first : scratch, "common");
    for (MemoryRole role : {first, second}) {
      system.stepOf(0).segments.push_back(common);
      system.declared[0].push_back({role, 16, ""});
    }
    EXPECT_EQ(system.check(), "entry point 'main': step 2 writes segment 14 "
                              "('common') and uses it twice");
  }
  // What it only reads may be the same twice.
  System system = makeSystem();
  system.stepOf(0).segments.push_back(XA);
  system.declared[0].push_back({input, 16, ""});
  EXPECT_EQ(system.check(), "");
}

// What is left in scratch memory is no value for others.
TEST(StepCheckerTest, ScratchIsNotRead) {
  System system = makeSystem();
  uint32_t common = system.addSegment(1, scratch, "common");
  system.stepOf(0).segments.push_back(common);
  system.declared[0].push_back({scratch, 16, ""});
  system.stepOf(3).segments[0] = common;
  EXPECT_EQ(system.check(), "entry point 'main': step 7 reads segment 14 "
                            "('common'), which nothing has written before");
}

TEST(StepCheckerTest, RolesThatFitEachOther) {
  EXPECT_TRUE(isUsableAs(output, input));
  EXPECT_TRUE(isUsableAs(scratch, input));
  EXPECT_TRUE(isUsableAs(scratch, output));
  EXPECT_FALSE(isUsableAs(input, output));
  EXPECT_FALSE(isUsableAs(constant, input));
  EXPECT_FALSE(isUsableAs(constant, output));
  EXPECT_FALSE(isUsableAs(constant, scratch));
  EXPECT_FALSE(isUsableAs(input, scratch));
}

// Steps at their most, each after all before it in a chain and by a token from
// each to the last: an entry point from a stranger takes neither long nor much.
TEST(StepCheckerTest, ManySteps) {
  System system;
  system.manifest.devices = {{"host", "k", "t", ".garam.target.0"}};
  system.addSegment(0, output, "y");
  uint32_t write = system.addProgram(0, {{0, output}});
  uint32_t read = system.addProgram(0, {{0, input}});
  EntryPoint &entry = system.manifest.entryPoints.emplace_back();
  entry.name = "main";
  entry.outputs = {{"y", {DataType::UInt8, {16}}, 0, std::nullopt}};
  for (uint32_t i = 0; i < maxSteps; ++i)
    entry.steps.push_back(system.dispatch(
        i == 0 ? write : read,
        i == 0 ? std::vector<uint32_t>() : std::vector<uint32_t>{i - 1}));
  for (uint32_t i = 0; i + 1 < maxSteps; ++i)
    entry.steps.back().after.push_back(i);
  EXPECT_EQ(system.check(), "");
  entry.steps[1].after.clear();
  EXPECT_NE(system.check(), "");
}

} // namespace
