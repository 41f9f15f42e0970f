//===- SpecificationTest.cpp - Tables of docs/isa/npu.md ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Reads the tables of the specification and compares them with the encoder.
//
//===----------------------------------------------------------------------===//

#include "Specification.h"
#include "garam/Target/NPU/Encoding.h"
#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"

#include <set>

using namespace garam::npu;
using namespace garam::npu::test;

namespace {

using Table = Specification::Table;

/// Checks a table's first two columns, a value and its name.
void checkNames(const std::string &heading, unsigned count,
                llvm::function_ref<std::string(unsigned)> name) {
  SCOPED_TRACE(heading);
  const Table &table = Specification::get().getTable(heading, "Value");
  ASSERT_EQ(table.size(), count);
  for (unsigned value = 0; value < count; ++value) {
    EXPECT_EQ(table[value][0], std::to_string(value));
    EXPECT_EQ(table[value][1], name(value));
  }
}

template <typename T>
auto nameOf() {
  return [](unsigned value) { return getName(T(value)).str(); };
}

TEST(NPUSpecification, Enumerators) {
  checkNames("Machine", numMemorySpaces, nameOf<MemorySpace>());
  checkNames("Programs", numSegmentRoles, nameOf<SegmentRole>());
  checkNames("Queues and semaphores", numEngineKinds, nameOf<Engine>());
  checkNames("Element types", numElementTypes, nameOf<ElementType>());
  checkNames("Predicates", numComparePredicates, nameOf<ComparePredicate>());
  checkNames("Combiners", numCombiners, nameOf<Combiner>());
  checkNames("DMA commands", numDMAKinds, nameOf<DMAKind>());
}

TEST(NPUSpecification, ElementWidths) {
  for (const auto &row :
       Specification::get().getTable("Element types", "Value"))
    EXPECT_EQ(row[2],
              std::to_string(getByteWidth(ElementType(std::stoi(row[0])))));
}

TEST(NPUSpecification, VectorOperations) {
  const Table &table =
      Specification::get().getTable("Vector commands", "Value");
  const char *immediates[] = {"none", "input", "dimension", "bits",
                              "predicate"};
  unsigned next = 0;
  for (unsigned opcode = 0; opcode <= UINT8_MAX; ++opcode) {
    const VectorOpcodeInfo *info = getInfo(VectorOpcode(opcode));
    if (!info)
      continue;
    ASSERT_LT(next, table.size());
    const auto &row = table[next++];
    EXPECT_EQ(row[0], std::to_string(opcode));
    EXPECT_EQ(row[1], info->name.str());
    EXPECT_EQ(row[2], std::to_string(info->numSources));
    EXPECT_EQ(row[3], immediates[unsigned(info->immediate)]);
  }
  EXPECT_EQ(next, table.size());
}

TEST(NPUSpecification, Limits) {
  std::map<std::string, uint64_t> limits = {
#define LIMIT(NAME) {#NAME, NAME}
      LIMIT(maxDims),
      LIMIT(maxRowDims),
      LIMIT(maxReductionDims),
      LIMIT(maxLoopDepth),
      LIMIT(maxGuards),
      LIMIT(maxLaunchParameters),
      LIMIT(maxVectorInputs),
      LIMIT(maxVectorOutputs),
      LIMIT(maxVectorRegisters),
      LIMIT(maxVectorReductions),
      LIMIT(maxVectorInstructions),
      LIMIT(maxSemaphores),
      LIMIT(maxSemaphoreCount),
      LIMIT(maxCores),
      LIMIT(maxSegments),
      LIMIT(maxExecutedCommands),
      LIMIT(maxElements),
      LIMIT(maxAddress),
#undef LIMIT
  };
  const Table &table = Specification::get().getTable("Limits", "Limit");
  EXPECT_EQ(table.size(), limits.size());
  for (const auto &row : table)
    EXPECT_EQ(row[1], std::to_string(limits[row[0]])) << row[0];
}

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

/// Which fields a test expects.
enum class Stored {
  Always, // only those that always are
  Some,   // some of the conditional ones
  All
};

/// Compares encoded fields with the tables.
class LayoutCheck {
public:
  LayoutCheck(std::vector<EncodedField> fields, Stored expected)
      : fields(std::move(fields)), expected(expected) {}

