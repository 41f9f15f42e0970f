# Helpers that every CMakeLists.txt below uses.

# ccache and precompiled headers agree only when the header's time stamp is not
# part of it.
add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang$<SEMICOLON>-fno-pch-timestamp>)
set(ENV{CCACHE_SLOPPINESS} "pch_defines,time_macros,include_file_mtime,include_file_ctime")

# Simulated results, tables of constants and the schedules that compare times
# must not depend on whether the host has fused multiply-add.
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>)

# One precompiled header of upstream MLIR for all libraries that use MLIR:
# nine tenths of their compile time is the parsing of these headers.
file(WRITE "${CMAKE_BINARY_DIR}/garam_mlir_pch.cpp" "")
add_library(garam_mlir_pch OBJECT "${CMAKE_BINARY_DIR}/garam_mlir_pch.cpp")
llvm_update_compile_flags(garam_mlir_pch)
target_precompile_headers(garam_mlir_pch PRIVATE
  <mlir/Dialect/Affine/IR/AffineOps.h>
  <mlir/Dialect/Arith/IR/Arith.h>
  <mlir/Dialect/Func/IR/FuncOps.h>
  <mlir/Dialect/Linalg/IR/Linalg.h>
  <mlir/Dialect/Math/IR/Math.h>
  <mlir/Dialect/Tensor/IR/Tensor.h>
  <mlir/Pass/Pass.h>
  <mlir/Transforms/DialectConversion.h>)

# garam_add_library(NAME SOURCES... [MLIR] [EXCEPTIONS] [DEPENDS TARGETS...])
#
# Adds a part of libGaram.so. MLIR: the sources include MLIR headers, so they
# share the precompiled header. EXCEPTIONS: the sources call a library that
# throws (onnx, CLI11) and must not let an exception out.
function(garam_add_library name)
  cmake_parse_arguments(ARG "MLIR;EXCEPTIONS" "" "DEPENDS" ${ARGN})
  add_library(${name} OBJECT ${ARG_UNPARSED_ARGUMENTS})
  if(ARG_EXCEPTIONS)
    set(LLVM_REQUIRES_EH ON)
    set(LLVM_REQUIRES_RTTI ON)
  endif()
  llvm_update_compile_flags(${name})
  if(ARG_MLIR AND NOT ARG_EXCEPTIONS)
    target_precompile_headers(${name} REUSE_FROM garam_mlir_pch)
  endif()
  if(ARG_MLIR)
    # Every header that TableGen makes, for it is not known which are included.
    add_dependencies(${name} garam-headers)
  endif()
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  set_property(GLOBAL APPEND PROPERTY GARAM_LIBRARIES ${name})
endfunction()

# garam_add_device(NAME): a device class of this tree; its folder defines
# garam::create<NAME>Device (see garam/Target/Device.h).
function(garam_add_device name)
  set_property(GLOBAL APPEND PROPERTY GARAM_DEVICES ${name})
endfunction()

# garam_add_tool(NAME SOURCES... [EXCEPTIONS]): an executable in build/bin.
function(garam_add_tool name)
  cmake_parse_arguments(ARG "MLIR;EXCEPTIONS" "" "" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  if(ARG_EXCEPTIONS)
    set(LLVM_REQUIRES_EH ON)
    set(LLVM_REQUIRES_RTTI ON)
  endif()
  llvm_update_compile_flags(${name})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin"
    INSTALL_RPATH "$ORIGIN/../lib;${LLVM_LIBRARY_DIR}")
  target_link_libraries(${name} PRIVATE Garam)
  install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# garam_add_dialect(PREFIX DIALECT): TableGen for <PREFIX>Ops.td of dialect
# namespace DIALECT in the current folder: ops, dialect, types, attributes and
# enums, as far as the file has them.
function(garam_add_dialect prefix dialect)
  set(LLVM_TARGET_DEFINITIONS ${prefix}Ops.td)
  mlir_tablegen(${prefix}Ops.h.inc -gen-op-decls)
  mlir_tablegen(${prefix}Ops.cpp.inc -gen-op-defs)
  mlir_tablegen(${prefix}Types.h.inc -gen-typedef-decls -typedefs-dialect=${dialect})
  mlir_tablegen(${prefix}Types.cpp.inc -gen-typedef-defs -typedefs-dialect=${dialect})
  mlir_tablegen(${prefix}Attributes.h.inc -gen-attrdef-decls -attrdefs-dialect=${dialect})
  mlir_tablegen(${prefix}Attributes.cpp.inc -gen-attrdef-defs -attrdefs-dialect=${dialect})
  mlir_tablegen(${prefix}Enums.h.inc -gen-enum-decls)
  mlir_tablegen(${prefix}Enums.cpp.inc -gen-enum-defs)
  mlir_tablegen(${prefix}Dialect.h.inc -gen-dialect-decls -dialect=${dialect})
  mlir_tablegen(${prefix}Dialect.cpp.inc -gen-dialect-defs -dialect=${dialect})
  add_public_tablegen_target(Garam${prefix}OpsIncGen)
  add_dependencies(garam-headers Garam${prefix}OpsIncGen)
endfunction()

# garam_add_passes(NAME): TableGen for Passes.td in the current folder; the
# registration function is register<NAME>Passes.
function(garam_add_passes name)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(Passes.h.inc -gen-pass-decls -name ${name})
  add_public_tablegen_target(Garam${name}PassesIncGen)
  add_dependencies(garam-headers Garam${name}PassesIncGen)
endfunction()

# garam_add_unittest(NAME SOURCES...): a GoogleTest executable.
function(garam_add_unittest name)
  add_executable(${name} ${ARGN})
  llvm_update_compile_flags(${name})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/unittests")
  target_link_libraries(${name} PRIVATE Garam GTest::gtest GTest::gtest_main)
  add_dependencies(garam-unittests ${name})
endfunction()
