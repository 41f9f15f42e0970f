//===- BindShapes.cpp - Applies --shape and --dim -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"
#include "garam/Frontend/ONNX/Import.h"

#include "llvm/ADT/StringExtras.h"

#include <map>

using namespace llvm;

namespace garam::onnx {
namespace {

using Dimension = pb::TensorShapeProto::Dimension;

Error usage(const Twine &message) {
  return makeUserError(ExitCode::Usage, message);
}

/// Exporters write unknown sizes as negative ones, and fixed sizes as names.
void normalizeDimension(Dimension &dim) {
  int64_t value;
  if (dim.has_dim_value() && dim.dim_value() < 0)
    dim.clear_value();
  else if (dim.has_dim_param() &&
           !StringRef(dim.dim_param()).getAsInteger(10, value) && value >= 0)
    dim.set_dim_value(value);
  else if (dim.has_dim_param() && dim.dim_param().empty())
    dim.clear_value();
}

std::string toString(const pb::ValueInfoProto &value) {
  if (!value.type().has_tensor_type())
    return "not a tensor";
  if (!value.type().tensor_type().has_shape())
    return "of no declared shape";
  std::string text = "[";
  for (const Dimension &dim : value.type().tensor_type().shape().dim()) {
    if (text.size() > 1)
      text += ", ";
    text += dim.has_dim_value()   ? std::to_string(dim.dim_value())
            : dim.has_dim_param() ? dim.dim_param()
                                  : std::string("?");
  }
  return text + "]";
}

class Binder {
public:
  explicit Binder(LoadedModel &model) : model(model) {
    for (pb::ValueInfoProto &input :
         *model.proto.mutable_graph()->mutable_input())
      if (!model.weights.contains(input.name()))
        inputs.push_back(&input);
  }

  Error bind(const ImportOptions &options) {
    forEachDimension(normalizeDimension);
    for (const auto &[name, size] : options.dims)
      if (Error error = bindDim(name, size))
        return error;
    for (const auto &[name, shape] : options.shapes)
      if (Error error = bindShape(name, shape))
        return error;
    for (const SizeSymbol &symbol : options.symbols)
      if (Error error = bindSymbol(symbol))
        return error;
    forEachDimension([&](Dimension &dim) {
      auto known = sizes.find(dim.dim_param());
      if (dim.has_dim_param() && known != sizes.end())
        dim.set_dim_value(known->second);
    });
    for (const pb::ValueInfoProto *input : inputs)
      for (const Dimension &dim : input->type().tensor_type().shape().dim())
        if (dim.has_dim_param())
          model.dimNames.insert(dim.dim_param());
    return checkRanks();
  }

private:
  template <typename Visit>
  void forEachDimension(Visit &&visit) {
    auto visitValue = [&](pb::ValueInfoProto &value) {
      // One that is not there is unknown, not of rank 0.
      if (value.type().tensor_type().has_shape())
        for (Dimension &dim : *value.mutable_type()
                                   ->mutable_tensor_type()
                                   ->mutable_shape()
                                   ->mutable_dim())
          visit(dim);
    };
    for (pb::ValueInfoProto *input : inputs)
      visitValue(*input);
    for (pb::ValueInfoProto &value : model.declaredTypes)
      visitValue(value);
    for (pb::ValueInfoProto &value : model.declaredOutputs)
      visitValue(value);
  }

  Error checkRanks() const {
    for (const pb::ValueInfoProto *input : inputs)
      if (input->type().has_tensor_type() &&
          !input->type().tensor_type().has_shape())
        return makeUserError(ExitCode::Model,
                             "input '" + input->name() +
                                 "' has no shape in the model, needed one; "
                                 "hint: give it with --shape " +
                                 input->name() + "=SIZExSIZE...");
    return Error::success();
  }

  std::string listInputs() const {
    std::string text = "; the model's inputs are:";
    for (const pb::ValueInfoProto *input : inputs)
      text += "\n  " + input->name() + " " + toString(*input);
    return text;
  }

  Error setSize(const std::string &dim, int64_t size, const Twine &option) {
    auto [known, isNew] = sizes.try_emplace(dim, size);
    if (!isNew && known->second != size)
      return usage(option + ": dimension '" + dim + "' cannot be both " +
                   Twine(known->second) + " and " + Twine(size) + listInputs());
    return Error::success();
  }

  Error checkDim(const std::string &name, const Twine &option) {
    for (const pb::ValueInfoProto *input : inputs)
      for (const Dimension &dim : input->type().tensor_type().shape().dim())
        if (dim.has_dim_param() && dim.dim_param() == name)
          return Error::success();
    return usage(option + ": no input has a dimension of that name" +
                 listInputs());
  }

