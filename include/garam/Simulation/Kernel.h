//===- Kernel.h - Discrete-event simulation kernel --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// One kernel drives all devices of a simulated system. Devices are components;
// what they contend for (a DRAM channel, a link, a port) are bandwidth servers
// that they share. Time is an integer, so that a run is exact and gives the
// same result on every host: events happen in order of time and, at the same
// time, in the order in which they were scheduled.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SIMULATION_KERNEL_H
#define GARAM_SIMULATION_KERNEL_H

#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace garam::sim {

/// A point in time or a duration, in femtoseconds: one cycle of 700 MHz is no
/// whole number of picoseconds. 64 bits last for five hours.
using Time = uint64_t;
constexpr Time fsPerSecond = 1'000'000'000'000'000;
constexpr Time maxTime = ~Time(0);

/// a + b, or maxTime when that is too large; the kernel refuses events there.
Time addTime(Time a, Time b);
/// `seconds` to the nearest femtosecond; 0 below zero, maxTime when too large.
Time getTime(double seconds);

/// Converts cycles of a clock to time without accumulating rounding errors of
/// the period: 700 cycles of 700 MHz are exactly one microsecond.
class Clock {
public:
  explicit Clock(double hertz);
  Time getTime(uint64_t cycles) const;

private:
  uint64_t hertz;
};

/// A device, or a part of one, to which events happen.
class Component {
public:
  virtual ~Component();

  /// Called once: at time 0 of a run, in the order in which components were
  /// added, or by Kernel::start in the middle of one.
  virtual llvm::Error start() = 0;
  /// Called for every event that was scheduled for this component. `tag` is
  /// what it gave to Kernel::schedule. An error ends the run.
  virtual llvm::Error handle(uint64_t tag) = 0;
  /// What the component still waits for when no event is left; empty when it
  /// has finished.
  virtual std::string describeBlocked() const = 0;
};

class Kernel {
public:
  /// `component` must live until the run has ended or it is removed.
  void add(Component &component) { components.push_back(&component); }
  /// Adds `component` in the middle of a run and starts it at once.
  llvm::Error start(Component &component);
  /// Forgets `component`, and the events that were still to happen to it: it
  /// may be destroyed. Not from within one of its own functions. Nothing
  /// happens when it is not there.
  void remove(const Component &component);

  Time now() const { return currentTime; }

  /// Makes `handle(tag)` of `component` happen `delay` after now.
  void schedule(Time delay, Component &component, uint64_t tag);

  /// Starts the components and handles events until none is left. Fails when a
  /// component fails, when components wait for each other (a deadlock), or
  /// when time runs out of its 64 bits.
  llvm::Error run();

private:
  struct Event {
    Time time;
    uint64_t order; // of scheduling
    Component *component;
    uint64_t tag;
    /// For a heap with the earliest event on top.
    bool operator<(const Event &other) const {
      return time != other.time ? time > other.time : order > other.order;
    }
  };

  std::vector<Component *> components;
  std::vector<Event> events; // a heap
  Time currentTime = 0;
  uint64_t numScheduled = 0;
};

} // namespace garam::sim

#endif // GARAM_SIMULATION_KERNEL_H
