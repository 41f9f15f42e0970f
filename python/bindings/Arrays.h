//===- Arrays.h - Tensors as numpy's arrays ---------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_PYTHON_ARRAYS_H
#define GARAM_PYTHON_ARRAYS_H

#include "garam/Runtime/Session.h"

#include <pybind11/numpy.h>

namespace garam::python {

/// A view of an array that is contiguous, row-major and in this machine's byte
/// order, of elements of the type `typeName`. The array outlives it; `name` as
/// well. Throws where no tensor has that type.
TensorView viewArray(llvm::StringRef name, llvm::StringRef typeName,
                     const pybind11::array &array);

/// (name, name of the type, shape, bytes): garam._arrays gives the bytes their
/// type. Nothing is copied: the array owns the tensor's data.
pybind11::tuple makeArray(Tensor tensor);

/// The shape as a tuple of Python's integers.
pybind11::tuple makeShape(const TensorType &type);

} // namespace garam::python

#endif // GARAM_PYTHON_ARRAYS_H
