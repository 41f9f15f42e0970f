//===- ElementKinds.cpp - Element types of tensors in memory --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/IR/ElementKinds.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace garam::npu {

//===----------------------------------------------------------------------===//
// The dialect's enumerations are those of the instruction set
//===----------------------------------------------------------------------===//

template <typename KindTy, typename CodeTy>
static constexpr bool agree(KindTy kind, CodeTy code) {
  return static_cast<unsigned>(kind) == static_cast<unsigned>(code);
}

static_assert(agree(ElementKind::i8, ElementType::I8));
static_assert(agree(ElementKind::u8, ElementType::U8));
static_assert(agree(ElementKind::i16, ElementType::I16));
static_assert(agree(ElementKind::u16, ElementType::U16));
static_assert(agree(ElementKind::i32, ElementType::I32));
static_assert(agree(ElementKind::u32, ElementType::U32));
static_assert(agree(ElementKind::i64, ElementType::I64));
static_assert(agree(ElementKind::u64, ElementType::U64));
static_assert(agree(ElementKind::f16, ElementType::F16));
static_assert(agree(ElementKind::bf16, ElementType::BF16));
static_assert(agree(ElementKind::f32, ElementType::F32));
static_assert(agree(ElementKind::f64, ElementType::F64));
static_assert(agree(ElementKind::bool_, ElementType::Bool));
static_assert(agree(ElementKind::f8E4M3FN, ElementType::F8E4M3));
static_assert(agree(ElementKind::f8E5M2, ElementType::F8E5M2));
static_assert(getMaxEnumValForElementKind() + 1 == numElementTypes);

static_assert(agree(CombinerKind::addf, Combiner::AddF));
static_assert(agree(CombinerKind::mulf, Combiner::MulF));
static_assert(agree(CombinerKind::maxf, Combiner::MaxF));
static_assert(agree(CombinerKind::minf, Combiner::MinF));
static_assert(agree(CombinerKind::addi, Combiner::AddI));
static_assert(agree(CombinerKind::muli, Combiner::MulI));
static_assert(agree(CombinerKind::maxi, Combiner::MaxI));
static_assert(agree(CombinerKind::mini, Combiner::MinI));
static_assert(agree(CombinerKind::andi, Combiner::AndI));
static_assert(agree(CombinerKind::ori, Combiner::OrI));
static_assert(getMaxEnumValForCombinerKind() + 1 == numCombiners);

static_assert(agree(EngineKind::tensor, Engine::Tensor));
static_assert(agree(EngineKind::vector, Engine::Vector));
static_assert(agree(EngineKind::dma, Engine::DMA));
static_assert(getMaxEnumValForEngineKind() + 1 == numEngineKinds);

static_assert(agree(SpaceKind::local, MemorySpace::Local));
static_assert(agree(SpaceKind::shared, MemorySpace::Shared));
static_assert(agree(SpaceKind::dram, MemorySpace::DRAM));
static_assert(getMaxEnumValForSpaceKind() + 1 == numMemorySpaces);

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

static std::optional<ElementKind> findIntegerKind(IntegerType type,
                                                  bool isUnsigned) {
  switch (type.getWidth()) {
  case 1:
    return ElementKind::bool_;
  case 8:
    return isUnsigned ? ElementKind::u8 : ElementKind::i8;
  case 16:
    return isUnsigned ? ElementKind::u16 : ElementKind::i16;
  case 32:
    return isUnsigned ? ElementKind::u32 : ElementKind::i32;
  case 64:
    return isUnsigned ? ElementKind::u64 : ElementKind::i64;
  default:
    return std::nullopt;
  }
}

std::optional<ElementKind> findElementKind(Type type, bool isUnsigned) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return findIntegerKind(integer, isUnsigned || integer.isUnsigned());
  return llvm::TypeSwitch<Type, std::optional<ElementKind>>(type)
      .Case([](Float16Type) { return ElementKind::f16; })
      .Case([](BFloat16Type) { return ElementKind::bf16; })
      .Case([](Float32Type) { return ElementKind::f32; })
      .Case([](Float64Type) { return ElementKind::f64; })
      .Case([](Float8E4M3FNType) { return ElementKind::f8E4M3FN; })
      .Case([](Float8E5M2Type) { return ElementKind::f8E5M2; })
      .Default([](Type) { return std::nullopt; });
}

ElementKind getElementKind(Type type, bool isUnsigned) {
  std::optional<ElementKind> kind = findElementKind(type, isUnsigned);
  assert(kind && "stages have tensors of the NPU's element types");
  return *kind;
}

} // namespace garam::npu
