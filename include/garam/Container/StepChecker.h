//===- StepChecker.h - Whether steps of several devices agree ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONTAINER_STEPCHECKER_H
#define GARAM_CONTAINER_STEPCHECKER_H

#include "garam/Container/Manifest.h"

namespace garam {

/// Whether a program that declares a segment as `declared` may be given one
/// that the manifest has as `actual`: what one program yields may be what
/// another takes.
bool isUsableAs(MemoryRole actual, MemoryRole declared);

/// Checks the steps of each entry point of a manifest that checkManifest
/// accepts. `declared[i]` are the segments that program i itself declares, each
/// usable as such. Whatever the devices' times are:
///
/// - Two steps of which one writes a segment that the other uses are ordered by
///   tokens.
/// - What a step reads was written before: by the caller (inputs), by the run
///   before (states), by the compiler (constants) or by an earlier step.
/// - A segment holds one value in a run: no step overwrites an input or what
///   another wrote for others, so that a step which is left out is missed.
/// - What a dispatch writes, scratch memory and state included, it uses as one
///   segment of its program only.
/// - What a step writes is read by a later one, or is an output.
/// - Every output is written.
/// - No step writes what is only to be read.
/// - A transfer moves a value to a segment that is to hold the same, and each
///   value is made once, by the caller or a dispatch. So every segment of a
///   value gets it from where it is made, whichever way it takes.
///
/// With them, what a dispatch computes with is what the manifest says: its
/// segments have the values that the compiler gave them, each written by the
/// only step that makes it, or by transfers from there.
///
/// Time is linear in the steps and their uses of segments, and in the product
/// of tokens and steps with a small factor.
llvm::Error checkSteps(const Manifest &manifest,
                       llvm::ArrayRef<std::vector<DeviceSegment>> declared);

} // namespace garam

#endif // GARAM_CONTAINER_STEPCHECKER_H
