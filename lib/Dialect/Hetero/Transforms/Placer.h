//===- Placer.h - The placement of one function -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_HETERO_TRANSFORMS_PLACER_H
#define GARAM_LIB_DIALECT_HETERO_TRANSFORMS_PLACER_H

#include "ChooseDevices.h"
#include "UnitRefusals.h"
#include "garam/Dialect/Hetero/Transforms/PlacementRules.h"

namespace garam::hetero {

/// How functions are placed: the options of hetero-place, read.
struct PlacementPolicy {
  const PlacementRules *rules;
  DeviceCompileOptions options;
  llvm::StringRef defaultDevice; // empty: chosen by time
  bool hasFallback = true;
  bool asksDevices = true;
};

/// Places the operations of one function.
class Placer {
public:
  Placer(mlir::func::FuncOp function, SystemAttr system,
         const PlacementPolicy &policy,
         const llvm::StringMap<llvm::StringRef> &operators,
         DeviceAnswers &answers);

  /// Finds a device for each unit. What earlier compiles have told may be null.
  /// Fails with diagnostics, of all that is impossible.
  mlir::LogicalResult place(mlir::ArrayAttr told);
  /// Sets the devices on the operations, and adds an entry to `nodes` for each
  /// node.
  void record(llvm::SmallVectorImpl<mlir::Attribute> &nodes);

private:
  struct UnitState {
    const PlacementRule *rule = nullptr;
    RefusalReasons told;     // by rules
    bool isFallback = false; // on the host because no other device takes it
  };

  llvm::StringRef getName(unsigned device) const {
    return system.getDevices()[device].getName();
  }
  unsigned getNumber(llvm::StringRef name) const {
    return llvm::find(system.getDevices(), system.lookup(name)) -
           system.getDevices().begin();
  }
  mlir::Location getLoc(unsigned unit) const {
    return graph.units[unit].ops.front()->getLoc();
  }
  void applyRules();
  void takeTold(mlir::ArrayAttr told);
  /// Finds out between which devices each unit has the choice.
  void restrict();
  void restrict(unsigned unit);
  void handle(llvm::ArrayRef<UnitRefusals::RegionRefusal> found);
  void handleCrowd(const UnitRefusals::RegionRefusal &refusal);
  /// Notes an error about `unit`.
  void fail(unsigned unit, mlir::Location loc, const llvm::Twine &message);
  void failRule(unsigned unit, mlir::Location loc, llvm::StringRef reason);
  mlir::LogicalResult report();
  std::string listRefusals(unsigned unit) const;
  std::string listTakers(unsigned unit);
  void warnOfFallback(unsigned unit) const;

  mlir::func::FuncOp function;
  SystemAttr system;
  const PlacementPolicy &policy;
  const llvm::StringMap<llvm::StringRef> &operators;
  PlacementGraph graph;
  RegionQueries queries;
  UnitRefusals refusals;
  std::vector<UnitState> states;
  std::vector<llvm::SmallVector<unsigned>> allowed;
  std::vector<unsigned> choice;
  /// By unit; reported in the end, in the function's order.
  std::vector<std::tuple<unsigned, mlir::Location, std::string>> errors;
};

} // namespace garam::hetero

#endif // GARAM_LIB_DIALECT_HETERO_TRANSFORMS_PLACER_H