  Error bindDim(const std::string &name, int64_t size) {
    std::string option = ("--dim " + Twine(name) + "=" + Twine(size)).str();
    if (Error error = checkDim(name, option))
      return error;
    return setSize(name, size, option);
  }

  /// A range of one size is that size.
  Error bindSymbol(const SizeSymbol &symbol) {
    std::string option = ("--dim " + Twine(symbol.name) + "=" +
                          Twine(symbol.least) + ".." + Twine(symbol.most))
                             .str();
    if (Error error = checkDim(symbol.name, option))
      return error;
    if (symbol.least == symbol.most)
      return setSize(symbol.name, symbol.least, option);
    if (sizes.count(symbol.name) ||
        any_of(model.symbols, [&](const SizeSymbol &other) {
          return other.name == symbol.name;
        }))
      return usage(option + ": dimension '" + symbol.name +
                   "' is given more than once");
    model.symbols.push_back(symbol);
    return Error::success();
  }

  Error bindShape(const std::string &name, ArrayRef<int64_t> shape) {
    std::string option =
        "--shape " + name + "=" +
        join(
            map_range(shape, [](int64_t size) { return std::to_string(size); }),
            "x");
    auto found = find_if(inputs, [&](const pb::ValueInfoProto *input) {
      return input->name() == name;
    });
    if (found == inputs.end())
      return usage(option + ": the model has no such input" + listInputs());
    pb::ValueInfoProto &input = **found;
    if (!input.type().has_tensor_type())
      return usage(option + ": the input is not a tensor");
    bool isDeclared = input.type().tensor_type().has_shape();
    auto &dims = *input.mutable_type()
                      ->mutable_tensor_type()
                      ->mutable_shape()
                      ->mutable_dim();
    if (!isDeclared)
      for (size_t i = 0; i < shape.size(); ++i)
        dims.Add();
    if (size_t(dims.size()) != shape.size())
      return usage(option + ": the input has " + Twine(dims.size()) +
                   " dimensions, not " + Twine(shape.size()) + listInputs());
    for (auto [index, size] : enumerate(shape)) {
      Dimension &dim = dims[index];
      if (dim.has_dim_value() && dim.dim_value() != size)
        return usage(option + ": dimension " + Twine(index) +
                     " is fixed in the model at " + Twine(dim.dim_value()) +
                     listInputs());
      if (dim.has_dim_param()) {
        if (Error error = setSize(dim.dim_param(), size, option))
          return error;
      } else {
        dim.set_dim_value(size);
      }
    }
    return Error::success();
  }

  LoadedModel &model;
  std::vector<pb::ValueInfoProto *> inputs;
  std::map<std::string, int64_t> sizes;
};

/// A size of a dimension, at least 0.
bool parseSize(StringRef text, int64_t &size) {
  return !text.getAsInteger(10, size) && size >= 0;
}

} // namespace

Error parseShapeOption(StringRef text, ImportOptions &options) {
  // Names of inputs may hold '='; sizes may not.
  auto [name, sizes] = text.rsplit('=');
  std::vector<int64_t> shape;
  SmallVector<StringRef> parts;
  if (!sizes.empty())
    sizes.split(parts, 'x');
  for (StringRef part : parts)
    if (!parseSize(part, shape.emplace_back()))
      return usage("--shape " + text + ": '" + part + "' is not a size; " +
                   "expected NAME=SIZExSIZE..., as in x=1x3x224x224");
  if (name.empty() || name.size() == text.size())
    return usage("--shape " + text +
                 ": expected NAME=SIZExSIZE..., as in x=1x3x224x224");
  options.shapes.emplace_back(name.str(), std::move(shape));
  return Error::success();
}

Error parseDimOption(StringRef text, ImportOptions &options) {
  auto [name, value] = text.rsplit('=');
  auto [first, last] = value.split("..");
  int64_t least, most;
  if (name.empty() || name.size() == text.size() || !parseSize(first, least))
    return usage("--dim " + text +
                 ": expected NAME=SIZE, as in N=1, or NAME=LEAST..MOST, as in "
                 "N=1..16");
  if (first.size() == value.size()) {
    options.dims.emplace_back(name.str(), least);
    return Error::success();
  }
  if (!parseSize(last, most) || least < 1 || most < least)
    return usage("--dim " + text +
                 ": expected bounds that are at least 1, the lower one first, "
                 "as in N=1..16");
  options.symbols.push_back({name.str(), least, most});
  return Error::success();
}

Error bindShapes(LoadedModel &model, const ImportOptions &options) {
  return Binder(model).bind(options);
}

} // namespace garam::onnx
