//===- Errors.cpp - Garam's errors as Python's exceptions -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Errors.h"

#include "llvm/Support/JSON.h"

#include <pybind11/pybind11.h>

namespace py = pybind11;

namespace garam::python {

static void raise(const Failure &failure) {
  py::object make = py::module_::import("garam._errors").attr("make_error");
  py::object error = make(static_cast<int>(failure.getExitCode()),
                          llvm::json::fixUTF8(failure.what()));
  PyErr_SetObject(reinterpret_cast<PyObject *>(Py_TYPE(error.ptr())),
                  error.ptr());
}

void registerErrors() {
  py::register_exception_translator([](std::exception_ptr exception) {
    try {
      if (exception)
        std::rethrow_exception(exception);
    } catch (const Failure &failure) {
      raise(failure);
    }
  });
}

} // namespace garam::python
