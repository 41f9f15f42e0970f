//===- Memory.cpp - Memories that a simulated NPU program touches ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Memory.h"

#include "garam/Target/NPU/Machine/ByteRegion.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

namespace garam::npu {

using Wide = __int128;

/// Offsets stay below this, so that sums of two do not overflow 64 bits.
static constexpr Wide maxReach = Wide(1) << 62;

/// SRAM that nothing has written reads as this byte: as floats of any width
/// NaN, so that a program which reads it shows.
static constexpr uint8_t uninitialisedByte = 0xFF;

/// SRAM images grow in steps of this many bytes.
static constexpr uint64_t imageStep = 1 << 16;

Memory::Memory(const Program &program, const MachineDescription &machine,
               RunMemory segments, bool timingOnly)
    : program(program), machine(machine), segments(std::move(segments)),
      timingOnly(timingOnly), images(machine.cores + 1) {}

uint64_t Memory::getSize(const Address &address) const {
  switch (address.space) {
  case MemorySpace::Local:
    return address.index < machine.cores ? machine.local.bytes : 0;
  case MemorySpace::Shared:
    return machine.shared.bytes;
  case MemorySpace::DRAM:
    return address.index < program.segments.size()
               ? program.segments[address.index].size
               : 0;
  }
  return 0;
}

uint8_t *Memory::getImage(const Address &address, uint64_t end) {
  std::vector<uint8_t> &image =
      images[address.space == MemorySpace::Local ? address.index
                                                 : machine.cores];
  // With all of its room reserved, which costs no memory yet, an image never
  // moves: operands that are resolved one after the other stay valid.
  if (image.capacity() == 0)
    image.reserve(llvm::alignTo(getSize(address), imageStep));
  if (image.size() < end)
    image.resize(llvm::alignTo(end, imageStep), uninitialisedByte);
  return image.data();
}

void Memory::setMemory(Operand &operand, const Address &address, bool isWrite) {
  if (address.space == MemorySpace::DRAM) {
    operand.memory = segments.read(address.index).data();
    if (isWrite)
      operand.target = segments.write(address.index).data();
    return;
  }
  operand.target = getImage(address, operand.limit);
  operand.memory = operand.target;
}

llvm::ArrayRef<uint8_t> Memory::read(const Address &address,
                                     uint64_t size) const {
  llvm::ArrayRef<uint8_t> bytes;
  switch (address.space) {
  case MemorySpace::Local:
    if (address.index < machine.cores)
      bytes = images[address.index];
    break;
  case MemorySpace::Shared:
    bytes = images[machine.cores];
    break;
  case MemorySpace::DRAM:
    if (address.index < segments.size())
      bytes = segments.read(address.index);
    break;
  }
  auto offset = static_cast<uint64_t>(address.offset);
  if (address.offset < 0 || offset > bytes.size() ||
      size > bytes.size() - offset)
    return {};
  return bytes.slice(offset, size);
}

static Address getAddress(const ResidentBytes &bytes) {
  Address address;
  address.space = bytes.space;
  address.index = bytes.index;
  address.offset = bytes.offset;
  return address;
}

std::vector<uint8_t> Memory::copy(const ResidentBytes &bytes) const {
  std::vector<uint8_t> content(bytes.size, uninitialisedByte);
  const std::vector<uint8_t> &image =
      images[bytes.space == MemorySpace::Local ? bytes.index : machine.cores];
  if (bytes.offset < image.size())
    llvm::copy(llvm::ArrayRef(image).slice(
                   bytes.offset,
                   std::min<uint64_t>(bytes.size, image.size() - bytes.offset)),
               content.begin());
  return content;
}

void Memory::fill(const ResidentBytes &bytes, llvm::ArrayRef<uint8_t> content) {
  uint8_t *image = getImage(getAddress(bytes), bytes.getEnd());
  llvm::copy(content, image + bytes.offset);
}

static std::string describe(const Address &address, const Program &program) {
  switch (address.space) {
  case MemorySpace::Local:
    return llvm::formatv("the SRAM of core {0}", address.index);
  case MemorySpace::Shared:
    return "the shared SRAM";
  case MemorySpace::DRAM:
    if (address.index < program.segments.size() &&
        !program.segments[address.index].name.empty())
      return llvm::formatv("segment {0} ('{1}')", address.index,
                           program.segments[address.index].name);
    return llvm::formatv("segment {0}", address.index);
  }
  return "memory";
}

llvm::Error Memory::makeRangeError(const Address &address, int64_t begin,
                                   int64_t end) const {
  return llvm::createStringError(
      llvm::formatv("bytes [{0}, {1}) lie outside {2}, which has {3} bytes",
                    begin, end, describe(address, program), getSize(address))
          .str());
}

/// Nothing that a run writes is resident.
llvm::Error Memory::checkResidents(const Descriptor &descriptor,
                                   llvm::ArrayRef<uint32_t> sizes,
                                   unsigned width, int64_t base) const {
  llvm::SmallVector<ByteRegion::Dim> dims;
  for (auto [size, stride] : llvm::zip(sizes, descriptor.strides))
    dims.push_back({stride, size});
  const ResidentBytes *written =
      findResident(program, descriptor.address.space, descriptor.address.index,
                   makeRegion(base, width, dims));
  if (!written)
    return llvm::Error::success();
  return llvm::createStringError(
      llvm::formatv("resident bytes [{0}, {1}) of {2} are written, which a run "
                    "only reads",
                    written->offset, written->getEnd(),
                    describe(descriptor.address, program))
          .str());
}

llvm::Expected<Operand> Memory::resolve(const Descriptor &descriptor,
                                        llvm::ArrayRef<uint32_t> sizes,
                                        unsigned width, bool isWrite,
                                        const ExecutionContext &context) {
  const Address &address = descriptor.address;
  if (address.space == MemorySpace::DRAM) {
    if (address.index >= program.segments.size())
      return llvm::createStringError(
          llvm::formatv("segment {0} of a program that has {1}", address.index,
                        program.segments.size())
              .str());
    if (isWrite && isReadOnly(program.segments[address.index].role))
      return llvm::createStringError(describe(address, program) +
                                     " is written, but its role is read only");
  }

  Wide base = address.offset;
  for (unsigned depth = 0; depth < maxLoopDepth; ++depth)
    base += Wide(address.loopStrides[depth]) * context.iterations[depth];
  if (address.parameter >= 0) {
    if (static_cast<size_t>(address.parameter) >= context.parameters.size())
      return llvm::createStringError(
          llvm::formatv("launch parameter {0} of a program that has {1}",
                        address.parameter, context.parameters.size())
              .str());
    base +=
        Wide(address.parameterStride) * context.parameters[address.parameter];
  }
  Wide low = base, high = base;
  for (unsigned dim = 0; dim < sizes.size(); ++dim) {
    Wide reach = Wide(descriptor.strides[dim]) * (sizes[dim] - 1);
    (reach < 0 ? low : high) += reach;
  }
  high += width;
  if (low < -maxReach || high > maxReach)
    return llvm::createStringError(
        "operand reaches beyond 62-bit addresses in " +
        describe(address, program));

  uint64_t size = getSize(address);
  bool guarded = !descriptor.guards.empty();
  if (!guarded && (low < 0 || high > size))
    return makeRangeError(address, static_cast<int64_t>(low),
                          static_cast<int64_t>(high));
  if (isWrite && !program.residents.empty())
    if (llvm::Error error = checkResidents(descriptor, sizes, width,
                                           static_cast<int64_t>(base)))
      return std::move(error);

  Operand operand;
  operand.limit = static_cast<int64_t>(std::min<Wide>(
      std::min<Wide>(high, size), std::numeric_limits<int64_t>::max()));
  operand.limit = std::max<int64_t>(operand.limit, 0);
  if (!timingOnly)
    setMemory(operand, address, isWrite);
  operand.base = static_cast<int64_t>(base);
  operand.type = descriptor.type;
  operand.strides = descriptor.strides;
  operand.fill = descriptor.fill;
  for (const Guard &guard : descriptor.guards) {
    ResolvedGuard resolved;
    resolved.start = guard.start;
    for (unsigned depth = 0; depth < maxLoopDepth; ++depth)
      resolved.start +=
          int64_t(guard.loopStrides[depth]) * context.iterations[depth];
    resolved.extent = guard.extent;
    resolved.coefficients = guard.coefficients;
    operand.guards.push_back(resolved);
  }
  return operand;
}

} // namespace garam::npu
