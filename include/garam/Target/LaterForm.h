//===- LaterForm.h - What a stage has made ahead of time --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_LATERFORM_H
#define GARAM_TARGET_LATERFORM_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/OperationSupport.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/Pass.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>
#include <string>

namespace garam {

/// The form that a function has behind a pass of a later stage. A stage that
/// chooses between forms of a function by what becomes of them further down
/// keeps what became of the one that it took, so that this pass need not make
/// it again. Whether a form was kept changes nothing but the time.
class LaterForm {
public:
  /// Keeps what `pass` would make of `function`. The form must be gone before
  /// its context.
  void keep(mlir::func::FuncOp function, mlir::Pass &pass,
            mlir::OwningOpRef<mlir::func::FuncOp> made) {
    fingerprint.emplace(function);
    maker = describe(pass);
    form = std::move(made);
  }

  /// What was kept, if it is what `pass` would make of `function`: of the same
  /// function, which was not changed since, under the same options. Else null.
  mlir::OwningOpRef<mlir::func::FuncOp> take(mlir::func::FuncOp function,
                                             mlir::Pass &pass) {
    if (!form || maker != describe(pass) ||
        *fingerprint != mlir::OperationFingerPrint(function))
      return nullptr;
    return std::move(form);
  }

private:
  /// Its name and its options.
  static std::string describe(mlir::Pass &pass) {
    std::string text;
    llvm::raw_string_ostream os(text);
    pass.printAsTextualPipeline(os);
    return text;
  }

  std::optional<mlir::OperationFingerPrint> fingerprint;
  std::string maker;
  mlir::OwningOpRef<mlir::func::FuncOp> form;
};

} // namespace garam

#endif // GARAM_TARGET_LATERFORM_H
