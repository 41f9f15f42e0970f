//===- Inspect.cpp - garam inspect ----------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "Validators.h"
#include "garam/Runtime/Listing.h"
#include "garam/Support/ControlCharacters.h"
#include "garam/Support/Errors.h"
#include "garam/Support/FileRoles.h"
#include "garam/Support/OutputFile.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <CLI/CLI.hpp>

using namespace llvm;

namespace garam::tool {

namespace {
struct InspectCommand {
  std::string binary;
  /// A form of a device, and the file that a program is written to in it.
  struct Export {
    std::string kind, flag, path;
  };
  std::vector<Export> exports;
  unsigned program = 0;
  bool hasProgram = false; // `program` was given
  bool disassemble = false, plan = false, asJSON = false;

  Error run(const DeviceRegistry &devices) const;

private:
  Expected<json::Array> listPrograms(const Executable &executable) const;
  Error printJSON(const Executable &executable) const;
  Expected<unsigned> chooseProgram(const Executable &executable,
                                   const Export &wanted) const;
  Error writeExport(const Executable &executable, const Export &wanted) const;
};
} // namespace

static void printSections(const Container &container) {
  outs() << "Sections\n";
  for (const Container::Section &section : container.getSections())
    outs() << formatv("  {0,-24} version {1}  offset {2,10}  {3,12} bytes  "
                      "{4:x16}\n",
                      escapeControlCharacters(section.name), section.version,
                      section.offset, section.bytes.size(), section.checksum);
}

static Error printPlan(const Image &image) {
  auto plans = image.readPlans();
  if (!plans)
    return plans.takeError();
  outs() << "Memory plan\n";
  for (const std::vector<PlannedRegion> &plan : *plans)
    for (const PlannedRegion &region : plan)
      outs() << formatv("  {0,-16} {1,10} {2,10} bytes  {3}\n",
                        escapeControlCharacters(region.memory), region.offset,
                        region.size, escapeControlCharacters(region.name));
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

/// The only program that the form is of, or the one that was named.
Expected<unsigned> InspectCommand::chooseProgram(const Executable &executable,
                                                 const Export &wanted) const {
  const Manifest &manifest = executable.getManifest();
  SmallVector<unsigned> fitting;
  for (auto [number, candidate] : enumerate(manifest.programs))
    if (manifest.getTarget(candidate).kind == wanted.kind &&
        (!hasProgram || program == number))
      fitting.push_back(number);
  if (fitting.size() == 1)
    return fitting.front();
  if (fitting.empty())
    return makeUserError(ExitCode::Usage,
                         "--" + wanted.flag + ": " +
                             (hasProgram
                                  ? "program " + std::to_string(program) +
                                        " is not one of kind '"
                                  : "no program is of kind '") +
                             wanted.kind + "'");
  return makeUserError(ExitCode::Usage,
                       "--" + wanted.flag + ": " + Twine(fitting.size()) +
                           " programs are of kind '" + wanted.kind +
                           "'; hint: pass --program NUMBER, the first is " +
                           Twine(fitting.front()));
}

Error InspectCommand::writeExport(const Executable &executable,
                                  const Export &wanted) const {
  Expected<unsigned> number = chooseProgram(executable, wanted);
  if (!number)
    return number.takeError();
  const LoadedProgram &loaded = executable.getProgram(*number);
  ArrayRef<uint8_t> constants;
  // Of the first dispatch, when there are several with weights of their own.
  for (const InstancePlace &place : executable.getInstances())
    if (place.program == *number && place.constantSegment && constants.empty())
      constants = executable.getImage().getConstants(*place.constantSegment);
  FileRoles roles;
  if (Error error = roles.addInput("the binary", binary))
    return error;
  if (Error error = roles.addOutput("--" + wanted.flag, wanted.path))
    return error;
  return writeOutputFile(wanted.path, [&](raw_ostream &os) {
    return loaded.exportAs(wanted.flag, constants, os);
  });
}

Error InspectCommand::run(const DeviceRegistry &devices) const {
  Expected<std::shared_ptr<const Executable>> executable =
      Executable::load(binary, devices);
  if (!executable)
    return executable.takeError();
  for (const Export &wanted : exports)
    if (Error error = writeExport(**executable, wanted))
      return error;
  if (!exports.empty())
    return Error::success();
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

void addInspectCommand(CLI::App &app, const DeviceRegistry &devices,
                       Action &action) {
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
  CLI::Option *program =
      sub->add_option("--program", command->program,
                      "number of the program to write in a device's form");
  // Devices say themselves which forms they have.
  for (const auto &device : devices.getDevices())
    for (const DeviceExport &form : device->getExports())
      sub->add_option_function<std::string>(
             "--" + form.flag,
             [command, kind = device->getKind().str(),
              flag = form.flag](const std::string &path) {
               command->exports.push_back({kind, flag, path});
             },
             form.help)
          ->type_name("FILE")
          ->check(isNotEmpty());
  sub->callback([command, program, &action] {
    command->hasProgram = program->count() != 0;
    if (command->hasProgram && command->exports.empty())
      throw CLI::RequiresError("--program", "the option of a device's form");
    action = [command](const DeviceRegistry &devices) {
      return command->run(devices);
    };
  });
}

} // namespace garam::tool
