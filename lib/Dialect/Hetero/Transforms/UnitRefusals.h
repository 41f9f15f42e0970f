//===- UnitRefusals.h - What devices do not take ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_HETERO_TRANSFORMS_UNITREFUSALS_H
#define GARAM_LIB_DIALECT_HETERO_TRANSFORMS_UNITREFUSALS_H

#include "PlacementGraph.h"
#include "RegionQueries.h"
#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <string>
#include <vector>

namespace garam::hetero {

/// Why which devices of a system do not take which units of a function.
class UnitRefusals {
public:
  /// `operators` are those of nodes, by id.
  UnitRefusals(mlir::func::FuncOp function, const PlacementGraph &graph,
               SystemAttr system, RegionQueries &queries,
               const llvm::StringMap<llvm::StringRef> &operators);

  /// A region that a device does not take as a whole, and why.
  struct RefusedRegion {
    unsigned device;
    std::vector<unsigned> units;
    std::string reason;
  };
  /// What devices refuse of the regions that a placement makes.
  struct RegionRefusals {
    std::vector<std::pair<unsigned, unsigned>> units; // with their devices
    std::vector<RefusedRegion> regions;

    bool empty() const { return units.empty() && regions.empty(); }
  };

  /// Empty: the device takes the unit, as far as it was asked.
  const std::string &get(unsigned unit, unsigned device) const {
    return reasons[unit][device];
  }
  void refuse(unsigned unit, unsigned device, const std::string &reason);

  /// Asks each device about the function.
  void askAboutFunction();
  /// Takes over what earlier compiles of the function have told
  /// (`hetero.refused`).
  void takeTold(mlir::ArrayAttr refused);
  /// Asks about the regions that a device for each unit makes. What is refused
  /// by unit is recorded.
  RegionRefusals askAboutRegions(llvm::ArrayRef<unsigned> choice);
  /// Asks the devices about single units that have none of their producers
  /// there: whether they would take the unit where it is in this placement.
  void askAboutUnits(llvm::ArrayRef<unsigned> choice);

private:
  llvm::StringRef getName(unsigned device) const {
    return system.getDevices()[device].getName();
  }
  DeviceTargetAttrInterface getTarget(unsigned device) const {
    return llvm::cast<DeviceTargetAttrInterface>(
        system.getDevices()[device].getTarget());
  }
  std::string describe(const Refusal &refusal, llvm::StringRef node) const;
  void takeRefusals(unsigned device, llvm::ArrayRef<Refusal> refusals);
  void refuseUsers(unsigned device, const llvm::StringMap<std::string> &given,
                   const llvm::StringSet<> &placedNodes);
  void refuseOverflow(unsigned device, llvm::ArrayRef<unsigned> units,
                      const std::string &reason);
  void askAboutRegion(const PlacedRegion &region, unsigned device,
                      RegionRefusals &found);

  mlir::func::FuncOp function;
  const PlacementGraph &graph;
  SystemAttr system;
  RegionQueries &queries;
  const llvm::StringMap<llvm::StringRef> &operators;
  llvm::StringMap<unsigned> unitOfNode;
  std::vector<llvm::SmallVector<std::string>> reasons; // by unit and device
};

} // namespace garam::hetero

#endif // GARAM_LIB_DIALECT_HETERO_TRANSFORMS_UNITREFUSALS_H
