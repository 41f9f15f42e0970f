# Finds everything that Garam links: LLVM and MLIR 22, onnx, protobuf, fmt,
# libzip, CLI11, GoogleTest.

# Protobuf comes first and in module mode: ONNX's own configuration file does
# not look for the shared library, and Debian ships no protobuf-config.cmake.
find_package(Protobuf REQUIRED)
# Where scripts/setup.sh puts it, for a build that does not come from scripts/build.sh.
find_package(ONNX REQUIRED CONFIG HINTS "$ENV{GARAM_ONNX}" "$ENV{HOME}/.cache/garam/onnx-1.22.0")
find_package(fmt REQUIRED CONFIG)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_package(CLI11 REQUIRED CONFIG)

# Debian's libzip-config.cmake needs programs of other packages.
find_path(LIBZIP_INCLUDE_DIR zip.h REQUIRED)
find_library(LIBZIP_LIBRARY zip REQUIRED)
add_library(Garam::zip UNKNOWN IMPORTED)
set_target_properties(Garam::zip PROPERTIES
  IMPORTED_LOCATION "${LIBZIP_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${LIBZIP_INCLUDE_DIR}")

# A version in find_package(MLIR) would be compared to "22.1" only, so it is
# checked by hand.
find_package(MLIR REQUIRED CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
if(NOT LLVM_VERSION_MAJOR EQUAL 22)
  message(FATAL_ERROR "Garam needs LLVM and MLIR 22, found ${LLVM_PACKAGE_VERSION} in ${MLIR_DIR}")
endif()

# One copy of MLIR in the process: its type ids are addresses of variables.
set(MLIR_LINK_MLIR_DYLIB ON)
set(LLVM_RUNTIME_OUTPUT_INTDIR "${CMAKE_BINARY_DIR}/bin")
set(LLVM_LIBRARY_OUTPUT_INTDIR "${CMAKE_BINARY_DIR}/lib")
set(MLIR_BINARY_DIR "${CMAKE_BINARY_DIR}")
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)
include(HandleLLVMOptions)

include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
# LLVM_DEFINITIONS is one space-separated string.
separate_arguments(llvm_definitions NATIVE_COMMAND "${LLVM_DEFINITIONS}")
add_definitions(${llvm_definitions})
