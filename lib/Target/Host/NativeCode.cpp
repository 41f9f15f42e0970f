//===- NativeCode.cpp - Kernels in this process ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "NativeCode.h"

#include "garam/Target/Host/Program.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"
#include "llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/Core.h"
#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"
#include "llvm/ExecutionEngine/Orc/SelfExecutorProcessControl.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cmath>
#include <cstring>
#include <utility>

using namespace llvm;

namespace garam::host {
namespace {

struct AllowedSymbol {
  StringLiteral name;
  void *address;
};

} // namespace

/// `value` in another format, rounded to nearest, ties to even.
static uint64_t convertBits(APFloat value, const fltSemantics &format) {
  bool losesInfo;
  value.convert(format, APFloat::rmNearestTiesToEven, &losesInfo);
  return value.bitcastToAPInt().getZExtValue();
}

// Conversions that some processors have no instruction for, which LLVM calls by
// these names of compiler-rt and libgcc.

template <typename T>
static _Float16 truncateToHalf(T value) {
  return llvm::bit_cast<_Float16>(
      static_cast<uint16_t>(convertBits(APFloat(value), APFloat::IEEEhalf())));
}

template <typename T>
static __bf16 truncateToBFloat(T value) {
  return llvm::bit_cast<__bf16>(
      static_cast<uint16_t>(convertBits(APFloat(value), APFloat::BFloat())));
}

static float extendHalf(_Float16 value) {
  APInt bits(16, llvm::bit_cast<uint16_t>(value));
  return llvm::bit_cast<float>(static_cast<uint32_t>(
      convertBits(APFloat(APFloat::IEEEhalf(), bits), APFloat::IEEEsingle())));
}

/// What LLVM calls for the sine and the cosine of one angle.
template <typename T>
static void computeSineAndCosine(T angle, T *sine, T *cosine) {
  *sine = std::sin(angle);
  *cosine = std::cos(angle);
}

#define GARAM_FLOAT_FUNCTION(name)                                             \
  {#name, reinterpret_cast<void *>(static_cast<double (*)(double)>(name))}, {  \
    #name "f",                                                                 \
        reinterpret_cast<void *>(static_cast<float (*)(float)>(name##f))       \
  }

/// memcpy and its like, conversions of small floats, and the functions of libm
/// that upstream's conversions
/// of the math dialect call.
static ArrayRef<AllowedSymbol> listAllowed() {
  static const AllowedSymbol symbols[] = {
      {"memcpy", reinterpret_cast<void *>(memcpy)},
      {"memmove", reinterpret_cast<void *>(memmove)},
      {"memset", reinterpret_cast<void *>(memset)},
      {"__extendhfsf2", reinterpret_cast<void *>(extendHalf)},
      {"__truncdfbf2", reinterpret_cast<void *>(truncateToBFloat<double>)},
      {"__truncdfhf2", reinterpret_cast<void *>(truncateToHalf<double>)},
      {"__truncsfbf2", reinterpret_cast<void *>(truncateToBFloat<float>)},
      {"__truncsfhf2", reinterpret_cast<void *>(truncateToHalf<float>)},
      {"fmod",
       reinterpret_cast<void *>(static_cast<double (*)(double, double)>(fmod))},
      {"fmodf",
       reinterpret_cast<void *>(static_cast<float (*)(float, float)>(fmodf))},
      {"pow",
       reinterpret_cast<void *>(static_cast<double (*)(double, double)>(pow))},
      {"powf",
       reinterpret_cast<void *>(static_cast<float (*)(float, float)>(powf))},
      {"fma", reinterpret_cast<void *>(
                  static_cast<double (*)(double, double, double)>(fma))},
      {"fmaf", reinterpret_cast<void *>(
                   static_cast<float (*)(float, float, float)>(fmaf))},
      {"atan2", reinterpret_cast<void *>(
                    static_cast<double (*)(double, double)>(atan2))},
      {"atan2f",
       reinterpret_cast<void *>(static_cast<float (*)(float, float)>(atan2f))},
      {"sincos", reinterpret_cast<void *>(computeSineAndCosine<double>)},
      {"sincosf", reinterpret_cast<void *>(computeSineAndCosine<float>)},
      GARAM_FLOAT_FUNCTION(acos),
      GARAM_FLOAT_FUNCTION(acosh),
      GARAM_FLOAT_FUNCTION(asin),
      GARAM_FLOAT_FUNCTION(asinh),
      GARAM_FLOAT_FUNCTION(atan),
      GARAM_FLOAT_FUNCTION(atanh),
      GARAM_FLOAT_FUNCTION(cbrt),
      GARAM_FLOAT_FUNCTION(ceil),
      GARAM_FLOAT_FUNCTION(cos),
      GARAM_FLOAT_FUNCTION(cosh),
      GARAM_FLOAT_FUNCTION(erf),
      GARAM_FLOAT_FUNCTION(erfc),
      GARAM_FLOAT_FUNCTION(exp),
      GARAM_FLOAT_FUNCTION(exp2),
      GARAM_FLOAT_FUNCTION(expm1),
      GARAM_FLOAT_FUNCTION(floor),
      GARAM_FLOAT_FUNCTION(log),
      GARAM_FLOAT_FUNCTION(log10),
      GARAM_FLOAT_FUNCTION(log1p),
      GARAM_FLOAT_FUNCTION(log2),
      GARAM_FLOAT_FUNCTION(nearbyint),
      GARAM_FLOAT_FUNCTION(rint),
      GARAM_FLOAT_FUNCTION(round),
      GARAM_FLOAT_FUNCTION(roundeven),
      GARAM_FLOAT_FUNCTION(sin),
      GARAM_FLOAT_FUNCTION(sinh),
      GARAM_FLOAT_FUNCTION(sqrt),
      GARAM_FLOAT_FUNCTION(tan),
      GARAM_FLOAT_FUNCTION(tanh),
      GARAM_FLOAT_FUNCTION(trunc)};
  return symbols;
}

#undef GARAM_FLOAT_FUNCTION

std::vector<StringRef> getAllowedSymbols() {
  std::vector<StringRef> names;
  for (const AllowedSymbol &symbol : listAllowed())
    names.push_back(symbol.name);
  llvm::sort(names);
  return names;
}

namespace {

/// Owns the memory of one linked object.
class LinkedObject : public NativeCode {
public:
  explicit LinkedObject(std::unique_ptr<orc::ExecutorProcessControl> control,
                        std::unique_ptr<jitlink::JITLinkMemoryManager> memory)
      : session(std::move(control)), layer(session, std::move(memory)) {
    session.setErrorReporter([this](Error error) {
      reasons = joinErrors(std::move(reasons), std::move(error));
    });
  }
  ~LinkedObject() override {
    consumeError(session.endSession());
    consumeError(std::move(reasons));
  }

  Error load(ArrayRef<uint8_t> object, unsigned numKernels);

private:
  /// What went wrong behind an error of a look-up.
  Error reasons = Error::success();
  orc::ExecutionSession session;
  orc::ObjectLinkingLayer layer;
};

} // namespace

Error LinkedObject::load(ArrayRef<uint8_t> object, unsigned numKernels) {
  orc::JITDylib &library = session.createBareJITDylib("kernels");
  orc::SymbolMap allowed;
  for (const AllowedSymbol &symbol : listAllowed())
    allowed[session.intern(symbol.name)] = {
        orc::ExecutorAddr::fromPtr(symbol.address), JITSymbolFlags::Exported};
  if (Error error = library.define(orc::absoluteSymbols(std::move(allowed))))
    return error;
  auto buffer = MemoryBuffer::getMemBufferCopy(
      StringRef(reinterpret_cast<const char *>(object.data()), object.size()),
      "kernels.o");
  if (Error error = layer.add(library, std::move(buffer)))
    return error;

  orc::SymbolLookupSet names;
  for (unsigned kernel = 0; kernel < numKernels; ++kernel)
    names.add(session.intern(getKernelSymbol(kernel)));
  Expected<orc::SymbolMap> found =
      session.lookup(orc::makeJITDylibSearchOrder({&library}), names);
  if (!found)
    return joinErrors(found.takeError(),
                      std::exchange(reasons, Error::success()));
  for (unsigned kernel = 0; kernel < numKernels; ++kernel)
    kernels.push_back((*found)[session.intern(getKernelSymbol(kernel))]
                          .getAddress()
                          .toPtr<KernelFunction>());
  return Error::success();
}

Expected<std::unique_ptr<NativeCode>> link(ArrayRef<uint8_t> object,
                                           unsigned numKernels) {
  auto control = orc::SelfExecutorProcessControl::Create();
  if (!control)
    return control.takeError();
  auto memory = jitlink::InProcessMemoryManager::Create();
  if (!memory)
    return memory.takeError();
  auto linked =
      std::make_unique<LinkedObject>(std::move(*control), std::move(*memory));
  if (Error error = linked->load(object, numKernels))
    return createStringError("its native code cannot be linked: " +
                             toString(std::move(error)));
  return std::move(linked);
}

} // namespace garam::host
