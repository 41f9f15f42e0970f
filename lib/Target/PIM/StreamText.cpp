//===- StreamText.cpp - Text form of streams of transactions --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/Errors.h"
#include "garam/Target/PIM/TransactionStream.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <limits>

namespace garam::pim {

//===----------------------------------------------------------------------===//
// Writer
//===----------------------------------------------------------------------===//

void print(const Transaction &transaction, llvm::ArrayRef<uint8_t> data,
           llvm::StringRef phase, llvm::raw_ostream &os) {
  switch (transaction.kind) {
  case TransactionKind::Write:
    os << "W " << llvm::utohexstr(transaction.address, true) << ' '
       << llvm::toHex(data, /*LowerCase=*/true);
    break;
  case TransactionKind::Read:
    os << "R " << llvm::utohexstr(transaction.address, true);
    break;
  case TransactionKind::ResultRead:
    os << "D " << llvm::utohexstr(transaction.address, true);
    break;
  case TransactionKind::Barrier:
    os << "B " << transaction.number;
    break;
  case TransactionKind::Phase:
    os << "P " << phase;
    break;
  }
  os << '\n';
}

void print(const TransactionStream &stream, llvm::raw_ostream &os) {
  for (const auto &[key, value] : stream.header)
    os << "# " << key << ' ' << value << '\n';
  for (const Transaction &transaction : stream.transactions) {
    bool isWrite = transaction.kind == TransactionKind::Write;
    bool isPhase = transaction.kind == TransactionKind::Phase;
    print(transaction,
          isWrite ? llvm::ArrayRef<uint8_t>(stream.data[transaction.number])
                  : llvm::ArrayRef<uint8_t>(),
          isPhase ? llvm::StringRef(stream.phases[transaction.number]) : "",
          os);
  }
}

//===----------------------------------------------------------------------===//
// Reader
//===----------------------------------------------------------------------===//

namespace {

/// Names of phases and keys of the header are printed and compared.
constexpr size_t maxNameLength = 64;

} // namespace

bool isPhaseName(llvm::StringRef text) {
  return !text.empty() && text.size() <= maxNameLength &&
         llvm::all_of(text, [](char c) {
           return llvm::isAlnum(c) || llvm::StringRef("_-.").contains(c);
         });
}

namespace {

class StreamParser {
public:
  StreamParser(llvm::StringRef text, llvm::StringRef name)
      : text(text), name(name) {}

  llvm::Expected<TransactionStream> parse();

private:
  llvm::Error fail(const llvm::Twine &what) const {
    return makeUserError(ExitCode::Binary,
                         name + ":" + llvm::Twine(number) + ": " + what);
  }
  /// For a message: an excerpt of what a stranger wrote.
  static std::string quote(llvm::StringRef text) {
    std::string quoted;
    llvm::raw_string_ostream os(quoted);
    llvm::printEscapedString(text.take_front(maxNameLength), os);
    return "'" + quoted + (text.size() > maxNameLength ? "...'" : "'");
  }

  llvm::Error parseLine(llvm::StringRef line);
  llvm::Error parseHeader(llvm::StringRef line);
  llvm::Error parseWrite(llvm::StringRef arguments);
  llvm::Error parseBarrier(llvm::StringRef arguments);
  llvm::Error parsePhase(llvm::StringRef arguments);
  llvm::Expected<uint64_t> parseAddress(llvm::StringRef text) const;

  llvm::StringRef text, name;
  uint64_t number = 0; // of the line, from 1
  TransactionStream stream;
};

llvm::Error StreamParser::parseHeader(llvm::StringRef line) {
  if (!stream.transactions.empty())
    return fail("a header line comes after a transaction");
  auto [key, value] = line.split(' ');
  if (!isPhaseName(key) || !isPhaseName(value))
    return fail("a header line is '# key value' of letters, digits, '_', '-' "
                "and '.', got: " +
                quote(line));
  if (llvm::any_of(stream.header, [&, &key = key](const auto &entry) {
        return entry.first == key;
      }))
    return fail("the header has a second " + quote(key));
  stream.header.emplace_back(key.str(), value.str());
  return llvm::Error::success();
}

llvm::Expected<uint64_t>
StreamParser::parseAddress(llvm::StringRef digits) const {
  uint64_t address = 0;
  if (digits.getAsInteger(16, address))
    return fail("an address is a hexadecimal number of 64 bits, got: " +
                quote(digits));
  if (address % bytesPerBurst != 0)
    return fail("an address is a multiple of " + llvm::Twine(bytesPerBurst) +
                ", got: " + quote(digits));
  return address;
}

llvm::Error StreamParser::parseWrite(llvm::StringRef arguments) {
  auto [digits, data] = arguments.split(' ');
  llvm::Expected<uint64_t> address = parseAddress(digits);
  if (!address)
    return address.takeError();
  std::string bytes;
  if (data.size() != 2 * bytesPerBurst || !llvm::tryGetFromHex(data, bytes))
    return fail("a write has " + llvm::Twine(2 * bytesPerBurst) +
                " hexadecimal digits of data, got: " + quote(data));
  Burst burst;
  llvm::copy(bytes, burst.begin());
  stream.write(*address, burst);
  return llvm::Error::success();
}

llvm::Error StreamParser::parseBarrier(llvm::StringRef arguments) {
  uint32_t channel = 0;
  if (arguments.getAsInteger(10, channel))
    return fail("a barrier names a channel, got: " + quote(arguments));
  stream.barrier(channel);
  return llvm::Error::success();
}

llvm::Error StreamParser::parsePhase(llvm::StringRef arguments) {
  if (!isPhaseName(arguments))
    return fail("a phase has a name of up to " + llvm::Twine(maxNameLength) +
                " letters, digits, '_', '-' and '.', got: " + quote(arguments));
  stream.beginPhase(arguments);
  return llvm::Error::success();
}

llvm::Error StreamParser::parseLine(llvm::StringRef line) {
  // Numbers of transactions have 32 bits.
  if (stream.transactions.size() == std::numeric_limits<uint32_t>::max())
    return fail("the stream has too many transactions");
  auto [letter, arguments] = line.split(' ');
  if (letter == "#")
    return parseHeader(arguments);
  if (letter == "W")
    return parseWrite(arguments);
  if (letter == "B")
    return parseBarrier(arguments);
  if (letter == "P")
    return parsePhase(arguments);
  if (letter != "R" && letter != "D")
    return fail("a line begins with '#', W, R, D, B or P, got: " + quote(line));
  llvm::Expected<uint64_t> address = parseAddress(arguments);
  if (!address)
    return address.takeError();
  if (letter == "R")
    stream.read(*address);
  else
    stream.readResult(*address);
  return llvm::Error::success();
}

llvm::Expected<TransactionStream> StreamParser::parse() {
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    text = rest;
    ++number;
    line.consume_back("\r");
    if (line.empty())
      continue;
    if (llvm::Error error = parseLine(line))
      return error;
  }
  return std::move(stream);
}

} // namespace

llvm::Expected<TransactionStream> parseStream(llvm::StringRef text,
                                              llvm::StringRef name) {
  return StreamParser(text, name).parse();
}

} // namespace garam::pim
