//===- ConstantWriter.cpp - Packs weights into a section ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ConstantWriter.h"

#include "garam/Dialect/NPU/IR/ElementKinds.h"
#include "garam/Support/DataTypes.h"
#include "garam/Support/PackedWeights.h"
#include "garam/Support/TargetClones.h"
#include "garam/Target/NPU/Machine/Conversions.h"
#include "garam/Target/NPU/Machine/ISA.h"
#include "garam/Target/NonFiniteWeights.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include <cstring>

using namespace mlir;

namespace garam::npu {
namespace {

/// The elements of an attribute in memory.
struct SourceElements {
  ArrayRef<char> bytes;
  /// Booleans of a dense attribute, which packs them, a byte each.
  std::vector<char> unpacked;
  /// Of elements of less than a byte.
  std::optional<PackedElements> packed;
  int64_t width = 0; // bytes of one element
  bool isSplat = false;
  bool isFloat = false;
  Type type;
};

bool isNarrow(Type type) { return getStoredType(type) != type; }

std::optional<SourceElements> getElements(ElementsAttr value) {
  SourceElements source;
  source.type = value.getElementType();
  source.isFloat = isa<FloatType>(source.type);
  source.width = (source.type.getIntOrFloatBitWidth() + 7) / 8;
  if (auto dense = dyn_cast<DenseElementsAttr>(value)) {
    source.isSplat = dense.isSplat();
    source.bytes = dense.getRawData();
    if (source.type.isInteger(1)) {
      auto values = dense.getValues<bool>();
      source.unpacked.assign(values.begin(), values.end());
      source.bytes = source.unpacked;
      source.isSplat = false;
    }
    return source;
  }
  if (isa<DenseResourceElementsAttr>(value) && isNarrow(source.type)) {
    source.packed = PackedElements::get(value);
    return source.packed ? std::optional(source) : std::nullopt;
  }
  auto resource = dyn_cast<DenseResourceElementsAttr>(value);
  if (!resource || !resource.getRawHandle().getBlob())
    return std::nullopt;
  source.bytes = resource.getRawHandle().getBlob()->getData();
  return source;
}

int64_t getVolume(ArrayRef<int64_t> sizes) {
  int64_t volume = 1;
  for (int64_t size : sizes)
    volume *= size;
  return volume;
}

/// Calls `run(source index, destination index, count, stride)` for each run
/// along the last dimension.
template <typename Run>
void forEachRun(PartAttr part, Run run) {
  ArrayRef<int64_t> sizes = part.getSizes(), strides = part.getSourceStrides();
  int64_t count = sizes.empty() ? 1 : sizes.back();
  int64_t stride = strides.empty() ? 1 : strides.back();
  unsigned outer = sizes.empty() ? 0 : sizes.size() - 1;
  SmallVector<int64_t> index(outer, 0);
  int64_t source = part.getSourceOffset(), destination = 0;
  if (getVolume(sizes) == 0)
    return;
  while (true) {
    run(source, destination, count, stride);
    destination += count;
    int dim = static_cast<int>(outer) - 1;
    for (; dim >= 0; --dim) {
      source += strides[dim];
      if (++index[dim] < sizes[dim])
        break;
      source -= strides[dim] * sizes[dim];
      index[dim] = 0;
    }
    if (dim < 0)
      return;
  }
}

template <typename T>
void copyRuns(PartAttr part, const char *bytes, bool isSplat, uint8_t *out) {
  forEachRun(part, [&](int64_t source, int64_t destination, int64_t count,
                       int64_t stride) {
    uint8_t *to = out + destination * sizeof(T);
    if (stride == 1 && !isSplat) {
      std::memcpy(to, bytes + source * sizeof(T), count * sizeof(T));
      return;
    }
    for (int64_t i = 0; i < count; ++i)
      std::memcpy(to + i * sizeof(T),
                  bytes + (isSplat ? 0 : source + i * stride) * sizeof(T),
                  sizeof(T));
  });
}

void unpackRuns(PartAttr part, const PackedElements &source, uint8_t *out) {
  forEachRun(part,
             [&](int64_t from, int64_t to, int64_t count, int64_t stride) {
               for (int64_t i = 0; i < count; ++i)
                 out[to + i] = source[from + i * stride];
             });
}

/// Converts `count` elements that follow one another.
using ConvertRun = void (*)(const char *from, uint8_t *to, int64_t count);

GARAM_TARGET_CLONES
void roundToF16(const char *from, uint8_t *to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    float value;
    std::memcpy(&value, from + i * sizeof(value), sizeof(value));
    uint16_t half = toF16(value);
    std::memcpy(to + i * sizeof(half), &half, sizeof(half));
  }
}

GARAM_TARGET_CLONES
void roundToBF16(const char *from, uint8_t *to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    float value;
    std::memcpy(&value, from + i * sizeof(value), sizeof(value));
    uint16_t half = toBF16(value);
    std::memcpy(to + i * sizeof(half), &half, sizeof(half));
  }
}

