//===- HeteroSystem.cpp - Devices and links as attributes -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Hetero/IR/Hetero.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using garam::hetero::DeviceAttr;
using garam::hetero::LinkAttr;

#define GET_ATTRDEF_CLASSES
#include "garam/Dialect/Hetero/IR/HeteroAttributes.cpp.inc"

namespace garam::hetero {

void HeteroDialect::addSystemAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "garam/Dialect/Hetero/IR/HeteroAttributes.cpp.inc"
      >();
}

LogicalResult
DeviceAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                   StringRef name, Attribute target) {
  if (name.empty())
    return emitError() << "a device has a name";
  if (!target.hasPromiseOrImplementsInterface<DeviceTargetAttrInterface>())
    return emitError() << "device '" << name
                       << "' has the target attribute of a device, got: "
                       << target;
  return success();
}

LogicalResult
LinkAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                 StringRef first, StringRef second, FloatAttr bytesPerSecond,
                 FloatAttr seconds, FloatAttr joulesPerByte) {
  auto isUsable = [](FloatAttr figure) {
    double value = figure.getValueAsDouble();
    return figure.getType().isF64() && std::isfinite(value) && value >= 0;
  };
  if (!isUsable(bytesPerSecond) || bytesPerSecond.getValueAsDouble() == 0 ||
      !isUsable(seconds) || !isUsable(joulesPerByte))
    return emitError() << "the figures of link '" << first << "' - '" << second
                       << "' are f64, finite and not negative, the rate is "
                          "above 0";
  if (first == second)
    return emitError() << "a link joins two devices, got twice: '" << first
                       << "'";
  return success();
}

LogicalResult
SystemAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                   StringRef name, StringRef host, ArrayRef<DeviceAttr> devices,
                   ArrayRef<LinkAttr> links) {
  llvm::StringSet<> names;
  for (DeviceAttr device : devices)
    if (!names.insert(device.getName()).second)
      return emitError() << "system '" << name << "' has two devices '"
                         << device.getName() << "'";
  if (host.empty() ? devices.size() != 1 : !names.contains(host))
    return emitError() << "the host of system '" << name
                       << "' is one of its devices, got: '" << host << "'";
  llvm::EquivalenceClasses<StringRef> joined;
  for (LinkAttr link : links) {
    for (StringRef end : {link.getFirst(), link.getSecond()})
      if (!names.contains(end))
        return emitError() << "a link of system '" << name
                           << "' joins devices of it, got: '" << end << "'";
    joined.unionSets(link.getFirst(), link.getSecond());
  }
  StringRef first = devices.front().getName();
  for (DeviceAttr device : devices.drop_front())
    if (!joined.isEquivalent(first, device.getName()))
      return emitError() << "no link leads from '" << device.getName()
                         << "' to '" << first << "' in system '" << name << "'";
  return success();
}

DeviceAttr SystemAttr::lookup(StringRef name) const {
  const auto *found = llvm::find_if(getDevices(), [&](DeviceAttr device) {
    return device.getName() == name;
  });
  return found == getDevices().end() ? DeviceAttr() : *found;
}

StringRef SystemAttr::getHome() const {
  return getHost().empty() ? getDevices().front().getName() : getHost();
}

SmallVector<unsigned> SystemAttr::getRoute(StringRef from, StringRef to) const {
  // Breadth first, from the end, so that the way is read off forwards.
  llvm::StringMap<unsigned> next; // link of a device towards `to`
  SmallVector<StringRef> open = {to};
  for (unsigned i = 0; i < open.size() && !next.contains(from); ++i)
    for (auto [number, link] : llvm::enumerate(getLinks())) {
      StringRef here = open[i];
      if (link.getFirst() != here && link.getSecond() != here)
        continue;
      StringRef there =
          link.getFirst() == here ? link.getSecond() : link.getFirst();
      if (there != to && next.try_emplace(there, number).second)
        open.push_back(there);
    }
  SmallVector<unsigned> route;
  while (from != to) {
    unsigned number = next.at(from);
    LinkAttr link = getLinks()[number];
    from = link.getFirst() == from ? link.getSecond() : link.getFirst();
    route.push_back(number);
  }
  return route;
}

double SystemAttr::getTransferSeconds(StringRef from, StringRef to,
                                      uint64_t bytes) const {
  double seconds = 0;
  for (unsigned number : getRoute(from, to)) {
    LinkAttr link = getLinks()[number];
    seconds += link.getSeconds().getValueAsDouble() +
               bytes / link.getBytesPerSecond().getValueAsDouble();
  }
  return seconds;
}

SystemAttr SystemAttr::withoutHost() const {
  SmallVector<DeviceAttr> devices;
  for (DeviceAttr device : getDevices())
    if (device.getName() != getHost())
      devices.push_back(device);
  if (getHost().empty() || devices.size() != 1)
    return nullptr;
  return SystemAttr::get(getContext(), getName(), /*host=*/"", devices,
                         /*links=*/{});
}

} // namespace garam::hetero
