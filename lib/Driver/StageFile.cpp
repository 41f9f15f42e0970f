//===- StageFile.cpp - The IR of a stage as files -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageFile.h"

#include "Diagnostics.h"
#include "Pipelines.h"
#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "garam/Dialect/ONNX/IR/ONNX.h"
#include "garam/Support/Errors.h"
#include "garam/Support/InputFile.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;

namespace garam {

static constexpr llvm::StringLiteral stageAttrName = "garam.stage";
static constexpr llvm::StringLiteral weightsAttrName = "garam.weights";
static constexpr llvm::StringLiteral weightsExtension = ".weights.mlirbc";

/// The resources that a module refers to, by name, each with one attribute.
using WeightMap = llvm::MapVector<StringRef, DenseResourceElementsAttr>;

static WeightMap findWeights(ModuleOp module) {
  WeightMap weights;
  module->walk([&](Operation *op) {
    op->getAttrDictionary().walk([&](DenseResourceElementsAttr attr) {
      weights.insert({attr.getRawHandle().getKey(), attr});
    });
  });
  return weights;
}

std::vector<std::pair<StringRef, StringRef>> readOptions(ModuleOp module) {
  std::vector<std::pair<StringRef, StringRef>> found;
  if (auto attr = module->getAttrOfType<DictionaryAttr>(optionsAttrName))
    for (NamedAttribute option : attr)
      if (auto text = dyn_cast<StringAttr>(option.getValue()))
        found.emplace_back(option.getName().getValue(), text.getValue());
  return found;
}

static std::string getChecksum(llvm::MemoryBufferRef file) {
  return llvm::formatv("{0:x16}", llvm::xxh3_64bits(file.getBuffer())).str();
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static void print(ModuleOp module, llvm::raw_ostream &os) {
  // Locations carry the node ids.
  OpPrintingFlags flags;
  flags.enableDebugInfo(/*enable=*/true, /*prettyForm=*/false);
  flags.elideLargeResourceString(/*largeResourceLimit=*/0);
  module.print(os, flags);
  os << '\n';
}

void printStage(ModuleOp module, StringRef stage, llvm::raw_ostream &os) {
  module->setAttr(stageAttrName, StringAttr::get(module.getContext(), stage));
  print(module, os);
  module->removeAttr(stageAttrName);
}

static llvm::Error writeWeights(MLIRContext *context, const WeightMap &weights,
                                OutputFile &file) {
  OwningOpRef<ModuleOp> holder = ModuleOp::create(UnknownLoc::get(context));
  SmallVector<Attribute> attrs;
  for (const auto &[name, attr] : weights)
    attrs.push_back(attr);
  (*holder)->setAttr(weightsAttrName, ArrayAttr::get(context, attrs));
  return file.append([&](llvm::raw_ostream &os) {
    return succeeded(writeBytecodeToFile(*holder, os))
               ? llvm::Error::success()
               : llvm::createStringError("cannot serialise the weights");
  });
}

/// What the text says of the file of its weights.
static llvm::Expected<Attribute> describeWeights(MLIRContext *context,
                                                 const OutputFile &file) {
  auto written = llvm::MemoryBuffer::getFile(file.getTemporaryPath(),
                                             /*IsText=*/false,
                                             /*RequiresNullTerminator=*/false);
  if (!written)
    return file.makeError(written.getError().message());
  Builder builder(context);
  StringRef name = llvm::sys::path::filename(file.getPath());
  return builder.getDictionaryAttr(
      {builder.getNamedAttr("checksum",
                            builder.getStringAttr(getChecksum(**written))),
       builder.getNamedAttr("file", builder.getStringAttr(name))});
}

static const char *getBytes(DenseResourceElementsAttr attr) {
  AsmResourceBlob *blob = attr.getRawHandle().getBlob();
  return blob ? blob->getData().data() : nullptr;
}

bool StageWriter::areWritten(const WeightMap &found) const {
  return llvm::all_of(found, [&](const auto &entry) {
    auto known = weights.find(entry.first);
    return known != weights.end() && known->second == getBytes(entry.second);
  });
}

llvm::Expected<OutputFile>
StageWriter::writeWeightsBeside(const OutputFile &text, MLIRContext *context,
                                const WeightMap &found) {
  std::string path = (text.getPath() + weightsExtension).str();
  if (llvm::Error error = roles.addOutput("the file of weights", path))
    return std::move(error);
  llvm::Expected<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file;
  if (llvm::Error error = writeWeights(context, found, *file))
    return std::move(error);
  llvm::Expected<Attribute> description = describeWeights(context, *file);
  if (!description)
    return description.takeError();
  weightsAttr = *description;
  weights.clear();
  for (const auto &[name, attr] : found)
    weights[name] = getBytes(attr);
  return file;
}

llvm::Expected<std::optional<OutputFile>>
StageWriter::write(ModuleOp module, StringRef stage, OutputFile &text) {
  WeightMap found = findWeights(module);
  std::optional<OutputFile> file;
  if (!areWritten(found)) {
    llvm::Expected<OutputFile> written =
        writeWeightsBeside(text, module.getContext(), found);
    if (!written)
      return written.takeError();
    file = std::move(*written);
  }
  if (!found.empty())
    module->setAttr(weightsAttrName, weightsAttr);
  llvm::Error error = text.append([&](llvm::raw_ostream &os) {
    printStage(module, stage, os);
    return llvm::Error::success();
  });
  module->removeAttr(weightsAttrName);
  if (error)
    return std::move(error);
  return std::move(file);
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static llvm::Expected<std::shared_ptr<llvm::MemoryBuffer>>
openFile(StringRef path, bool isText) {
  auto fail = [&](const Twine &reason) {
    return makeUserError(ExitCode::Model,
                         "cannot read '" + path + "': " + reason);
  };
  auto buffer = openInputFile(path, isText);
  if (!buffer)
    return fail(llvm::toString(buffer.takeError()));
  return std::shared_ptr<llvm::MemoryBuffer>(std::move(*buffer));
}

/// Parses a file that stays as long as the module's resources.
static llvm::Expected<OwningOpRef<ModuleOp>>
parseFile(llvm::MemoryBuffer &file, bool isText, MLIRContext *context) {
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBuffer(file, /*RequiresNullTerminator=*/isText),
      llvm::SMLoc());
  DiagnosticCollector diagnostics(context);
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(sources, ParserConfig(context));
  if (!module)
    return makeUserError(ExitCode::Model, file.getBufferIdentifier() +
                                              ": not the IR of a stage\n" +
                                              diagnostics.takeText());
  return module;
}

/// Gives the weights of a module their bytes out of a file.
static llvm::Error attachWeights(const WeightMap &weights,
                                 std::shared_ptr<llvm::MemoryBuffer> file) {
  // A context of its own: in the module's, the names are taken. It lives as
  // long as a blob of it is used.
  struct Source {
    std::shared_ptr<llvm::MemoryBuffer> file;
    MLIRContext context{MLIRContext::Threading::DISABLED};
    OwningOpRef<ModuleOp> module;
  };
  auto source = std::make_shared<Source>();
  source->file = file;
  llvm::Expected<OwningOpRef<ModuleOp>> module =
      parseFile(*file, /*isText=*/false, &source->context);
  if (!module)
    return module.takeError();
  source->module = std::move(*module);
  WeightMap stored = findWeights(*source->module);
  for (const auto &[name, attr] : weights) {
    auto found = stored.find(name);
    AsmResourceBlob *blob = found == stored.end()
                                ? nullptr
                                : found->second.getRawHandle().getBlob();
    if (!blob)
      return makeUserError(ExitCode::Model, file->getBufferIdentifier() +
                                                " does not have the weights '" +
                                                name + "'");
    auto *manager =
        attr.getRawHandle()
            .getDialect()
            ->getRegisteredInterface<ResourceBlobManagerDialectInterface>();
    manager->getBlobManager().update(
        name, UnmanagedAsmResourceBlob::allocateWithAlign(
                  blob->getData(), blob->getDataAlignment(),
                  [source](void *, size_t, size_t) {}));
  }
  return llvm::Error::success();
}

/// Opens the file of weights that the IR in `path` names, and checks that it is
/// the one that was written with it.
static llvm::Expected<std::shared_ptr<llvm::MemoryBuffer>>
openWeights(ModuleOp module, StringRef path) {
  auto attr = module->getAttrOfType<DictionaryAttr>(weightsAttrName);
  auto name = attr ? attr.getAs<StringAttr>("file") : StringAttr();
  auto checksum = attr ? attr.getAs<StringAttr>("checksum") : StringAttr();
  if (!name || !checksum)
    return makeUserError(ExitCode::Model,
                         path + ": does not name the file of its weights; "
                                "what --emit prints has none; hint: write it "
                                "with -o FILE");
  if (llvm::sys::path::filename(name.getValue()) != name.getValue())
    return makeUserError(ExitCode::Model, path + ": weights in '" +
                                              name.getValue() +
                                              "', needed a file beside it");
  llvm::SmallString<128> weightsPath(llvm::sys::path::parent_path(path));
  llvm::sys::path::append(weightsPath, name.getValue());
  llvm::Expected<std::shared_ptr<llvm::MemoryBuffer>> file =
      openFile(weightsPath, /*isText=*/false);
  if (!file)
    return file;
  if (std::string found = getChecksum(**file); found != checksum.getValue())
    return makeUserError(ExitCode::Model,
                         weightsPath + ": not the weights of '" + path +
                             "': the file's checksum is " + found +
                             ", needed " + checksum.getValue() +
                             "; hint: write the stage again");
  return file;
}

/// The bytes of a weight of `type` at least; nothing when these cannot be
/// counted. Elements of less than a byte are packed, but for truth values.
static std::optional<uint64_t> countBytes(ShapedType type) {
  constexpr unsigned bitsPerByte = 8;
  if (!type.hasStaticShape() || !type.getElementType().isIntOrFloat())
    return std::nullopt;
  unsigned bits = type.getElementTypeBitWidth();
  if (bits == 1 || bits > bitsPerByte)
    bits = llvm::alignTo(bits, bitsPerByte);
  std::optional<uint64_t> total = bits;
  for (int64_t size : type.getShape()) {
    total = llvm::checkedMulUnsigned<uint64_t>(*total, size);
    if (!total)
      return std::nullopt;
  }
  return llvm::divideCeil(*total, bitsPerByte);
}

/// Checks that every weight has the bytes of its type: whoever reads it counts
/// on them.
static llvm::Error checkSizes(ModuleOp module, StringRef path) {
  std::string wrong;
  module->walk([&](Operation *op) {
    op->getAttrDictionary().walk([&](DenseResourceElementsAttr attr) {
      const AsmResourceBlob *blob = attr.getRawHandle().getBlob();
      uint64_t found = blob ? blob->getData().size() : 0;
      std::optional<uint64_t> needed = countBytes(attr.getType());
      if (!wrong.empty() || (needed && found >= *needed))
        return;
      llvm::raw_string_ostream os(wrong);
      os << path << ": the weight '" << attr.getRawHandle().getKey() << "' has "
         << found << " bytes, needed ";
      if (needed)
        os << *needed << " for its type, ";
      else
        os << "a type of fixed size instead of ";
      os << attr.getType() << "; hint: write the stage again";
    });
  });
  return wrong.empty() ? llvm::Error::success()
                       : makeUserError(ExitCode::Model, wrong);
}

/// The name of the stage that a module is the IR of, as it says itself or, when
/// it was written by hand, as its operations show; empty when they do not.
static StringRef findStage(ModuleOp module) {
  if (auto attr = module->getAttrOfType<StringAttr>(stageAttrName))
    return attr.getValue();
  WalkResult nodes =
      module->walk([](onnx::NodeOp) { return WalkResult::interrupt(); });
  if (nodes.wasInterrupted())
    return onnxStage;
  return module.getOps<hetero::ExecutableOp>().empty() ? linalgStage : "";
}

llvm::Expected<StageInput> readStage(StringRef path, MLIRContext *context) {
  StageInput input;
  llvm::Expected<std::shared_ptr<llvm::MemoryBuffer>> text =
      openFile(path, /*isText=*/true);
  if (!text)
    return text.takeError();
  llvm::Expected<OwningOpRef<ModuleOp>> module =
      parseFile(**text, /*isText=*/true, context);
  if (!module)
    return module.takeError();
  input.module = std::move(*module);
  if (input.module->getOps<func::FuncOp>().empty())
    return makeUserError(ExitCode::Model, path + ": has no function");
  input.stage = findStage(*input.module).str();
  (*input.module)->removeAttr(stageAttrName);

  WeightMap missing = findWeights(*input.module);
  missing.remove_if([](auto &entry) {
    return entry.second.getRawHandle().getBlob() != nullptr;
  });
  if (!missing.empty()) {
    llvm::Expected<std::shared_ptr<llvm::MemoryBuffer>> weights =
        openWeights(*input.module, path);
    if (!weights)
      return weights.takeError();
    input.weights = std::move(*weights);
    if (llvm::Error error = attachWeights(missing, input.weights))
      return std::move(error);
  }
  (*input.module)->removeAttr(weightsAttrName);
  if (llvm::Error error = checkSizes(*input.module, path))
    return std::move(error);
  return std::move(input);
}

} // namespace garam
