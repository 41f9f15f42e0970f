//===- SystemFile.cpp - Reads target files of systems ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/System.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"

using namespace llvm;

namespace garam {

// As of the links of chips: they keep products of figures far from overflow and
// catch a value in the wrong unit.

static void visitDevice(TargetSchemaVisitor &v,
                        SystemDescription::Device &device) {
  static constexpr StringLiteral need =
      "a name of letters, digits, '_', '-' or '.'";
  v.text({"name", need,
          "what the device is called in placements and reports, no two the "
          "same"},
         [&](StringRef text) {
           device.name = text.str();
           bool isRight = all_of(text, [](char c) {
             return isAlnum(c) || StringRef("_-.").contains(c);
           });
           return isRight ? ""
                          : "found '" + text.str() + "', needed " + need.str();
         });
  v.text({"target", "the name or the file of a target",
          "its target; a file is looked up from the folder of this one"},
         [&](StringRef text) {
           device.target = text.str();
           return std::string();
         });
}

static void visitLink(TargetSchemaVisitor &v, SystemLink &link) {
  unsigned end = 0;
  v.text({"between", "a sequence of two names of devices",
          "the devices whose memories it joins", unsigned(link.ends.size())},
         [&](StringRef text) {
           link.ends[end++ % link.ends.size()] = text.str();
           return std::string();
         });
  visitLink(v, {&link.bytesPerSecond, &link.seconds, &link.energyPerByte});
}

static void visitSystemSchema(TargetSchemaVisitor &v, SystemDescription &s) {
  v.text({"host_device", "the name of one of the devices",
          "the device in whose memory inputs and outputs are, and which takes "
          "what the others refuse"},
         [&](StringRef text) {
           s.host = text.str();
           return std::string();
         });
  v.sequence({"devices", "device", "the devices of the system"},
             [&] { visitDevice(v, s.devices.emplace_back()); });
  v.sequence({"links", "link",
              "what joins their memories; from each device there is a way to "
              "each other",
              /*isOptional=*/true},
             [&] { visitLink(v, s.links.emplace_back()); });
}

/// Every device is reached from the first.
static void checkConnected(const SystemDescription &system,
                           TargetRelations &relations) {
  EquivalenceClasses<StringRef> joined;
  for (const SystemLink &link : system.links)
    joined.unionSets(link.ends[0], link.ends[1]);
  for (auto [i, device] : enumerate(system.devices)) {
    StringRef first = system.devices.front().name;
    relations.require(
        device.name == first || joined.isEquivalent(first, device.name),
        ("devices[" + Twine(i) + "].name").str(),
        "no link leads from '" + device.name + "' to '" + first + "'");
  }
}

static void checkRelations(const SystemDescription &system,
                           TargetRelations &relations) {
  StringMap<unsigned> devices;
  for (auto [i, device] : enumerate(system.devices))
    relations.require(devices.insert({device.name, i}).second,
                      ("devices[" + Twine(i) + "].name").str(),
                      "'" + device.name +
                          "' is a device already; needed another name");
  relations.require(devices.contains(system.host), "host_device",
                    "'" + system.host + "' is none of the devices");
  for (auto [i, link] : enumerate(system.links)) {
    std::string path = ("links[" + Twine(i) + "].between").str();
    for (const std::string &end : link.ends)
      relations.require(devices.contains(end), path,
                        "'" + end + "' is none of the devices");
    relations.require(link.ends[0] != link.ends[1], path,
                      "joins '" + link.ends[0] + "' with itself");
    for (const SystemLink &other : ArrayRef(system.links).take_front(i))
      relations.require(!std::is_permutation(link.ends.begin(), link.ends.end(),
                                             other.ends.begin()),
                        path,
                        "'" + link.ends[0] + "' and '" + link.ends[1] +
                            "' have a link already; keep one");
  }
  checkConnected(system, relations);
}

Expected<SystemDescription> readSystemFile(MemoryBufferRef file) {
  SystemDescription system;
  if (Error error = readTargetFields(
          file, systemKind, system.name,
          [&](TargetSchemaVisitor &v) { visitSystemSchema(v, system); },
          [&](TargetRelations &r) { checkRelations(system, r); }))
    return std::move(error);
  return system;
}

std::vector<TargetField> getSystemFields() {
  SystemDescription system;
  return listTargetFields(systemKind, [&](TargetSchemaVisitor &v) {
    visitSystemSchema(v, system);
  });
}

} // namespace garam
