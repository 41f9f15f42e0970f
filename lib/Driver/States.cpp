//===- States.cpp - Outputs that are the next run's inputs ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "States.h"

#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "garam/Support/Errors.h"
#include "garam/Support/NodeIds.h"
#include "garam/Support/RunTimeSizes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace garam {

namespace {

/// The inputs or outputs of a function by their names in the model.
using Numbers = llvm::StringMap<unsigned>;

struct StateNumbers {
  unsigned input = 0, output = 0;
};

} // namespace

static Numbers numberNames(ArrayAttr attrs) {
  Numbers numbers;
  if (attrs)
    for (auto [number, attr] :
         llvm::enumerate(attrs.getAsRange<DictionaryAttr>()))
      if (auto name = attr.getAs<StringAttr>(valueNameAttrName))
        numbers.try_emplace(name.getValue(), number);
  return numbers;
}

static std::string listNames(ArrayAttr attrs) {
  std::string names;
  if (attrs)
    for (auto attr : attrs.getAsRange<DictionaryAttr>())
      if (auto name = attr.getAs<StringAttr>(valueNameAttrName))
        names += (names.empty() ? "'" : ", '") + name.str() + "'";
  return names;
}

/// Names may have a '=' in them: any is looked at that stands between two.
static llvm::Expected<StateNumbers> parse(StringRef text, func::FuncOp function,
                                          const Numbers &inputs,
                                          const Numbers &outputs) {
  auto fail = [&](const Twine &message) {
    return makeUserError(ExitCode::Usage, "--state " + text + ": " + message);
  };
  if (!text.contains('='))
    return fail("expected INPUT=OUTPUT");
  for (size_t at = text.find('='); at != StringRef::npos;
       at = text.find('=', at + 1)) {
    auto input = inputs.find(text.take_front(at));
    auto output = outputs.find(text.drop_front(at + 1));
    if (input != inputs.end() && output != outputs.end())
      return StateNumbers{input->second, output->second};
  }
  auto [input, output] = text.split('=');
  if (!inputs.contains(input))
    return fail("the model has no input '" + input + "'; its inputs are " +
                listNames(function.getArgAttrsAttr()));
  return fail("the model has no output '" + output + "'; its outputs are " +
              listNames(function.getResAttrsAttr()));
}

/// What a run yields can be what the next one takes, as far as sizes are known.
static bool areCompatible(Type input, Type output) {
  auto from = dyn_cast<ShapedType>(output), to = dyn_cast<ShapedType>(input);
  return from && to && from.getElementType() == to.getElementType() &&
         succeeded(verifyCompatibleShape(from, to));
}

llvm::Error declareStates(ModuleOp module, ArrayRef<std::string> states) {
  if (states.empty())
    return llvm::Error::success();
  func::FuncOp function = *module.getOps<func::FuncOp>().begin();
  Numbers inputs = numberNames(function.getArgAttrsAttr());
  Numbers outputs = numberNames(function.getResAttrsAttr());
  llvm::StringMap<StringRef> users; // of outputs
  for (const std::string &text : states) {
    llvm::Expected<StateNumbers> state = parse(text, function, inputs, outputs);
    if (!state)
      return state.takeError();
    auto fail = [&, &text = text](const Twine &message) {
      return makeUserError(ExitCode::Usage, "--state " + text + ": " + message);
    };
    auto output = function.getResultAttrOfType<StringAttr>(state->output,
                                                           valueNameAttrName);
    if (function.getArgAttr(state->input, stateAttrName))
      return fail("the input is given a state twice");
    if (!users.try_emplace(output.getValue(), text).second)
      return fail("the output is the state of another input already");
    Type from = function.getResultTypes()[state->output];
    Type to = function.getArgumentTypes()[state->input];
    auto tensor = dyn_cast<ShapedType>(to);
    if (function->hasAttr(symbolsAttrName) && tensor &&
        !tensor.hasStaticShape())
      return fail("a state has no sizes of run time; bind the input's "
                  "dimensions with --dim NAME=SIZE");
    if (!areCompatible(to, from)) {
      std::string types;
      llvm::raw_string_ostream(types)
          << "the output is " << from << ", the input needs " << to;
      return fail(types);
    }
    function.setArgAttr(state->input, stateAttrName, output);
  }
  return llvm::Error::success();
}

