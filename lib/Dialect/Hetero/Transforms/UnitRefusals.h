//===- UnitRefusals.h - What devices do not take ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_HETERO_TRANSFORMS_UNITREFUSALS_H
#define GARAM_LIB_DIALECT_HETERO_TRANSFORMS_UNITREFUSALS_H

#include "PlacedRegions.h"
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

  /// A device does not take a region.
  struct RegionRefusal {
    unsigned device;
    std::vector<unsigned> units;  // of the region, in the function's order
    std::optional<unsigned> unit; // that it names; none: all of them together
    std::string reason;
  };

  /// Empty: the device takes the unit, as far as it was asked.
  const std::string &get(unsigned unit, unsigned device) const {
    return reasons[unit][device];
  }
  void refuse(unsigned unit, unsigned device, const std::string &reason);
  /// Whether a device takes a unit that has nothing beside it.
  bool isTakenAlone(unsigned unit, unsigned device);
  /// A device has no room for `kept` and `others` together: it keeps as many of
  /// the first of `others` as it has room for by its estimate, and refuses the
  /// rest, one at least, which is returned. So there is one change of device,
  /// not several.
  llvm::ArrayRef<unsigned> refuseOverflow(unsigned device,
                                          llvm::ArrayRef<unsigned> kept,
                                          llvm::ArrayRef<unsigned> others,
                                          const std::string &reason);

  /// Asks each device about the function. What it refuses only for what else
  /// is there, as for want of room, is not refused yet.
  void askAboutFunction();
  /// Takes over what earlier compiles of the function have told
  /// (`hetero.refused`). Units with a rule stay where they are; `kept` are
  /// those, by device.
  void takeTold(mlir::ArrayAttr refused,
                llvm::function_ref<bool(unsigned)> isRuled,
                llvm::ArrayRef<llvm::SmallVector<unsigned>> kept);
  /// Asks about the regions that a device for each unit makes.
  std::vector<RegionRefusal> askAboutRegions(llvm::ArrayRef<unsigned> choice);
  /// Asks the devices that refuse something of the function only for what else
  /// is there about the regions of all units that they may have.
  std::vector<RegionRefusal>
  askAboutAllowed(llvm::ArrayRef<llvm::SmallVector<unsigned>> allowed);
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
  void refuseUnlessAlone(unsigned unit, unsigned device,
                         const std::string &reason);
  void askAboutRegion(const PlacedRegion &region, unsigned device,
                      std::vector<RegionRefusal> &found);

  mlir::func::FuncOp function;
  const PlacementGraph &graph;
  SystemAttr system;
  RegionQueries &queries;
  const llvm::StringMap<llvm::StringRef> &operators;
  llvm::StringMap<unsigned> unitOfNode;
  std::vector<llvm::SmallVector<std::string>> reasons; // by unit and device
  /// Devices that refuse units of the function that they take alone.
  llvm::SmallSetVector<unsigned, 4> crowded;
};

} // namespace garam::hetero

#endif // GARAM_LIB_DIALECT_HETERO_TRANSFORMS_UNITREFUSALS_H
