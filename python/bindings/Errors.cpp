//===- Errors.cpp - Garam's errors as Python's exceptions -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Errors.h"

#include "llvm/Support/JSON.h"

#include <pybind11/stl.h>

namespace py = pybind11;

namespace garam::python {

static std::string makeText(llvm::StringRef text) {
  return llvm::json::fixUTF8(text);
}

/// What is not known is None.
static py::object makeOptional(llvm::StringRef text) {
  return text.empty() ? py::object(py::none()) : py::cast(makeText(text));
}

static py::object makePosition(unsigned number) {
  return number == 0 ? py::object(py::none()) : py::cast(number);
}

static py::object makeDiagnostic(const DiagnosisParts &parts,
                                 const py::module_ &errors) {
  py::list nodes, notes;
  for (const DiagnosedNode &node : parts.nodes)
    nodes.append(errors.attr("Node")(makeText(node.id), makeOptional(node.op),
                                     node.opset));
  for (const std::string &note : parts.notes)
    notes.append(makeText(note));
  return errors.attr("Diagnostic")(
      makeText(parts.message), makeOptional(parts.file), py::tuple(nodes),
      py::tuple(notes), makeOptional(parts.hint), makePosition(parts.line),
      makePosition(parts.column));
}

static void raise(const Failure &failure) {
  py::module_ errors = py::module_::import("garam._errors");
  py::list diagnostics;
  for (const DiagnosisParts &parts : failure.getParts())
    diagnostics.append(makeDiagnostic(parts, errors));
  py::object error =
      errors.attr("make_error")(static_cast<int>(failure.getExitCode()),
                                makeText(failure.what()), diagnostics);
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
