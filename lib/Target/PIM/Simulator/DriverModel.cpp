//===- DriverModel.cpp - What the issuer of a stream computes -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DriverModel.h"

#include "garam/Target/PIM/Machine/Half.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"

#include <algorithm>
#include <cmath>

namespace garam::pim {

using llvm::support::endian::read16le;
using llvm::support::endian::read32le;
using llvm::support::endian::write16le;
using llvm::support::endian::write32le;

float DriverModel::load(const TensorPlace &tensor, uint64_t element) const {
  const uint8_t *from = memory.read(tensor.segment).data() + tensor.offset +
                        element * getByteWidth(tensor.type);
  return tensor.type == FloatType::F32 ? llvm::bit_cast<float>(read32le(from))
                                       : toFloat(read16le(from));
}

void DriverModel::store(const TensorPlace &tensor, uint64_t element,
                        float value) {
  uint8_t *to = memory.write(tensor.segment).data() + tensor.offset +
                element * getByteWidth(tensor.type);
  if (tensor.type == FloatType::F32)
    write32le(to, llvm::bit_cast<uint32_t>(value));
  else
    write16le(to, fromFloat(value));
}

//===----------------------------------------------------------------------===//
// Data
//===----------------------------------------------------------------------===//

void DriverModel::execute(const ConvertCommand &convert) {
  std::fill_n(staging.begin() + convert.staging, convert.bursts, Burst());
  std::vector<uint32_t> index(convert.dims.size());
  uint64_t element = 0;
  for (uint64_t i = 0, count = convert.getElements(); i < count; ++i) {
    Burst &burst = staging[convert.staging + i / numLanes];
    write16le(&burst[i % numLanes * sizeof(Half)],
              fromFloat(load(convert.source, element)));
    for (size_t dim = index.size(); dim-- > 0;) {
      element += convert.dims[dim].stride;
      if (++index[dim] < convert.dims[dim].count)
        break;
      element -= convert.dims[dim].count * convert.dims[dim].stride;
      index[dim] = 0;
    }
  }
}

void DriverModel::execute(const ReduceCommand &reduce) {
  for (uint32_t output = 0; output < reduce.outputs; ++output) {
    Half sum = 0;
    for (uint32_t part = 0; part < reduce.parts; ++part) {
      const Burst &burst =
          staging[reduce.staging + output + part * reduce.partStride];
      for (unsigned lane = 0; lane < numLanes; ++lane)
        sum = add(sum, read16le(&burst[lane * sizeof(Half)]));
    }
    // One operation a statement, so that none is fused with the next.
    float y = toFloat(sum);
    y *= reduce.alpha;
    if (reduce.bias) {
      float bias = load(*reduce.bias, output);
      bias *= reduce.beta;
      y += bias;
    }
    if (reduce.relu && std::signbit(y))
      y = 0;
    store(reduce.destination, output, y);
  }
}

void DriverModel::execute(const StoreCommand &command) {
  for (uint32_t element = 0; element < command.elements; ++element) {
    const Burst &burst = staging[command.staging + element / numLanes];
    store(command.destination, element,
          toFloat(read16le(&burst[element % numLanes * sizeof(Half)])));
  }
}

//===----------------------------------------------------------------------===//
// Cost
//===----------------------------------------------------------------------===//

/// Additions of the lanes of all outputs.
static uint64_t countAdditions(const ReduceCommand &reduce) {
  return uint64_t(reduce.outputs) * reduce.parts * numLanes;
}

uint64_t DriverModel::countOperations(const ConvertCommand &convert) {
  return convert.getElements();
}
uint64_t DriverModel::countOperations(const ReduceCommand &reduce) {
  return countAdditions(reduce) + reduce.outputs;
}
uint64_t DriverModel::countOperations(const StoreCommand &store) {
  return store.elements;
}

double DriverModel::getSeconds(const ConvertCommand &convert) const {
  return driver.startSeconds +
         convert.getElements() / driver.conversionsPerSecond;
}

double DriverModel::getSeconds(const ReduceCommand &reduce) const {
  return driver.startSeconds +
         countAdditions(reduce) / driver.additionsPerSecond +
         reduce.outputs / driver.conversionsPerSecond;
}

double DriverModel::getSeconds(const StoreCommand &store) const {
  return driver.startSeconds + store.elements / driver.conversionsPerSecond;
}

} // namespace garam::pim