  /// The next fields, whose names begin with `prefix`, are a `structure` that
  /// starts at word `start`.
  void match(const std::string &structure, const std::string &prefix,
             unsigned start);
  void match(const std::string &structure, const std::string &prefix = "") {
    match(structure, prefix, next < fields.size() ? fields[next].word : 0);
  }
  bool isAtEnd() const { return next == fields.size(); }

private:
  bool matchOne(const Specification::Row &row, const std::string &prefix,
                unsigned start);

  std::vector<EncodedField> fields;
  Stored expected;
  size_t next = 0;
};

bool LayoutCheck::matchOne(const Specification::Row &row,
                           const std::string &prefix, unsigned start) {
  if (isAtEnd())
    return false;
  const EncodedField &field = fields[next];
  const std::string &word = row[0], &bits = row[1], name = prefix + row[2];
  bool isStructure = isupper(bits[0]);
  if (isStructure ? !llvm::StringRef(field.name).starts_with(name + ".")
                  : field.name != name)
    return false;
  if (word != "+")
    EXPECT_EQ(field.word, start + std::stoul(word)) << name;
  if (isStructure) {
    match(bits, name + ".", field.word);
    return true;
  }
  ++next;
  if (bits == "text" || bits == "64") {
    EXPECT_EQ(field.bit, 0u) << name;
    if (bits == "64")
      EXPECT_EQ(field.width, 64u) << name;
    return true;
  }
  auto [first, last] = llvm::StringRef(bits).split(' ').first.split('-');
  EXPECT_EQ(std::to_string(field.bit), first.str()) << name;
  if (field.width == 64)
    EXPECT_TRUE(llvm::StringRef(bits).ends_with("or 64")) << name;
  else
    EXPECT_EQ(std::to_string(field.bit + field.width - 1), last.str()) << name;
  return true;
}

void LayoutCheck::match(const std::string &structure, const std::string &prefix,
                        unsigned start) {
  for (const auto &row : Specification::get().getTable(structure, "Word")) {
    llvm::StringRef stored = row[3];
    bool isConditional = stored != "always";
    bool isFound = matchOne(row, prefix, start);
    if (!isConditional || expected != Stored::Some)
      EXPECT_EQ(isFound, !isConditional || expected == Stored::All)
          << structure << " " << prefix << row[2];
    while (isFound && stored.starts_with("each"))
      isFound = matchOne(row, prefix, start);
  }
}

void checkCommand(const std::string &structure, const Command &command,
                  Stored expected) {
  SCOPED_TRACE(structure + ", stored: " + std::to_string(int(expected)));
  LayoutCheck check(getFields(command), expected);
  check.match("Command");
  // The rest counts from the command's first word too.
  check.match(structure, "", 0);
  EXPECT_TRUE(check.isAtEnd());
}

Descriptor makeFullDescriptor(bool isWide = false) {
  Descriptor d;
  d.address.parameter = 3;
  d.address.parameterStride = 4;
  d.address.offset = isWide ? int64_t(1) << 40 : 1;
  d.address.loopStrides = {1, 2, 3};
  d.strides = {1, 2, 3, 4, 5, 6};
  d.guards = {{1, 2, {1, 2, 3, 4, 5, 6}, {1, 2, 3}},
              {1, 2, {6, 5, 4, 3, 2, 1}, {3, 2, 1}}};
  d.fill = 1.0;
  return d;
}

TEST(NPUSpecification, TensorLayout) {
  TensorCommand command;
  command.store = false;
  checkCommand("Tensor", command, Stored::Always);
  command.store = true;
  command.rows = {2, 3, 4};
  command.columns = 5;
  command.reduction = {6, 7, 8};
  command.unitRows = {2, 1, 3};
  command.activationZeroPoint = command.outputZeroPoint = 1;
  command.hasBias = command.hasScale = command.hasResidual = true;
  command.hasClamp = command.hasRequantization = true;
  command.outputScale = 2;
  for (Descriptor *d : {&command.activation, &command.weight, &command.bias,
                        &command.scale, &command.residual, &command.output})
    *d = makeFullDescriptor(d == &command.weight);
  checkCommand("Tensor", command, Stored::All);
}

TEST(NPUSpecification, VectorLayout) {
  checkCommand("Vector", VectorCommand(), Stored::Always);
  VectorCommand command;
  command.sizes = {1, 2};
  command.inputs = {makeFullDescriptor(), makeFullDescriptor()};
  command.body = {{VectorOpcode::Load, 1, 0, 0, 0, 1},
                  {VectorOpcode::Index, 1, 0, 0, 0, 1}};
  command.reductions.resize(2);
  command.reductions[1].initialInput = 0;
  command.finish = {{VectorOpcode::ConstF32, 0, 0, 0, 0, 5}};
  command.outputs = {{makeFullDescriptor(), 0, true, 2.0f, 3},
                     {makeFullDescriptor(), 0, true, 2.0f, 3}};
  checkCommand("Vector", command, Stored::All);
}

// Fill and the indirect kinds exclude each other: no command has all fields.
TEST(NPUSpecification, DMALayout) {
  DMACommand command;
  command.kind = DMAKind::Copy;
  checkCommand("DMA", command, Stored::Some);
  command.sizes = {1, 2, 3};
  command.source = command.destination = makeFullDescriptor();
  command.multicast = 3;
  std::set<std::string> seen;
  for (DMAKind kind : {DMAKind::Fill, DMAKind::Gather}) {
    command.kind = kind;
    checkCommand("DMA", command, Stored::Some);
    for (const EncodedField &field : getFields(command))
      seen.insert(llvm::StringRef(field.name).split('.').first.str());
  }
  for (const auto &row : Specification::get().getTable("DMA", "Word"))
    EXPECT_TRUE(seen.count(row[2])) << row[2];
}

TEST(NPUSpecification, ControlLayout) {
  checkCommand("Wait", WaitCommand(), Stored::All);
  checkCommand("Signal", SignalCommand(), Stored::All);
  checkCommand("LoopBegin", LoopBeginCommand(), Stored::All);
}

TEST(NPUSpecification, ProgramLayout) {
  Program program;
  program.parameters.push_back({"length", 5});
  program.segments.push_back({SegmentRole::Input, 16, "x"});
  program.residents.push_back({MemorySpace::Local, 0, 0, 16});
  program.setup.push_back({0, Engine::DMA, {}});
  program.queues.push_back({0, Engine::DMA, {}});
  LayoutCheck check(getFields(program), Stored::All);
  check.match("Header", "header.");
  check.match("Parameter", "parameter.");
  check.match("Segment", "segment.");
  check.match("Resident", "resident.");
  check.match("Queue", "queue.");
  check.match("Queue", "queue.");
  EXPECT_TRUE(check.isAtEnd());
}

// A program without resident bytes is of the version that has none.
TEST(NPUSpecification, HeaderOfTheFirstVersion) {
  LayoutCheck check(getFields(Program()), Stored::Always);
  check.match("Header", "header.");
  EXPECT_TRUE(check.isAtEnd());
}

TEST(NPUSpecification, CommandCodes) {
  VectorCommand vector;
  vector.body = {{VectorOpcode::ConstI32, 0, 0, 0, 0, 0}};
  vector.outputs.resize(1);
  vector.outputs[0].isFloat = false;
  DMACommand fill;
  fill.kind = DMAKind::Fill;
  struct Case {
    Engine engine;
    std::vector<Command> commands;
    unsigned index;
  };
  const Case cases[] = {
      {Engine::Tensor, {TensorCommand()}, 0},
      {Engine::Vector, {vector}, 0},
      {Engine::DMA, {fill}, 0},
      {Engine::DMA, {WaitCommand()}, 0},
      {Engine::DMA, {SignalCommand{0, Engine::DMA, 0, 1}}, 0},
      {Engine::DMA, {LoopBeginCommand(), LoopEndCommand()}, 0},
      {Engine::DMA, {LoopBeginCommand(), LoopEndCommand()}, 3},
  };
  const Table &table = Specification::get().getTable("Codes", "Value");
  ASSERT_EQ(table.size(), std::size(cases));
  for (auto [row, test] : llvm::zip_equal(table, cases)) {
    Program program;
    program.queues.push_back({0, test.engine, test.commands});
    auto bytes = encode(program);
    ASSERT_TRUE(bool(bytes)) << llvm::toString(bytes.takeError());
    constexpr unsigned wordsBefore = 8; // header and queue
    EXPECT_EQ(std::to_string((*bytes)[4 * (wordsBefore + test.index)]), row[0])
        << row[1];
  }
}

} // namespace
