//===- Image.cpp - What a device binary holds -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Container/Image.h"

#include "Tables.h"
#include "garam/Support/Errors.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;

namespace garam {

namespace {
/// Name and version of a section whose content this file knows.
struct SectionKind {
  StringLiteral name;
  uint32_t version;
};
} // namespace

static constexpr SectionKind manifestSection = {".garam.manifest", 6};
static constexpr SectionKind debugSection = {".garam.debug", 5};
static constexpr SectionKind planSection = {".garam.plan", 1};
static constexpr SectionKind constantsSection = {".garam.constants", 1};
/// Of the code of a program; its own encoding has a version besides.
static constexpr uint32_t codeVersion = 1;
/// Of the text of a device's target file.
static constexpr uint32_t targetVersion = 1;

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static SectionSource makeSection(const SectionKind &kind,
                                 std::vector<uint8_t> bytes) {
  return makeSection(kind.name.str(), kind.version, std::move(bytes));
}

static std::vector<uint8_t> toBytes(StringRef text) {
  return std::vector<uint8_t>(text.bytes_begin(), text.bytes_end());
}

/// The constants that are written into each constant segment.
static DenseMap<uint32_t, ArrayRef<DeviceConstant>>
mapConstants(const ImageSource &source) {
  DenseMap<uint32_t, ArrayRef<DeviceConstant>> constants;
  for (const EntryPoint &entry : source.manifest.entryPoints)
    for (const Step &step : entry.steps)
      if (step.kind == Step::Kind::Dispatch && !step.segments.empty() &&
          !source.programs[step.program].constants.empty())
        constants.try_emplace(step.segments[0],
                              source.programs[step.program].constants);
  for (const auto &[segment, own] : source.constants)
    constants[segment] = own;
  return constants;
}

/// The weights of all dispatches, each at the offset of its segment. They are
/// made when they are written.
static SectionSource makeConstants(const ImageSource &source) {
  SectionSource section;
  section.name = constantsSection.name.str();
  section.version = constantsSection.version;
  for (const ImageSegment &segment : source.manifest.segments)
    if (segment.segment.role == MemoryRole::Constant)
      section.size =
          std::max(section.size, segment.offset + segment.segment.size);
  DenseMap<uint32_t, ArrayRef<DeviceConstant>> constants = mapConstants(source);
  for (const auto &[number, segment] : enumerate(source.manifest.segments))
    for (const DeviceConstant &constant : constants.lookup(number))
      section.parts.push_back(
          {segment.offset + constant.offset, constant.size, constant.write});
  return section;
}

Error writeImage(OutputFile &file, const ImageSource &source,
                 ThreadPoolInterface *threads) {
  std::vector<SectionSource> sections;
  sections.push_back(makeSection(manifestSection,
                                 toBytes(serializeManifest(source.manifest))));
  for (const auto &[program, image] :
       zip(source.programs, source.manifest.programs))
    sections.push_back(makeSection(image.section, codeVersion, program.code));
  sections.push_back(
      makeSection(debugSection, serializeDebugMaps(source.programs)));
  sections.push_back(makeSection(planSection, serializePlans(source.programs)));
  StringSet<> targets;
  for (const auto &[device, text] :
       zip_equal(source.manifest.devices, source.targetTexts))
    if (targets.insert(device.section).second)
      sections.push_back(
          makeSection(device.section, targetVersion, toBytes(text)));
  sections.push_back(makeConstants(source));
  return writeContainer(file, sections, threads);
}

Error writeImage(StringRef path, const ImageSource &source) {
  Expected<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  if (Error error = writeImage(*file, source))
    return error;
  return file->commit();
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

Expected<Image> Image::open(StringRef path) {
  Expected<Container> container = Container::open(path);
  if (!container)
    return container.takeError();
  return create(std::move(*container));
}

Expected<Image> Image::create(Container container) {
  Image image(std::move(container));
  if (Error error = image.read())
    return error;
  return image;
}

static Expected<ArrayRef<uint8_t>> getBytes(const Container &container,
                                            StringRef name, uint32_t version) {
  Expected<const Container::Section *> section =
      container.getSection(name, version);
  if (!section)
    return section.takeError();
  return (*section)->bytes;
}

Error Image::read() {
  Expected<ArrayRef<uint8_t>> bytes =
      getBytes(container, manifestSection.name, manifestSection.version);
  if (!bytes)
    return bytes.takeError();
  Expected<Manifest> parsed = parseManifest(toStringRef(*bytes));
  if (!parsed)
    return container.makeError(toString(parsed.takeError()));
  manifest = std::move(*parsed);

  for (const ImageProgram &program : manifest.programs) {
    Expected<ArrayRef<uint8_t>> code =
        getBytes(container, program.section, codeVersion);
    if (!code)
      return code.takeError();
    codes.push_back(*code);
  }

  for (const ImageDevice &device : manifest.devices) {
    Expected<ArrayRef<uint8_t>> target =
        getBytes(container, device.section, targetVersion);
    if (!target)
      return target.takeError();
    targetTexts.push_back(toStringRef(*target));
  }

  Expected<ArrayRef<uint8_t>> weights =
      getBytes(container, constantsSection.name, constantsSection.version);
  if (!weights)
    return weights.takeError();
  constants = *weights;
  for (const ImageSegment &segment : manifest.segments)
    if (segment.segment.role == MemoryRole::Constant &&
        (segment.offset > constants.size() ||
         segment.segment.size > constants.size() - segment.offset))
      return container.makeError(
          "segment '" + segment.segment.name + "' of " +
          Twine(segment.segment.size) + " bytes at " + Twine(segment.offset) +
          " leaves the constants of " + Twine(constants.size()) + " bytes");
  return Error::success();
}

ArrayRef<uint8_t> Image::getConstants(unsigned segment) const {
  const ImageSegment &entry = manifest.segments[segment];
  return constants.slice(entry.offset, entry.segment.size);
}

Expected<std::vector<DebugMap>> Image::readDebugMaps() const {
  Expected<ArrayRef<uint8_t>> bytes =
      getBytes(container, debugSection.name, debugSection.version);
  if (!bytes)
    return bytes.takeError();
  std::optional<std::vector<DebugMap>> maps = parseDebugMaps(*bytes);
  if (!maps || maps->size() != manifest.programs.size())
    return container.makeError("section '" + debugSection.name +
                               "' does not have the debug map's form");
  return std::move(*maps);
}

Expected<std::vector<std::vector<PlannedRegion>>> Image::readPlans() const {
  Expected<ArrayRef<uint8_t>> bytes =
      getBytes(container, planSection.name, planSection.version);
  if (!bytes)
    return bytes.takeError();
  std::optional<std::vector<std::vector<PlannedRegion>>> plans =
      parsePlans(*bytes);
  if (!plans || plans->size() != manifest.programs.size())
    return container.makeError("section '" + planSection.name +
                               "' does not have the memory plan's form");
  return std::move(*plans);
}

} // namespace garam
