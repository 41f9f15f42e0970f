//===- Inspect.cpp - garam inspect ----------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "garam/Runtime/Listing.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <CLI/CLI.hpp>

using namespace llvm;

namespace garam::tool {

namespace {
struct InspectCommand {
  std::string binary;
  bool disassemble = false, plan = false, asJSON = false;

  Error run(const DeviceRegistry &devices) const;

private:
  Expected<json::Array> listPrograms(const Executable &executable) const;
  Error printJSON(const Executable &executable) const;
};
} // namespace

static void printSections(const Container &container) {
  outs() << "Sections\n";
  for (const Container::Section &section : container.getSections())
    outs() << formatv("  {0,-24} version {1}  offset {2,10}  {3,12} bytes  "
                      "{4:x16}\n",
                      section.name, section.version, section.offset,
                      section.bytes.size(), section.checksum);
}

static Error printPlan(const Image &image) {
  auto plans = image.readPlans();
  if (!plans)
    return plans.takeError();
  outs() << "Memory plan\n";
  for (const std::vector<PlannedRegion> &plan : *plans)
    for (const PlannedRegion &region : plan)
      outs() << formatv("  {0,-16} {1,10} {2,10} bytes  {3}\n", region.memory,
                        region.offset, region.size, region.name);
  return Error::success();
}

static json::Array toJSON(ArrayRef<PlannedRegion> plan) {
  json::Array regions;
  for (const PlannedRegion &region : plan)
    regions.push_back(json::Object{{"memory", json::fixUTF8(region.memory)},
                                   {"offset", region.offset},
                                   {"size", region.size},
                                   {"name", json::fixUTF8(region.name)}});
  return regions;
}

/// One object a program, with its text and its memory plan as they are asked
/// for.
Expected<json::Array>
InspectCommand::listPrograms(const Executable &executable) const {
  auto plans = executable.getImage().readPlans();
  if (!plans)
    return plans.takeError();
  json::Array programs;
  for (unsigned p = 0; p < executable.getNumPrograms(); ++p) {
    json::Object program;
    if (disassemble) {
      std::string text;
      raw_string_ostream os(text);
      executable.getProgram(p).disassemble(os);
      program["disassembly"] = json::fixUTF8(text);
    }
    if (plan)
      program["plan"] = toJSON((*plans)[p]);
    programs.push_back(std::move(program));
  }
  return programs;
}

/// Sections and manifest as one JSON object.
Error InspectCommand::printJSON(const Executable &executable) const {
  const Container &container = executable.getImage().getContainer();
  json::Array sections;
  for (const Container::Section &section : container.getSections())
    sections.push_back(
        json::Object{{"name", json::fixUTF8(section.name)},
                     {"version", section.version},
                     {"offset", section.offset},
                     {"size", section.bytes.size()},
                     {"checksum", formatv("{0:x16}", section.checksum).str()}});
  Expected<json::Value> manifest =
      json::parse(serializeManifest(executable.getManifest()));
  if (!manifest)
    return manifest.takeError();
  json::Object object{{"file_size", container.getFileSize()},
                      {"target", executable.getManifest().target},
                      {"sections", std::move(sections)},
                      {"manifest", std::move(*manifest)}};
  if (disassemble || plan) {
    Expected<json::Array> programs = listPrograms(executable);
    if (!programs)
      return programs.takeError();
    object["programs"] = std::move(*programs);
  }
  json::OStream(outs(), /*IndentSize=*/2).value(std::move(object));
  outs() << '\n';
  return Error::success();
}

Error InspectCommand::run(const DeviceRegistry &devices) const {
  Expected<std::shared_ptr<const Executable>> executable =
      Executable::load(binary, devices);
  if (!executable)
    return executable.takeError();
  if (asJSON)
    return printJSON(**executable);
  if (disassemble) {
    for (unsigned p = 0; p < (*executable)->getNumPrograms(); ++p)
      (*executable)->getProgram(p).disassemble(outs());
    return Error::success();
  }
  printContents(**executable, outs());
  printSections((*executable)->getImage().getContainer());
  return plan ? printPlan((*executable)->getImage()) : Error::success();
}

void addInspectCommand(CLI::App &app, Action &action) {
  auto command = std::make_shared<InspectCommand>();
  CLI::App *sub =
      app.add_subcommand("inspect", "Show what a device binary has");
  sub->add_option("binary", command->binary, "what 'garam compile' wrote")
      ->required();
  sub->add_flag("--disassemble,-d", command->disassemble,
                "print the programs, one command a line");
  sub->add_flag("--plan", command->plan, "print the memory plan too");
  sub->add_flag("--json", command->asJSON,
                "print sections and manifest as JSON, with "
                "--disassemble and --plan these too");
  sub->callback([command, &action] {
    action = [command](const DeviceRegistry &devices) {
      return command->run(devices);
    };
  });
}

} // namespace garam::tool
