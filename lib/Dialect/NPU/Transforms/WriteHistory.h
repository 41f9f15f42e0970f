//===- WriteHistory.h - What commands wrote to a buffer ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_WRITEHISTORY_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_WRITEHISTORY_H

#include "garam/Dialect/NPU/Transforms/CommandAccess.h"
#include "garam/Target/NPU/Machine/RegionIndex.h"

namespace garam::npu {

/// The writes to one buffer so far, each with what its maker keeps of the
/// command. A byte of a buffer is written once before it is read, so within a
/// buffer only reads depend on anything: the writes of what they read. It is
/// npu-lower-to-commands that writes no byte twice; checkWrites holds others to
/// it.
template <typename CommandT>
class WriteHistory {
public:
  void add(const CommandAccess &write, const CommandT &command) {
    writes.push_back({write.region, write.cores, command});
    index.add(write.region.getBegin(), write.region.getEnd());
  }

  /// Calls `visit` for each command that wrote something of what `read` reads
  /// and for which `matters` holds, which is asked first.
  template <typename MattersT, typename VisitT>
  void visit(const CommandAccess &read, MattersT matters, VisitT visit) const {
    index.visit(
        0, read.region.getBegin(), read.region.getEnd(), [&](size_t number) {
          const Write &write = writes[number];
          if (matters(write.command) && sharesCore(write.cores, read.cores) &&
              overlap(write.region, read.region))
            visit(write.command);
          return true;
        });
  }

private:
  struct Write {
    ByteRegion region;
    llvm::SmallVector<int64_t, 2> cores;
    CommandT command;
  };

  static bool sharesCore(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b) {
    return a.empty() || b.empty() || llvm::any_of(a, [&](int64_t core) {
             return llvm::is_contained(b, core);
           });
  }

  llvm::SmallVector<Write> writes;
  RegionIndex index; // by number in `writes`
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_WRITEHISTORY_H
