//===- StreamBuilder.h - Builds phases of transactions ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_PIM_TRANSFORMS_STREAMBUILDER_H
#define GARAM_LIB_DIALECT_PIM_TRANSFORMS_STREAMBUILDER_H

#include "garam/Dialect/PIM/IR/PIM.h"
#include "garam/Target/PIM/Machine/MachineDescription.h"
#include "mlir/IR/Builders.h"

namespace garam::pim {

struct Channels {
  int64_t first = 0, count = 0;
};

/// A group of accesses, as pim.access has it.
struct Access {
  AccessKind kind = AccessKind::read;
  mlir::Value source; // a micro-kernel or a segment
  bool isLiteral = false;
  Burst literal = {};
  Channels channels;
  int64_t bank = 0, place = 0;
  int64_t data = 0, dataEnd = 1;
  int64_t channelGroup = 1, channelData = 0;
  struct Dim {
    int64_t count = 1, bank = 0, place = 0, data = 0;
  };
  llvm::SmallVector<Dim, 4> walk; // dimensions of 1 are left out
  struct Step {
    int64_t place = 0, data = 0;
  };
  llvm::SmallVector<Step, 2> repeats;
};

/// Creates the operations of phases, on one rank.
class StreamBuilder {
public:
  StreamBuilder(mlir::OpBuilder &builder, const MachineDescription &machine,
                int64_t rank)
      : builder(builder), machine(machine), rank(rank) {}

  /// Calls `body` with the builder in a new phase.
  void phase(mlir::Location loc, llvm::StringRef name, bool isSetup,
             llvm::function_ref<void()> body);
  /// Calls `body` with the builder in a new repetition.
  void repeat(int64_t count, llvm::function_ref<void()> body);

  void access(const Access &access);
  void barrier(Channels channels);

  /// The place of a column of a row.
  int64_t getPlace(int64_t row, int64_t column = 0) const {
    return row * machine.geometry.columns + column;
  }

  /// Parks all banks, enters all-bank mode and loads a micro-kernel.
  void beginKernel(Channels channels, MicroKernelOp kernel);
  /// Leaves all-bank mode and parks all banks.
  void endKernel(Channels channels);
  /// Starts or ends the execution of the micro-kernel. `depth` repetitions are
  /// around.
  void control(Channels channels, bool execute, bool zeroGRFB, unsigned depth);

private:
  void park(Channels channels);
  void writeRow(Channels channels, llvm::ArrayRef<uint32_t> banks,
                uint32_t row);
  void nest(mlir::Region &region, llvm::function_ref<void()> body);

  mlir::OpBuilder &builder;
  const MachineDescription &machine;
  int64_t rank;
  mlir::Location loc = builder.getUnknownLoc(); // of the phase
};

} // namespace garam::pim

#endif // GARAM_LIB_DIALECT_PIM_TRANSFORMS_STREAMBUILDER_H
