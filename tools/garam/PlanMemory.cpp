//===- PlanMemory.cpp - garam plan-memory ---------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "Validators.h"
#include "garam/MemoryPlanning/BufferFile.h"
#include "garam/Support/Errors.h"
#include "garam/Support/FileRoles.h"
#include "garam/Support/InputFile.h"
#include "garam/Support/OutputFile.h"
#include "llvm/Support/FormatVariadic.h"

#include <CLI/CLI.hpp>

#include <limits>

using namespace llvm;

namespace garam::tool {

namespace {
struct PlanMemoryCommand {
  std::string path;
  std::string outputPath;
  int64_t capacity = 0;
  double timeLimit = 10; // seconds

  Error run() const;
};
} // namespace

using Clock = std::chrono::steady_clock;

static Error makeHeightError(StringRef path, const memory::MemoryPlan &plan,
                             int64_t capacity) {
  std::string text =
      formatv("{0}: needs {1} bytes by the best plan that was found, but there "
              "are {2}",
              path, plan.height, capacity);
  if (plan.lowerBound > capacity)
    text += formatv("; no plan needs less than {0}", plan.lowerBound);
  else
    text += "\nhint: a larger --time-limit may find a lower plan";
  return makeUserError(ExitCode::Model, text);
}

Error PlanMemoryCommand::run() const {
  Clock::time_point start = Clock::now();
  FileRoles roles;
  if (Error error = roles.addInput("the table", path))
    return error;
  if (Error error = roles.addOutput("-o", outputPath))
    return error;
  Expected<std::unique_ptr<MemoryBuffer>> text =
      openInputFile(path, /*isText=*/true);
  if (!text)
    return makeUserError(ExitCode::Input, "cannot read '" + path + "': " +
                                              toString(text.takeError()));
  Expected<memory::BufferTable> table =
      memory::readBufferTable((*text)->getMemBufferRef());
  if (!table)
    return table.takeError();

  memory::PlannerOptions options;
  options.capacity = capacity;
  options.maxSteps = std::numeric_limits<uint64_t>::max();
  options.deadline = start + std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>(timeLimit));
  Expected<memory::MemoryPlan> plan =
      memory::planMemory(table->buffers, options);
  if (!plan)
    return makeUserError(ExitCode::Input,
                         path + ": " + toString(plan.takeError()));
  std::chrono::duration<double> time = Clock::now() - start;

  auto write = [&](raw_ostream &os) {
    memory::writePlan(*table, plan->offsets, os);
    return Error::success();
  };
  if (Error error = writeOutputFile(outputPath, write))
    return error;
  outs() << formatv("{0} buffers in {1} bytes, at least {2} needed, {3:f3} s\n",
                    table->buffers.size(), plan->height, plan->lowerBound,
                    time.count());
  if (plan->height > capacity)
    return makeHeightError(path, *plan, capacity);
  return Error::success();
}

void addPlanMemoryCommand(CLI::App &app, Action &action) {
  auto command = std::make_shared<PlanMemoryCommand>();
  CLI::App *sub = app.add_subcommand(
      "plan-memory", "Give buffers with lifetimes their addresses");
  sub->add_option("table", command->path,
                  "table of buffers: a CSV file with the columns id, lower, "
                  "upper and size, and maybe alignment and bank; a buffer "
                  "lives from lower until before upper")
      ->required();
  sub->add_option("--capacity", command->capacity, "bytes that there are")
      ->required()
      ->check(isNumber(1, std::numeric_limits<int64_t>::max()));
  // A day, so that the time can be added to a clock's.
  constexpr double maxTimeLimit = 24 * 60 * 60;
  sub->add_option("--time-limit", command->timeLimit,
                  "seconds, after which the best plan so far is taken")
      ->check(areSecondsUpTo(maxTimeLimit))
      ->capture_default_str();
  sub->add_option("-o", command->outputPath,
                  "the table with a column offset, also of a plan that needs "
                  "more than the capacity")
      ->required();
  sub->callback([command, &action] {
    action = [command](const DeviceRegistry &) { return command->run(); };
  });
}

} // namespace garam::tool
