//===- CheckInterface.cpp - Names of a model's inputs and outputs ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ImageBuilder.h"
#include "garam/Support/Errors.h"
#include "garam/Support/NodeIds.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace garam {

/// The first name that is in a function's list of attributes twice.
static StringRef findRepeated(ArrayAttr attrs) {
  llvm::StringSet<> names;
  if (attrs)
    for (auto attr : attrs.getAsRange<DictionaryAttr>())
      if (auto name = attr.getAs<StringAttr>(valueNameAttrName))
        if (!names.insert(name.getValue()).second)
          return name.getValue();
  return "";
}

llvm::Error checkInterface(ModuleOp module, StringRef file) {
  auto fail = [&](StringRef kind, StringRef name) {
    return makeUserError(ExitCode::Model,
                         file + ": " + kind + " '" + name +
                             "' is listed more than once, needed a name of its "
                             "own for each");
  };
  for (auto function : module.getOps<func::FuncOp>()) {
    if (StringRef name = findRepeated(function.getArgAttrsAttr());
        !name.empty())
      return fail("input", name);
    if (StringRef name = findRepeated(function.getResAttrsAttr());
        !name.empty())
      return fail("output", name);
  }
  return llvm::Error::success();
}

} // namespace garam