llvm::Error moveStates(func::FuncOp function, EntryPoint &entry) {
  std::vector<Binding> inputs;
  llvm::SmallVector<std::string> taken; // names of outputs
  for (auto [number, input] : llvm::enumerate(entry.inputs)) {
    auto name = function.getArgAttrOfType<StringAttr>(number, stateAttrName);
    if (!name) {
      inputs.push_back(std::move(input));
      continue;
    }
    auto output = llvm::find_if(entry.outputs, [&](const Binding &candidate) {
      return candidate.name == name.getValue();
    });
    if (output == entry.outputs.end())
      return makeUserError(ExitCode::Model,
                           "state '" + input.name + "' is the output '" +
                               name.getValue() + "', which there is not");
    taken.push_back(output->name);
    entry.states.push_back({std::move(input), *output});
  }
  entry.inputs = std::move(inputs);
  llvm::erase_if(entry.outputs, [&](const Binding &output) {
    return llvm::is_contained(taken, output.name);
  });
  return llvm::Error::success();
}

llvm::Error checkStates(const EntryPoint &entry) {
  for (const auto &[input, output] : entry.states) {
    auto fail = [&, &input = input, &output = output](const Twine &message) {
      return makeUserError(ExitCode::Model, "state '" + input.name +
                                                "' from output '" +
                                                output.name + "': " + message);
    };
    if (input.type != output.type)
      return fail("the output is " + output.type.str() + ", the input needs " +
                  input.type.str());
    if (!(input.quantization == output.quantization))
      return fail("the device has integers only, of different scales for the "
                  "two; hint: let the model quantise both in the same way");
  }
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Where state stays
//===----------------------------------------------------------------------===//

/// Whether nothing but the end of the function waits for `transfer`'s token.
static bool isOnlyAwaited(hetero::TransferOp transfer) {
  Value token = transfer.getToken();
  return !token || llvm::all_of(token.getUsers(), [](Operation *user) {
    return isa<hetero::AwaitOp>(user);
  });
}

/// The transfers that take an input of the function to the one device where it
/// is used; nothing when it is used elsewhere.
static std::optional<SmallVector<hetero::TransferOp>>
findArrivals(BlockArgument input, GetDeviceNumber getDevice, uint32_t &device) {
  SmallVector<hetero::TransferOp> arrivals;
  for (Operation *user : input.getUsers()) {
    auto transfer = dyn_cast<hetero::TransferOp>(user);
    if (!transfer || !isOnlyAwaited(transfer))
      return std::nullopt;
    uint32_t destination = getDevice(transfer.getDestinationAttr());
    if (!arrivals.empty() && destination != device)
      return std::nullopt;
    device = destination;
    arrivals.push_back(transfer);
  }
  if (arrivals.empty())
    return std::nullopt;
  return arrivals;
}

/// The transfer from `device` that a returned tensor comes from, of which
/// nothing else makes use.
static hetero::TransferOp findDeparture(Value output, GetDeviceNumber getDevice,
                                        uint32_t device) {
  auto transfer = output.getDefiningOp<hetero::TransferOp>();
  if (!transfer || !output.hasOneUse() || !isOnlyAwaited(transfer) ||
      getDevice(transfer.getSourceAttr()) != device ||
      !transfer.getInput().getDefiningOp<hetero::DispatchOp>())
    return {};
  return transfer;
}

llvm::DenseMap<Value, Value> findKeptStates(func::FuncOp function,
                                            GetDeviceNumber getDevice) {
  llvm::DenseMap<Value, Value> kept;
  llvm::DenseSet<Value> taken; // as an output of state
  Numbers outputs = numberNames(function.getResAttrsAttr());
  Operation *terminator = function.front().getTerminator();
  for (BlockArgument input : function.getArguments()) {
    auto name = function.getArgAttrOfType<StringAttr>(input.getArgNumber(),
                                                      stateAttrName);
    auto output = name ? outputs.find(name.getValue()) : outputs.end();
    if (output == outputs.end())
      continue;
    uint32_t device = 0;
    auto arrivals = findArrivals(input, getDevice, device);
    if (!arrivals)
      continue;
    hetero::TransferOp departure = findDeparture(
        terminator->getOperand(output->second), getDevice, device);
    if (!departure || !taken.insert(departure.getInput()).second)
      continue;
    for (hetero::TransferOp arrival : *arrivals)
      kept[arrival.getResult()] = input;
    kept[departure.getResult()] = departure.getInput();
  }
  return kept;
}

} // namespace garam
