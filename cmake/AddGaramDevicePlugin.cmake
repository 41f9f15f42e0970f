# For projects that add a device to an installed Garam.

# TableGen's functions put what they make under these, for headers to be found.
set(MLIR_BINARY_DIR "${CMAKE_BINARY_DIR}")
set(LLVM_LIBRARY_OUTPUT_INTDIR "${CMAKE_BINARY_DIR}/lib")
set(LLVM_RUNTIME_OUTPUT_INTDIR "${CMAKE_BINARY_DIR}/bin")
include(TableGen)
include(AddLLVM)
include(AddMLIR)

# For TableGen too, which knows the folders of the directory only.
get_target_property(garam_include_dirs Garam::Garam INTERFACE_INCLUDE_DIRECTORIES)
include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS} ${garam_include_dirs})

# garam_add_device_plugin(NAME SOURCES... [DEPENDS TARGETS...]): NAME.so, for
# --device-plugin. Everything of MLIR and Garam in it comes from libGaram.so and
# what that links.
function(garam_add_device_plugin name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  add_library(${name} MODULE ${ARG_UNPARSED_ARGUMENTS})
  separate_arguments(definitions NATIVE_COMMAND "${LLVM_DEFINITIONS}")
  target_compile_definitions(${name} PRIVATE ${definitions})
  # Simulated results must not depend on whether the host has fused
  # multiply-add.
  target_compile_options(${name} PRIVATE -ffp-contract=off)
  target_compile_features(${name} PRIVATE cxx_std_17)
  target_include_directories(${name} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}" "${CMAKE_CURRENT_BINARY_DIR}")
  llvm_update_compile_flags(${name})
  set_target_properties(${name} PROPERTIES PREFIX "")
  target_link_libraries(${name} PRIVATE Garam::Garam)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()
