//===- EvaluateUnique.cpp - The unique elements of small tensors ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "EvaluateNode.h"

#include <cmath>

using namespace mlir;

namespace garam::onnx {
namespace {

/// What Unique tells apart: the elements of a tensor or, of one axis, the
/// slices across it.
struct Slices {
  int64_t count, size;   // of slices, and of elements in each
  int64_t inner, stride; // elements behind the axis, and of all slices there
  const SmallTensor &input;

  const Element &get(int64_t slice, int64_t place) const {
    return input
        .elements[place / inner * stride + slice * inner + place % inner];
  }

  /// Less than 0 where `a` is before `b`, 0 where they are equal.
  int compare(int64_t a, int64_t b) const {
    for (int64_t place = 0; place < size; ++place) {
      const Element &x = get(a, place), &y = get(b, place);
      if (x.integer != y.integer)
        return x.integer < y.integer ? -1 : 1;
      if (x.number != y.number)
        return x.number < y.number ? -1 : 1;
    }
    return 0;
  }
};

std::optional<Slices> makeSlices(const NodeInputs &in) {
  const SmallTensor *input = in.get(0);
  if (!input || !input->isFullyKnown() || input->elements.empty() ||
      llvm::any_of(input->elements, [](const Element &element) {
        return std::isnan(element.number);
      }))
    return std::nullopt;
  int64_t total = input->elements.size();
  if (!in.node.getNodeAttributes().get("axis"))
    return Slices{total, 1, 1, total, *input};
  auto axis = normalizeAxis(in.getInt("axis", 0), input->getRank());
  if (!axis)
    return std::nullopt;
  int64_t count = input->shape[*axis], inner = getStrides(input->shape)[*axis];
  return Slices{count, total / count, inner, inner * count, *input};
}

/// The different slices, each by the first one like it.
struct Groups {
  SmallVector<int64_t> firsts, counts;
  SmallVector<int64_t> ofSlice; // which group it is in
};

Groups makeGroups(const Slices &slices, bool isSorted) {
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, slices.count));
  llvm::sort(order, [&](int64_t a, int64_t b) {
    int comparison = slices.compare(a, b);
    return comparison < 0 || (comparison == 0 && a < b);
  });
  SmallVector<int64_t> firsts, firstOf(slices.count);
  for (auto [number, slice] : llvm::enumerate(order)) {
    if (number == 0 || slices.compare(order[number - 1], slice) != 0)
      firsts.push_back(slice);
    firstOf[slice] = firsts.back();
  }
  if (!isSorted)
    llvm::sort(firsts);
  SmallVector<int64_t> numbers(slices.count);
  for (auto [number, first] : llvm::enumerate(firsts))
    numbers[first] = number;
  Groups groups{firsts, SmallVector<int64_t>(firsts.size(), 0), {}};
  for (int64_t first : firstOf) {
    groups.ofSlice.push_back(numbers[first]);
    ++groups.counts[numbers[first]];
  }
  return groups;
}

SmallTensor makeVector(const NodeInputs &in, ArrayRef<int64_t> integers) {
  SmallTensor vector{IntegerType::get(in.elementType.getContext(), 64),
                     {int64_t(integers.size())},
                     {}};
  for (int64_t integer : integers)
    vector.elements.push_back(Element::ofInteger(integer));
  return vector;
}

/// Zeros of both signs are equal, and NaNs different from each other: the node
/// stays where there is one.
std::optional<Results> evaluateUnique(const NodeInputs &in) {
  auto slices = makeSlices(in);
  if (!slices)
    return std::nullopt;
  Groups groups = makeGroups(*slices, in.getInt("sorted", 1));
  int64_t count = groups.firsts.size();
  SmallTensor unique{in.elementType, {count}, {}};
  if (in.node.getNodeAttributes().get("axis")) {
    unique.shape = in.get(0)->shape;
    unique.shape[*normalizeAxis(in.getInt("axis", 0), unique.getRank())] =
        count;
  }
  int64_t numOuter = slices->size / slices->inner;
  for (int64_t outer = 0; outer < numOuter; ++outer)
    for (int64_t first : groups.firsts)
      for (int64_t place = 0; place < slices->inner; ++place)
        unique.elements.push_back(
            slices->get(first, outer * slices->inner + place));
  Results results{std::move(unique), makeVector(in, groups.firsts),
                  makeVector(in, groups.ofSlice),
                  makeVector(in, groups.counts)};
  results.truncate(std::min<size_t>(in.node.getNumResults(), results.size()));
  return results;
}

} // namespace

void addUniqueEvaluators(EvaluatorTable &table) {
  table["Unique"] = evaluateUnique;
}

} // namespace garam::onnx
