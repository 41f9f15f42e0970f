//===- Compile.h - From a model file to a device binary ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DRIVER_COMPILE_H
#define GARAM_DRIVER_COMPILE_H

#include "garam/Support/OutputFile.h"
#include "garam/Target/DeviceRegistry.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace garam {

/// What to compile and how. Strings are as on the command line of
/// `garam compile`.
struct CompileOptions {
  /// An ONNX file, or, with `fromStage`, an MLIR file of that stage.
  std::string model;
  /// The ONNX file's bytes, where they are not in the file: `model` then names
  /// it in messages, and files with its weights are looked for in its folder.
  /// They outlive the compile.
  std::shared_ptr<llvm::MemoryBuffer> modelBytes;
  /// Name or file of a target. May be empty with a stage from which on the IR
  /// has its device.
  std::string target;
  /// The device binary. Not written when `emitStage` is given.
  std::string output;
  /// Arithmetic of float models; empty for the device's choice.
  std::string precision;
  /// "0" to "3" (maxOptimizationLevel); empty for the default.
  std::string optimizationLevel;
  /// Values of the devices' own options (Device::getCompileOptions), by flag.
  std::map<std::string, std::string> deviceOptions;
  /// An .npz file with samples of the model's inputs, from which devices that
  /// need them get the ranges of values; empty: they guess.
  std::string calibration;
  /// A file that says which nodes run on which device; empty: chosen by the
  /// devices' estimates.
  std::string placement;
  /// A file for the placement that was used, if any.
  std::string emitPlacement;
  /// Whether the host takes what the other devices refuse; else it is an error.
  bool hasFallback = true;
  std::vector<std::string> shapes; // NAME=1x3x224x224
  std::vector<std::string> dims;   // NAME=1
  /// INPUT=OUTPUT: that output of a run is that input of the next, and stays
  /// with the program.
  std::vector<std::string> states;
  /// Stop after this stage and write its IR to `emitPath`, its weights beside
  /// it in FILE.weights.mlirbc ("-": standard output, without weights).
  std::string emitStage;
  std::string emitPath = "-";
  /// Resume: `model` is what an earlier compile wrote for this stage.
  std::string fromStage;
  /// Folder for the IR of every stage, NN.STAGE.mlir, and their weights.
  std::string dumpDirectory;
  /// Regular expression: remarks of passes are kept if it matches the whole of
  /// their category. Empty: none are.
  std::string remarksFilter;
  /// Threads that stages share their work out to; 0: one a processor. What is
  /// written does not depend on it.
  unsigned threads = 0;
  /// Other files that the caller writes, with the option that names each: the
  /// compile refuses to read or write one of them.
  std::vector<std::pair<std::string, std::string>> otherOutputs;
  /// Called when stage `number` (from 1) of `count` begins.
  std::function<void(llvm::StringRef stage, unsigned number, unsigned count)>
      onStage;
};

struct StageTime {
  std::string stage;
  double seconds = 0;
};

struct CompileResult {
  std::vector<StageTime> stages;
  std::vector<std::string> warnings;
  /// What passes did and what they nearly did, as `remarksFilter` asks.
  std::vector<std::string> remarks;
  /// The binary has programs that are code for a processor like this one's.
  bool holdsNativeCode = false;
  /// What was written and is still to be committed: the binary, or the IR of a
  /// stage and the file of its weights. Nothing for IR on standard output.
  std::vector<OutputFile> outputs;
};

/// Compiles a model. On success the outputs are complete, and the caller
/// commits them together with its own; on failure they never were. Only the
/// files of `dumpDirectory` are there as soon as their stage is done. What is
/// wrong with the model, with options or with the target is a UserError; any
/// other error is a fault of the compiler, whose message names a reproducer.
llvm::Expected<CompileResult> compile(const CompileOptions &options,
                                      const DeviceRegistry &devices);

} // namespace garam

#endif // GARAM_DRIVER_COMPILE_H
