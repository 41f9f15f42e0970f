//===- Arrays.cpp - Tensors as numpy's arrays -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Arrays.h"

#include "Errors.h"
#include "llvm/Support/JSON.h"

namespace py = pybind11;

namespace garam::python {

TensorView viewArray(llvm::StringRef name, llvm::StringRef typeName,
                     const py::array &array) {
  std::optional<DataType> type = parseDataType(typeName);
  if (!type)
    check(makeUserError(ExitCode::Input, "input '" + name +
                                             "' is an array of " + typeName +
                                             ", which no model takes"));
  TensorType tensorType;
  tensorType.type = *type;
  tensorType.shape.assign(array.shape(), array.shape() + array.ndim());
  return TensorView(name, std::move(tensorType),
                    {static_cast<const uint8_t *>(array.data()),
                     static_cast<size_t>(array.nbytes())});
}

py::tuple makeShape(const TensorType &type) {
  py::tuple shape(type.shape.size());
  for (size_t i = 0; i < type.shape.size(); ++i)
    shape[i] = type.shape[i];
  return shape;
}

py::tuple makeArray(Tensor tensor) {
  py::tuple shape = makeShape(tensor.type);
  auto *data = new std::vector<uint8_t>(std::move(tensor.data));
  py::capsule owner(data, [](void *pointer) {
    delete static_cast<std::vector<uint8_t> *>(pointer);
  });
  py::array_t<uint8_t> bytes({static_cast<py::ssize_t>(data->size())},
                             {py::ssize_t(1)}, data->data(), owner);
  return py::make_tuple(llvm::json::fixUTF8(tensor.name),
                        getName(tensor.type.type).str(), shape, bytes);
}

} // namespace garam::python