/// What converts runs from `from` to `to` fast, the types of most weights and
/// of most engines; null for others.
ConvertRun getFastConversion(Type from, ElementKind to) {
  if (!from.isF32())
    return nullptr;
  return to == ElementKind::f16    ? roundToF16
         : to == ElementKind::bf16 ? roundToBF16
                                   : nullptr;
}

/// Writes `convert` of elements of type From as ones of type To.
template <typename From, typename To, typename Convert>
void convertRuns(PartAttr part, const SourceElements &source, uint8_t *out,
                 Convert convert) {
  const char *bytes = source.bytes.data();
  ConvertRun fast = getFastConversion(source.type, part.getType());
  forEachRun(part, [&](int64_t from, int64_t to, int64_t count,
                       int64_t stride) {
    if (source.isSplat)
      from = stride = 0;
    if (fast && stride == 1)
      return fast(bytes + from * sizeof(From), out + to * sizeof(To), count);
    for (int64_t i = 0; i < count; ++i) {
      From value;
      std::memcpy(&value, bytes + (from + i * stride) * sizeof(From),
                  sizeof(From));
      To converted = convert(value);
      std::memcpy(out + (to + i) * sizeof(To), &converted, sizeof(To));
    }
  });
}

/// The same to floats of `kind`; `load` makes an f32 of an element.
template <typename From, typename Load>
void convertRunsTo(ElementKind kind, PartAttr part,
                   const SourceElements &source, uint8_t *out, Load load) {
  switch (kind) {
  case ElementKind::f32:
    return convertRuns<From, float>(part, source, out, load);
  case ElementKind::bf16:
    return convertRuns<From, uint16_t>(
        part, source, out, [&](From value) { return toBF16(load(value)); });
  default:
    return convertRuns<From, uint16_t>(
        part, source, out, [&](From value) { return toF16(load(value)); });
  }
}

void convertRuns(PartAttr part, const SourceElements &source, uint8_t *out) {
  ElementKind kind = part.getType();
  if (source.type.isF32())
    return convertRunsTo<float>(kind, part, source, out,
                                [](float value) { return value; });
  if (source.type.isF64())
    return convertRunsTo<double>(kind, part, source, out, [](double value) {
      return static_cast<float>(value);
    });
  if (source.type.isBF16())
    return convertRunsTo<uint16_t>(kind, part, source, out, fromBF16);
  return convertRunsTo<uint16_t>(kind, part, source, out, fromF16);
}

bool isSameFormat(const SourceElements &source, ElementKind kind) {
  if (source.packed && source.isFloat)
    return kind == ElementKind::f8E4M3FN;
  if (!source.isFloat)
    return source.width == getByteWidth(getElementType(kind));
  switch (kind) {
  case ElementKind::f32:
    return source.type.isF32();
  case ElementKind::f64:
    return source.type.isF64();
  case ElementKind::f16:
    return source.type.isF16();
  case ElementKind::bf16:
    return source.type.isBF16();
  default:
    return source.width == getByteWidth(getElementType(kind));
  }
}

} // namespace

int64_t getPartBytes(PartAttr part) {
  return getVolume(part.getSizes()) *
         getByteWidth(getElementType(part.getType()));
}

