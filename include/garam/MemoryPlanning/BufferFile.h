//===- BufferFile.h - Memory planning problems as tables --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A table of comma separated values, one row a buffer, as MiniMalloc reads and
// writes them: a header that names the columns `id`, `lower`, `upper` and
// `size` in any order, and maybe others. Of these, `alignment` and `bank` are
// those of Buffer, both in bytes: 1 and 0 where there is no such column.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_MEMORYPLANNING_BUFFERFILE_H
#define GARAM_MEMORYPLANNING_BUFFERFILE_H

#include "garam/MemoryPlanning/MemoryPlanner.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MemoryBufferRef.h"
#include "llvm/Support/raw_ostream.h"

#include <vector>

namespace garam::memory {

struct BufferTable {
  llvm::StringRef header;            // of the text that was read
  std::vector<llvm::StringRef> rows; // of the same text
  std::vector<Buffer> buffers;       // of each row
};

/// Reads a table, which refers to `text`. Errors name file and line.
llvm::Expected<BufferTable> readBufferTable(llvm::MemoryBufferRef text);

/// Writes `table` with the column `offset` behind the others.
void writePlan(const BufferTable &table, llvm::ArrayRef<int64_t> offsets,
               llvm::raw_ostream &os);

} // namespace garam::memory

#endif // GARAM_MEMORYPLANNING_BUFFERFILE_H
