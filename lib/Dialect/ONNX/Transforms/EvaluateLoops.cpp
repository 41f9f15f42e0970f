//===- EvaluateLoops.cpp - Steps of Loop and Scan on values ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "EvaluateLoops.h"

using namespace mlir;

namespace garam::onnx {
namespace {

/// What is there of an output after each step, one behind the other.
struct Collected {
  int64_t axis = 0;
  bool isReversed = false;
  std::vector<SmallTensor> parts;
};

/// The parts along a new dimension; none when their shapes differ or there is
/// none, whose shape nothing says.
std::optional<SmallTensor> stack(Collected &collected, int64_t maxElements) {
  std::vector<SmallTensor> &parts = collected.parts;
  if (parts.empty())
    return std::nullopt;
  if (collected.isReversed)
    std::reverse(parts.begin(), parts.end());
  SmallVector<int64_t> shape(parts.front().shape);
  auto axis = normalizeAxis(collected.axis, int64_t(shape.size()) + 1);
  if (!axis || llvm::any_of(parts, [&](const SmallTensor &part) {
        return part.shape != parts.front().shape;
      }))
    return std::nullopt;
  int64_t run = 1;
  for (int64_t size : ArrayRef(shape).drop_front(*axis))
    run *= size;
  int64_t total = parts.front().elements.size();
  shape.insert(shape.begin() + *axis, int64_t(parts.size()));
  if (!countElements(shape, maxElements))
    return std::nullopt;
  SmallTensor result{parts.front().elementType, std::move(shape), {}};
  for (int64_t begin = 0; begin < total; begin += run)
    for (const SmallTensor &part : parts)
      result.elements.insert(result.elements.end(),
                             part.elements.begin() + begin,
                             part.elements.begin() + begin + run);
  return result;
}

/// What is at one index of a dimension, without that dimension.
SmallTensor takeSlice(const SmallTensor &input, int64_t axis, int64_t index) {
  int64_t run = getStrides(input.shape)[axis], size = input.shape[axis];
  SmallTensor result{input.elementType, input.shape, {}};
  result.shape.erase(result.shape.begin() + axis);
  for (int64_t begin = index * run; begin < int64_t(input.elements.size());
       begin += size * run)
    result.elements.insert(result.elements.end(),
                           input.elements.begin() + begin,
                           input.elements.begin() + begin + run);
  return result;
}

/// The outputs of a loop: its states behind the last step, then what its steps
/// yield beside them.
class Steps {
public:
  Steps(int64_t maxElements) : maxElements(maxElements) {}

  /// Takes what a step yields; none when that would be too much.
  bool add(MutableArrayRef<SmallTensor> yielded) {
    if (yielded.size() != states.size() + collected.size())
      return false;
    for (auto [state, value] : llvm::zip(states, yielded))
      state = std::move(value);
    for (auto [output, value] :
         llvm::zip_equal(collected, yielded.drop_front(states.size()))) {
      numElements += std::max<int64_t>(1, value.elements.size());
      output.parts.push_back(std::move(value));
    }
    return numElements <= maxElements;
  }

  std::optional<Results> finish() {
    Results results(states.begin(), states.end());
    for (Collected &output : collected) {
      auto stacked = stack(output, maxElements);
      if (!stacked)
        return std::nullopt;
      results.push_back(std::move(*stacked));
    }
    return results;
  }

