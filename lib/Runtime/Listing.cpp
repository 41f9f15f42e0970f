//===- Listing.cpp - What a device binary has, for people -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/Listing.h"

#include "garam/Support/ControlCharacters.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace garam {

/// The binary may come from a stranger.
static std::string escape(StringRef text) {
  return escapeControlCharacters(text);
}

static void printBindings(StringRef title, ArrayRef<Binding> bindings,
                          raw_ostream &os) {
  for (const Binding &binding : bindings) {
    os << formatv("  {0,-8} {1} {2}, segment {3}", title, escape(binding.name),
                  binding.type.str(), binding.segment);
    if (const auto &quantization = binding.quantization)
      os << ", as " << getName(quantization->storage) << ", scale "
         << format("%.9g", quantization->scale) << ", zero point "
         << quantization->zeroPoint;
    os << '\n';
  }
}

static void printSystem(const Manifest &manifest, raw_ostream &os) {
  os << "Devices\n";
  for (const auto &[i, device] : enumerate(manifest.devices))
    os << formatv("  {0,3} {1} ({2})\n", i, escape(device.name),
                  escape(device.kind));
  if (!manifest.links.empty())
    os << "Links\n";
  for (const auto &[i, link] : enumerate(manifest.links))
    os << formatv("  {0,3} {1}: {2} and {3}, ", i, escape(link.name),
                  escape(manifest.devices[link.between[0]].name),
                  escape(manifest.devices[link.between[1]].name))
       << format("%.4g GB/s, %.4g us, %.4g pJ/byte\n",
                 link.bytesPerSecond * 1e-9, link.seconds * 1e6,
                 link.joulePerByte * 1e12);
}

static void printSteps(const Manifest &manifest, ArrayRef<Step> steps,
                       raw_ostream &os) {
  for (const auto &[i, step] : enumerate(steps)) {
    if (step.kind == Step::Kind::Dispatch)
      os << formatv("  step {0,3} program {1} on {2}", i, step.program,
                    escape(manifest.devices[step.device].name));
    else
      os << formatv("  step {0,3} {1} bytes from segment {2} to {3}", i,
                    step.bytes, step.from, step.to);
    if (!step.after.empty())
      os << formatv(", after {0:$[ ]}",
                    make_range(step.after.begin(), step.after.end()));
    os << '\n';
  }
}

void printContents(const Executable &executable, raw_ostream &os) {
  const Manifest &manifest = executable.getManifest();
  os << escape(manifest.model) << " for " << escape(manifest.target) << ", by "
     << escape(manifest.producer) << '\n';
  for (const auto &[name, value] : manifest.options)
    os << "  --" << escape(name) << ' ' << escape(value) << '\n';
  printSystem(manifest, os);
  for (const EntryPoint &entry : manifest.entryPoints) {
    os << "Entry point " << escape(entry.name) << '\n';
    printBindings("input", entry.inputs, os);
    printBindings("output", entry.outputs, os);
    for (const CarriedState &state : entry.states) {
      printBindings("state", state.input, os);
      printBindings("  from", state.output, os);
    }
    printSteps(manifest, entry.steps, os);
  }
  os << "Segments\n";
  for (const auto &[i, segment] : enumerate(manifest.segments))
    os << formatv("  {0,3} {1,-9} {2,12} bytes  {3}{4}\n", i,
                  getName(segment.segment.role), segment.segment.size,
                  escape(segment.segment.name),
                  manifest.devices.size() == 1
                      ? ""
                      : ", " + escape(manifest.devices[segment.device].name));
  for (unsigned p = 0; p < executable.getNumPrograms(); ++p) {
    os << "Program " << p << " ("
       << escape(manifest.getTarget(manifest.programs[p]).target) << ")\n";
    for (const auto &[lane, count] :
         zip(executable.getProgram(p).getLanes(),
             executable.getProgram(p).getCommandCounts()))
      os << formatv("  {0,-20} {1,8} commands\n", lane, count);
  }
}

} // namespace garam
