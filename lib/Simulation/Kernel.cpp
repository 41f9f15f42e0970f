//===- Kernel.cpp - Discrete-event simulation kernel ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Simulation/Kernel.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

namespace garam::sim {

Time addTime(Time a, Time b) { return llvm::SaturatingAdd(a, b); }

Time getTime(double seconds) {
  double femtoseconds = seconds * static_cast<double>(fsPerSecond) + 0.5;
  if (!(femtoseconds >= 1.0))
    return 0;
  if (femtoseconds >= static_cast<double>(maxTime))
    return maxTime;
  return static_cast<Time>(femtoseconds);
}

Clock::Clock(double hertz)
    : hertz(hertz >= 1.0 ? static_cast<uint64_t>(std::min(hertz, 1e18) + 0.5)
                         : 1) {}

Time Clock::getTime(uint64_t cycles) const {
  unsigned __int128 time =
      static_cast<unsigned __int128>(cycles) * fsPerSecond / hertz;
  return time > maxTime ? maxTime : static_cast<Time>(time);
}

Component::~Component() = default;

void Kernel::schedule(Time delay, Component &component, uint64_t tag) {
  events.push_back(
      {addTime(currentTime, delay), numScheduled++, &component, tag});
  std::push_heap(events.begin(), events.end());
}

llvm::Error Kernel::start(Component &component) {
  add(component);
  return component.start();
}

void Kernel::remove(const Component &component) {
  llvm::erase(components, &component);
  llvm::erase_if(events, [&](const Event &event) {
    return event.component == &component;
  });
  std::make_heap(events.begin(), events.end());
}

llvm::Error Kernel::run() {
  // Those that a component starts are added behind these.
  std::vector<Component *> initial = components;
  for (Component *component : initial)
    if (llvm::Error error = component->start())
      return error;
  while (!events.empty()) {
    std::pop_heap(events.begin(), events.end());
    Event event = events.back();
    events.pop_back();
    if (event.time == maxTime)
      return llvm::createStringError(
          "simulated time exceeds five hours, the most that can be counted in "
          "femtoseconds");
    currentTime = event.time;
    if (llvm::Error error = event.component->handle(event.tag))
      return error;
  }
  std::vector<std::string> blocked;
  for (const Component *component : components)
    if (std::string reason = component->describeBlocked(); !reason.empty())
      blocked.push_back(std::move(reason));
  if (blocked.empty())
    return llvm::Error::success();
  return llvm::createStringError("deadlock: " + llvm::join(blocked, "; "));
}

} // namespace garam::sim