  std::vector<SmallTensor> states;
  std::vector<Collected> collected;

private:
  int64_t maxElements;
  int64_t numElements = 0; // of what is collected
};

std::optional<bool> readCondition(const SmallTensor &value) {
  if (value.isFloat() || value.elements.size() != 1 ||
      !value.elements.front().known)
    return std::nullopt;
  return value.elements.front().integer != 0;
}

/// A Loop: at most as often as the first input says, and while the condition is
/// true, which is the second input and then what the body yields first.
std::optional<Results> evaluateCounted(NodeOp node,
                                       ArrayRef<const SmallTensor *> operands,
                                       int64_t maxElements, RunBody runBody) {
  Block &body = node.getBodies().front().front();
  size_t numYielded = body.getTerminator()->getNumOperands();
  if (operands.size() < 2 || body.getNumArguments() != operands.size() ||
      numYielded + 1 < operands.size())
    return std::nullopt;
  std::optional<int64_t> most;
  if (operands[0]) {
    auto count = operands[0]->getIntegers();
    if (!count || count->size() != 1)
      return std::nullopt;
    most = count->front();
  }
  MLIRContext *context = node.getContext();
  SmallTensor condition{
      IntegerType::get(context, 1), {}, {Element::ofInteger(true)}};
  if (operands[1])
    condition = *operands[1];
  Steps steps(maxElements);
  for (const SmallTensor *state : operands.drop_front(2))
    steps.states.push_back(*state);
  steps.collected.resize(numYielded + 1 - operands.size());
  for (int64_t step = 0; !most || step < *most; ++step) {
    auto goesOn = readCondition(condition);
    if (!goesOn)
      return std::nullopt;
    if (!*goesOn)
      break;
    SmallVector<SmallTensor> arguments{
        {IntegerType::get(context, 64), {}, {Element::ofInteger(step)}},
        condition};
    llvm::append_range(arguments, steps.states);
    auto yielded = runBody(arguments);
    if (!yielded || !steps.add(MutableArrayRef(*yielded).drop_front()))
      return std::nullopt;
    condition = std::move(yielded->front());
  }
  return steps.finish();
}

/// One of a Scan's lists of integers; zeros where it is left out.
std::optional<SmallVector<int64_t>> getList(NodeOp node, StringRef name,
                                            size_t size) {
  auto list = node.getNodeAttributes().getAs<DenseI64ArrayAttr>(name);
  if (!list)
    return SmallVector<int64_t>(size, 0);
  return list.size() == int64_t(size)
             ? std::optional(llvm::to_vector(list.asArrayRef()))
             : std::nullopt;
}

/// A Scan: a step for each index of the dimensions that it goes along.
std::optional<Results> evaluateScan(NodeOp node,
                                    ArrayRef<const SmallTensor *> operands,
                                    int64_t maxElements, RunBody runBody) {
  Block &body = node.getBodies().front().front();
  auto given = node.getNodeAttributes().getAs<IntegerAttr>("num_scan_inputs");
  size_t numScanned = given ? size_t(given.getInt()) : 0;
  size_t numYielded = body.getTerminator()->getNumOperands();
  if (numScanned == 0 || numScanned > operands.size() ||
      body.getNumArguments() != operands.size() ||
      numYielded < operands.size() - numScanned)
    return std::nullopt;
  size_t numStates = operands.size() - numScanned;
  size_t numCollected = numYielded - numStates;
  auto axes = getList(node, "scan_input_axes", numScanned);
  auto directions = getList(node, "scan_input_directions", numScanned);
  auto outputAxes = getList(node, "scan_output_axes", numCollected);
  auto outputDirections = getList(node, "scan_output_directions", numCollected);
  if (!axes || !directions || !outputAxes || !outputDirections)
    return std::nullopt;
  ArrayRef<const SmallTensor *> scanned = operands.drop_front(numStates);
  std::optional<int64_t> count;
  for (auto [axis, input] : llvm::zip_equal(*axes, scanned)) {
    auto normalized = normalizeAxis(axis, input->getRank());
    if (!normalized ||
        count.value_or(input->shape[*normalized]) != input->shape[*normalized])
      return std::nullopt;
    axis = *normalized;
    count = input->shape[axis];
  }
  Steps steps(maxElements);
  for (const SmallTensor *state : operands.take_front(numStates))
    steps.states.push_back(*state);
  for (auto [axis, direction] : llvm::zip_equal(*outputAxes, *outputDirections))
    steps.collected.push_back({axis, direction != 0, {}});
  for (int64_t step = 0; step < *count; ++step) {
    SmallVector<SmallTensor> arguments(steps.states.begin(),
                                       steps.states.end());
    for (auto [axis, direction, input] :
         llvm::zip_equal(*axes, *directions, scanned))
      arguments.push_back(
          takeSlice(*input, axis, direction ? *count - 1 - step : step));
    auto yielded = runBody(arguments);
    if (!yielded || !steps.add(*yielded))
      return std::nullopt;
  }
  return steps.finish();
}

} // namespace

std::optional<Results> evaluateLoop(NodeOp node,
                                    ArrayRef<const SmallTensor *> operands,
                                    int64_t maxElements, RunBody runBody) {
  bool isLoop = node.getOpType() == "Loop";
  if ((!isLoop && node.getOpType() != "Scan") || !node.getDomain().empty() ||
      node.getBodies().size() != 1)
    return std::nullopt;
  for (auto [input, value] : llvm::zip_equal(node.getInputs(), operands))
    if (!value && !(isLoop && isa<NoneType>(input.getType())))
      return std::nullopt;
  if (isLoop &&
      llvm::is_contained(
          operands.drop_front(std::min<size_t>(operands.size(), 2)), nullptr))
    return std::nullopt;
  return isLoop ? evaluateCounted(node, operands, maxElements, runBody)
                : evaluateScan(node, operands, maxElements, runBody);
}

} // namespace garam::onnx
