//===- BufferFile.cpp - Memory planning problems as tables ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/MemoryPlanning/BufferFile.h"

#include "garam/Support/Errors.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace garam::memory {
namespace {

/// Of the columns that say something, their places in a row.
struct Columns {
  size_t id = 0, lower = 0, upper = 0, size = 0, count = 0;
  std::optional<size_t> alignment, bank;
};

class TableReader {
public:
  explicit TableReader(MemoryBufferRef text) : text(text) {}

  Expected<BufferTable> read();

private:
  Expected<Columns> readHeader(StringRef header) const;
  Expected<Buffer> readRow(StringRef row, const Columns &columns);
  Error readID(StringRef id);
  Error readNumber(StringRef name, StringRef field, int64_t &value) const;
  Error checkBuffer(const Buffer &buffer) const;
  Error makeError(const Twine &message) const {
    return makeUserError(ExitCode::Input, text.getBufferIdentifier() + ":" +
                                              Twine(line) + ": " + message);
  }

  MemoryBufferRef text;
  size_t line = 0;
  DenseMap<StringRef, size_t> lines; // of the ids so far
};

} // namespace

/// The text between commas, without the quotes around it, within which a comma
/// is none.
static SmallVector<StringRef> splitRow(StringRef row) {
  SmallVector<StringRef> fields;
  bool isQuoted = false;
  size_t begin = 0;
  for (size_t i = 0; i <= row.size(); ++i) {
    if (i == row.size() || (row[i] == ',' && !isQuoted)) {
      StringRef field = row.slice(begin, i).trim();
      if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
        field = field.drop_front().drop_back();
      fields.push_back(field);
      begin = i + 1;
    } else if (row[i] == '"') {
      isQuoted = !isQuoted;
    }
  }
  return fields;
}

Expected<Columns> TableReader::readHeader(StringRef header) const {
  SmallVector<StringRef> names = splitRow(header);
  Columns columns;
  columns.count = names.size();
  std::pair<StringRef, size_t *> needed[] = {{"id", &columns.id},
                                             {"lower", &columns.lower},
                                             {"upper", &columns.upper},
                                             {"size", &columns.size}};
  for (auto [name, place] : needed) {
    if (llvm::count(names, name) != 1)
      return makeError("needed one column '" + name + "', found the columns '" +
                       header + "'");
    *place = llvm::find(names, name) - names.begin();
  }
  std::pair<StringRef, std::optional<size_t> *> optional[] = {
      {"alignment", &columns.alignment}, {"bank", &columns.bank}};
  for (auto [name, place] : optional) {
    if (llvm::count(names, name) > 1)
      return makeError("needed at most one column '" + name +
                       "', found the columns '" + header + "'");
    if (llvm::is_contained(names, name))
      *place = llvm::find(names, name) - names.begin();
  }
  if (llvm::is_contained(names, "offset"))
    return makeError("there is a column 'offset' already");
  return columns;
}

Error TableReader::readID(StringRef id) {
  if (id.empty())
    return makeError("'id' is empty, needed a name of its own");
  if (auto [known, isNew] = lines.try_emplace(id, line); !isNew)
    return makeError("found 'id' '" + id + "' again, which line " +
                     Twine(known->second) + " has");
  return Error::success();
}

Error TableReader::readNumber(StringRef name, StringRef field,
                              int64_t &value) const {
  if (field.getAsInteger(/*Radix=*/10, value))
    return makeError("'" + name + "': found '" + field +
                     "', needed a whole number below 2^63");
  return Error::success();
}

/// The errors of planMemory for one buffer, with the names of columns.
Error TableReader::checkBuffer(const Buffer &buffer) const {
  if (buffer.lower >= buffer.upper)
    return makeError("found 'upper' " + Twine(buffer.upper) +
                     ", needed more than 'lower', " + Twine(buffer.lower));
  if (buffer.size < 0)
    return makeError("found 'size' " + Twine(buffer.size) +
                     ", needed 0 or more bytes");
  if (buffer.alignment < 1)
    return makeError("found 'alignment' " + Twine(buffer.alignment) +
                     ", needed 1 or more bytes");
  if (buffer.bankSize < 0 ||
      (buffer.bankSize > 0 && (buffer.bankSize < buffer.size ||
                               buffer.bankSize % buffer.alignment != 0)))
    return makeError("found 'bank' " + Twine(buffer.bankSize) + " for " +
                     Twine(buffer.size) + " bytes aligned to " +
                     Twine(buffer.alignment) +
                     ", needed a multiple of the alignment that holds the "
                     "buffer, or 0 for no banks");
  return Error::success();
}

Expected<Buffer> TableReader::readRow(StringRef row, const Columns &columns) {
  SmallVector<StringRef> fields = splitRow(row);
  if (fields.size() != columns.count)
    return makeError("found " + Twine(fields.size()) + " values, needed " +
                     Twine(columns.count));
  if (Error error = readID(fields[columns.id]))
    return std::move(error);
  Buffer buffer;
  std::tuple<StringRef, std::optional<size_t>, int64_t *> values[] = {
      {"lower", columns.lower, &buffer.lower},
      {"upper", columns.upper, &buffer.upper},
      {"size", columns.size, &buffer.size},
      {"alignment", columns.alignment, &buffer.alignment},
      {"bank", columns.bank, &buffer.bankSize}};
  for (auto [name, column, value] : values)
    if (column)
      if (Error error = readNumber(name, fields[*column], *value))
        return std::move(error);
  if (Error error = checkBuffer(buffer))
    return std::move(error);
  return buffer;
}

Expected<BufferTable> TableReader::read() {
  BufferTable table;
  std::optional<Columns> columns;
  StringRef rest = text.getBuffer();
  rest.consume_front("\xEF\xBB\xBF"); // a mark that the text is UTF-8
  while (!rest.empty()) {
    StringRef row;
    std::tie(row, rest) = rest.split('\n');
    row = row.rtrim('\r');
    ++line;
    if (row.trim().empty())
      continue;
    if (!columns) {
      Expected<Columns> header = readHeader(row);
      if (!header)
        return header.takeError();
      columns = *header;
      table.header = row;
      continue;
    }
    Expected<Buffer> buffer = readRow(row, *columns);
    if (!buffer)
      return buffer.takeError();
    table.rows.push_back(row);
    table.buffers.push_back(std::move(*buffer));
  }
  if (!columns)
    return makeError("the file is empty, needed a header "
                     "'id,lower,upper,size'");
  return table;
}

Expected<BufferTable> readBufferTable(MemoryBufferRef text) {
  return TableReader(text).read();
}

void writePlan(const BufferTable &table, ArrayRef<int64_t> offsets,
               raw_ostream &os) {
  os << table.header << ",offset\n";
  for (auto [row, offset] : zip_equal(table.rows, offsets))
    os << row << ',' << offset << '\n';
}

} // namespace garam::memory
