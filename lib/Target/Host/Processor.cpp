//===- Processor.cpp - What native code needs of a processor --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Processor.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Process.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;

namespace garam::host {
namespace {

/// A level of the x86-64 psABI (section 3.1.1, table 3.1) and what it adds to
/// the one before, in LLVM's names.
struct Level {
  StringLiteral name;
  std::vector<StringLiteral> features;
};

} // namespace

static ArrayRef<Level> getLevels() {
  static const Level levels[] = {
      {"x86-64", {"cmov", "cx8", "fxsr", "mmx", "sse", "sse2"}},
      {"x86-64-v2",
       {"cx16", "popcnt", "sahf", "sse3", "sse4.1", "sse4.2", "ssse3"}},
      {"x86-64-v3",
       {"avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe",
        "xsave"}},
      {"x86-64-v4",
       {"avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl"}}};
  return levels;
}

std::vector<StringRef> getProcessorLevels() {
  std::vector<StringRef> names;
  for (const Level &level : getLevels())
    names.push_back(level.name);
  return names;
}

/// Widths and numbers in 64-bit mode: Intel 64 and IA-32 Architectures Software
/// Developer's Manual, volume 1, sections 10.2.2 (XMM), 14.1.1 (YMM), 15.1.1
/// (ZMM).
VectorRegisters Processor::getVectorRegisters() const {
  if (is_contained(features, "avx512f"))
    return {/*bits=*/512, /*number=*/32};
  if (is_contained(features, "avx"))
    return {/*bits=*/256, /*number=*/16};
  return {/*bits=*/128, /*number=*/16};
}

static bool isX86() {
  return Triple(sys::getProcessTriple()).getArch() == Triple::x86_64;
}

/// Features of this machine that are missing of `features`.
static std::vector<std::string> findMissing(ArrayRef<std::string> features) {
  StringMap<bool> own = sys::getHostCPUFeatures();
  std::vector<std::string> missing;
  for (const std::string &feature : features)
    if (!own.lookup(feature))
      missing.push_back(feature);
  return missing;
}

/// The features of a level with those of all before, or nothing.
static std::optional<std::vector<std::string>> getFeatures(StringRef name) {
  std::vector<std::string> features;
  for (const Level &level : getLevels()) {
    for (StringRef feature : level.features)
      features.push_back(feature.str());
    if (level.name == name)
      return features;
  }
  return std::nullopt;
}

/// The highest level that this machine has.
static StringRef getOwnLevel() {
  StringRef own;
  for (const Level &level : getLevels())
    if (findMissing(*getFeatures(level.name)).empty())
      own = level.name;
  return own;
}

Expected<Processor> findProcessor(StringRef name) {
  if (std::optional<std::vector<std::string>> features = getFeatures(name))
    return Processor{name.str(), std::move(*features)};
  std::string known = join(getProcessorLevels(), ", ");
  if (name != "native")
    return createStringError("found '" + name + "', needed one of " + known +
                             ", native");
  if (!isX86())
    return createStringError("found 'native' on a machine that is not x86-64, "
                             "needed one of " +
                             known);
  Processor processor;
  processor.name = sys::getHostCPUName().str();
  for (const auto &entry : sys::getHostCPUFeatures())
    if (entry.second)
      processor.features.push_back(entry.first().str());
  llvm::sort(processor.features);
  return processor;
}

Error checkProcessor(StringRef name, ArrayRef<std::string> features) {
  if (!isX86())
    return createStringError("its native code needs " + name +
                             ", this machine is " + sys::getProcessTriple());
  std::vector<std::string> missing = findMissing(features);
  if (missing.empty())
    return Error::success();
  return createStringError("its native code needs " + name +
                           ", this processor has " + getOwnLevel() + " (" +
                           sys::getHostCPUName() + ", without " +
                           join(missing, ", ") +
                           "); hint: compile it again for this processor, or "
                           "ask for times alone");
}

} // namespace garam::host