SmallVector<PartAttr> cutPart(PartAttr part, int64_t mostBytes) {
  int64_t bytes = getPartBytes(part);
  if (bytes <= mostBytes || part.getSizes().empty())
    return {part};
  int64_t size = part.getSizes().front();
  int64_t indexBytes = bytes / size;
  int64_t step = std::max<int64_t>(1, mostBytes / indexBytes);
  SmallVector<PartAttr> pieces;
  for (int64_t first = 0; first < size; first += step) {
    SmallVector<int64_t> sizes(part.getSizes());
    sizes.front() = std::min(step, size - first);
    pieces.push_back(PartAttr::get(
        part.getContext(), part.getOffset() + first * indexBytes,
        part.getType(), sizes,
        part.getSourceOffset() + first * part.getSourceStrides().front(),
        part.getSourceStrides(), part.getValue()));
  }
  return pieces;
}

LogicalResult verifyPart(PartAttr part, BufferOp op) {
  std::optional<SourceElements> source = getElements(part.getValue());
  if (!source)
    return op.emitError("holds weights whose elements are not loaded");
  if (part.getSizes().size() != part.getSourceStrides().size())
    return op.emitError("holds a part with ")
           << part.getSizes().size() << " sizes and "
           << part.getSourceStrides().size() << " strides";
  int64_t low = part.getSourceOffset(), high = low;
  for (auto [size, stride] :
       llvm::zip(part.getSizes(), part.getSourceStrides()))
    (stride < 0 ? low : high) += stride * (size - 1);
  int64_t elements = source->isSplat || source->packed
                         ? part.getValue().getNumElements()
                         : source->bytes.size() / source->width;
  bool isSized =
      llvm::all_of(part.getSizes(), [](int64_t size) { return size >= 0; });
  int64_t bytes = getPartBytes(part);
  if (!isSized || part.getOffset() < 0 ||
      part.getOffset() + bytes > static_cast<int64_t>(op.getSize()))
    return op.emitError("holds a part of ")
           << bytes << " bytes at offset " << part.getOffset()
           << ", beyond its own " << op.getSize();
  if (getVolume(part.getSizes()) != 0 && (low < 0 || high >= elements))
    return op.emitError("holds a part that leaves its weights: elements ")
           << low << " to " << high << " of " << elements;
  bool isConvertible = (source->type.isF32() || source->type.isF64() ||
                        source->type.isF16() || source->type.isBF16()) &&
                       (part.getType() == ElementKind::f32 ||
                        part.getType() == ElementKind::bf16 ||
                        part.getType() == ElementKind::f16);
  if (!isSameFormat(*source, part.getType()) && !isConvertible)
    return op.emitError("holds weights of type ")
           << source->type << " as " << stringifyElementKind(part.getType())
           << ", which is no conversion of floats";
  return success();
}

void writePart(PartAttr part, MutableArrayRef<uint8_t> bytes) {
  SourceElements source = *getElements(part.getValue());
  if (!isSameFormat(source, part.getType()))
    return convertRuns(part, source, bytes.data());
  if (source.packed)
    return unpackRuns(part, *source.packed, bytes.data());
  switch (source.width) {
  case 1:
    return copyRuns<uint8_t>(part, source.bytes.data(), source.isSplat,
                             bytes.data());
  case 2:
    return copyRuns<uint16_t>(part, source.bytes.data(), source.isSplat,
                              bytes.data());
  case 4:
    return copyRuns<uint32_t>(part, source.bytes.data(), source.isSplat,
                              bytes.data());
  default:
    return copyRuns<uint64_t>(part, source.bytes.data(), source.isSplat,
                              bytes.data());
  }
}

static std::optional<DataType> getFloatType(ElementKind kind) {
  switch (kind) {
  case ElementKind::f16:
    return DataType::Float16;
  case ElementKind::bf16:
    return DataType::BFloat16;
  case ElementKind::f32:
    return DataType::Float32;
  case ElementKind::f64:
    return DataType::Float64;
  default:
    return std::nullopt;
  }
}

std::optional<NonFiniteWeight> findNonFinite(PartAttr part,
                                             ArrayRef<uint8_t> bytes) {
  std::optional<DataType> type = getFloatType(part.getType());
  if (!type)
    return std::nullopt;
  return garam::findNonFinite(part.getValue(), *type,
                              bytes.take_front(getPartBytes(part)),
                              /*mayBeBounds=*/true);
}

} // namespace garam::npu
