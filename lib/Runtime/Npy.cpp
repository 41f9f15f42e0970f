//===- Npy.cpp - numpy's array files --------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The format is that of numpy.lib.format: a magic string, a version, the length
// of a header, a header that is a Python dictionary of exactly three entries,
// and the elements.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/TensorFile.h"

#include "garam/Support/Errors.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;

namespace garam {

static constexpr StringLiteral magic = "\x93NUMPY";
/// The elements begin at a multiple of this.
static constexpr size_t dataAlignment = 64;

namespace {

struct Header {
  TensorType type;
  bool isFortranOrder = false;
};

/// Reads the dictionary of the header.
class HeaderParser {
public:
  HeaderParser(StringRef text, StringRef file, std::optional<DataType> expected)
      : rest(text), file(file), expected(expected) {}

  Expected<Header> parse();

private:
  Error fail(const Twine &message) const {
    return makeUserError(ExitCode::Input, file + ": " + message);
  }
  bool consume(StringRef token) {
    rest = rest.ltrim();
    return rest.consume_front(token);
  }
  Error parseEntry(Header &header);
  Error parseType(Header &header);
  Error parseShape(Header &header);
  std::optional<StringRef> parseString();

  StringRef rest, file;
  std::optional<DataType> expected;
  bool hasType = false, hasOrder = false, hasShape = false;
};

} // namespace

std::optional<StringRef> HeaderParser::parseString() {
  rest = rest.ltrim();
  if (!rest.starts_with("'") && !rest.starts_with("\""))
    return std::nullopt;
  size_t end = rest.find(rest[0], 1);
  if (end == StringRef::npos)
    return std::nullopt;
  StringRef text = rest.slice(1, end);
  rest = rest.drop_front(end + 1);
  return text;
}

/// numpy's code of a type: byte order, kind, bytes.
static std::optional<DataType> parseTypeCode(StringRef code) {
  return StringSwitch<std::optional<DataType>>(code)
      .Cases({"|b1", "<b1"}, DataType::Bool)
      .Cases({"|i1", "<i1"}, DataType::Int8)
      .Cases({"|u1", "<u1"}, DataType::UInt8)
      .Case("<i2", DataType::Int16)
      .Case("<u2", DataType::UInt16)
      .Case("<i4", DataType::Int32)
      .Case("<u4", DataType::UInt32)
      .Case("<i8", DataType::Int64)
      .Case("<u8", DataType::UInt64)
      .Case("<f1", DataType::Float8E5M2)
      .Case("<f2", DataType::Float16)
      .Cases({"<V2", "|V2"}, DataType::BFloat16)
      .Case("<f4", DataType::Float32)
      .Case("<f8", DataType::Float64)
      .Default(std::nullopt);
}

/// What numpy writes for elements of a byte of which it knows no more.
static constexpr StringLiteral opaqueByteCode = "|V1";

static StringRef getTypeCode(DataType type) {
  switch (type) {
  case DataType::Bool:
    return "|b1";
  case DataType::Int8:
    return "|i1";
  case DataType::UInt8:
    return "|u1";
  case DataType::Int16:
    return "<i2";
  case DataType::UInt16:
    return "<u2";
  case DataType::Int32:
    return "<i4";
  case DataType::UInt32:
    return "<u4";
  case DataType::Int64:
    return "<i8";
  case DataType::UInt64:
    return "<u8";
  case DataType::Float16:
    return "<f2";
  case DataType::BFloat16:
    return "<V2";
  case DataType::Float32:
    return "<f4";
  case DataType::Float64:
    return "<f8";
  case DataType::Float8E4M3FN:
  case DataType::Float8E4M3FNUZ:
  case DataType::Float8E5M2:
  case DataType::Float8E5M2FNUZ:
  case DataType::Float8E8M0FNU:
  case DataType::Float4E2M1FN:
  case DataType::Int4:
  case DataType::UInt4:
  case DataType::Int2:
  case DataType::UInt2:
    return opaqueByteCode;
  }
  llvm_unreachable("not a type");
}

Error HeaderParser::parseType(Header &header) {
  std::optional<StringRef> code = parseString();
  if (!code)
    return fail("its element type is not a plain type (a structured array?)");
  if (code->starts_with(">"))
    return fail("big-endian elements ('" + *code +
                "'); hint: convert with array.astype(array.dtype."
                "newbyteorder('<'))");
  std::optional<DataType> type = parseTypeCode(*code);
  if (*code == opaqueByteCode || *code == "<V1") {
    if (!expected || getTypeCode(*expected) != opaqueByteCode)
      return fail("elements of type '" + *code +
                  "' are those of a type of ml_dtypes, but the file does not "
                  "say which, and none of a byte is expected here");
    type = expected;
  }
  if (!type)
    return fail("element type '" + *code + "' has no counterpart in ONNX");
  header.type.type = *type;
  hasType = true;
  return Error::success();
}

Error HeaderParser::parseShape(Header &header) {
  if (!consume("("))
    return fail("its shape is not a tuple");
  while (!consume(")")) {
    int64_t dim;
    rest = rest.ltrim();
    if (rest.consumeInteger(/*Radix=*/10, dim) || dim < 0)
      return fail("its shape is not a tuple of sizes");
    header.type.shape.push_back(dim);
    if (!consume(",") && !rest.ltrim().starts_with(")"))
      return fail("its shape is not a tuple of sizes");
  }
  hasShape = true;
  return Error::success();
}

Error HeaderParser::parseEntry(Header &header) {
  std::optional<StringRef> key = parseString();
  if (!key || !consume(":"))
    return fail("its header is not a dictionary");
  if (*key == "descr" && !hasType)
    return parseType(header);
  if (*key == "shape" && !hasShape)
    return parseShape(header);
  if (*key == "fortran_order" && !hasOrder) {
    hasOrder = true;
    header.isFortranOrder = consume("True");
    if (header.isFortranOrder || consume("False"))
      return Error::success();
  }
  return fail("its header has an entry '" + *key + "' that does not belong");
}

Expected<Header> HeaderParser::parse() {
  Header header;
  if (!consume("{"))
    return fail("its header is not a dictionary");
  while (!consume("}")) {
    if (Error error = parseEntry(header))
      return error;
    if (!consume(",") && !rest.ltrim().starts_with("}"))
      return fail("its header is not a dictionary");
  }
  if (!hasType || !hasOrder || !hasShape || !rest.trim().empty())
    return fail("its header is not a dictionary of descr, fortran_order and "
                "shape");
  return header;
}

/// Elements from column-major to row-major order.
static std::vector<uint8_t> transpose(ArrayRef<uint8_t> data,
                                      const TensorType &type) {
  std::vector<uint8_t> result(data.size());
  size_t width = getByteWidth(type.type);
  size_t rank = type.shape.size();
  SmallVector<uint64_t> strides(rank, width); // of the source
  for (size_t d = 1; d < rank; ++d)
    strides[d] = strides[d - 1] * type.shape[d - 1];
  SmallVector<int64_t> index(rank, 0);
  uint64_t source = 0;
  for (size_t target = 0; target < result.size(); target += width) {
    std::copy_n(data.begin() + source, width, result.begin() + target);
    for (size_t d = rank; d-- > 0;) {
      source += strides[d];
      if (++index[d] < type.shape[d])
        break;
      source -= strides[d] * index[d];
      index[d] = 0;
    }
  }
  return result;
}

Expected<Tensor> readNpy(MemoryBufferRef file,
                         std::optional<DataType> expected) {
  auto fail = [&](const Twine &message) {
    return makeUserError(ExitCode::Input,
                         file.getBufferIdentifier() + ": " + message);
  };
  StringRef bytes = file.getBuffer();
  constexpr size_t versionBytes = 2;
  if (!bytes.consume_front(magic) || bytes.size() < versionBytes)
    return fail("not a .npy file");
  unsigned version = static_cast<uint8_t>(bytes[0]);
  bytes = bytes.drop_front(versionBytes);
  if (version < 1 || version > 3)
    return fail("version " + Twine(version) +
                " of the .npy format, 1 to 3 are known");
  // The length of the header has 2 bytes in version 1, 4 in the others.
  size_t lengthBytes = version == 1 ? sizeof(uint16_t) : sizeof(uint32_t);
  if (bytes.size() < lengthBytes)
    return fail("it ends within its header");
  uint64_t length = version == 1 ? support::endian::read16le(bytes.data())
                                 : support::endian::read32le(bytes.data());
  bytes = bytes.drop_front(lengthBytes);
  if (bytes.size() < length)
    return fail("it ends within its header");
  Expected<Header> header = HeaderParser(bytes.take_front(length),
                                         file.getBufferIdentifier(), expected)
                                .parse();
  if (!header)
    return header.takeError();
  bytes = bytes.drop_front(length);

  std::optional<uint64_t> size = getByteSize(header->type);
  if (!size || bytes.size() != *size)
    return fail("has " + Twine(bytes.size()) + " bytes of elements, " +
                header->type.str() + " needs " +
                (size ? Twine(*size).str() : "more than there can be"));
  Tensor tensor;
  tensor.type = std::move(header->type);
  if (header->isFortranOrder)
    tensor.data = transpose(arrayRefFromStringRef(bytes), tensor.type);
  else
    tensor.data.assign(bytes.bytes_begin(), bytes.bytes_end());
  return tensor;
}

void writeNpy(const Tensor &tensor, raw_ostream &os) {
  std::string header;
  raw_string_ostream text(header);
  text << "{'descr': '" << getTypeCode(tensor.type.type)
       << "', 'fortran_order': False, 'shape': (";
  // A tuple of one has a comma at its end.
  for (int64_t dim : tensor.type.shape)
    text << dim << (tensor.type.shape.size() == 1 ? "," : ", ");
  if (tensor.type.shape.size() > 1)
    header.resize(header.size() - StringRef(", ").size());
  text << "), }";
  constexpr size_t prefix = 10; // magic, version, length
  size_t end = alignTo(prefix + header.size() + 1, dataAlignment);
  header.append(end - prefix - header.size() - 1, ' ');
  header += '\n';

  os << magic << '\x01' << '\x00';
  char length[sizeof(uint16_t)];
  support::endian::write16le(length, header.size());
  os.write(length, sizeof(length));
  os << header;
  os.write(reinterpret_cast<const char *>(tensor.data.data()),
           tensor.data.size());
}

} // namespace garam
