# The install tree: tools, libGaram.so, headers, targets, and what a project
# that adds a device finds with find_package(Garam).
include(CMakePackageConfigHelpers)

set(garam_cmake_dir "lib/cmake/Garam")
set(GARAM_TOOLS_DIR "bin")
set(GARAM_TARGETS_DIR "share/garam/targets")

install(TARGETS Garam EXPORT GaramTargets LIBRARY DESTINATION lib)
install(EXPORT GaramTargets NAMESPACE Garam:: DESTINATION "${garam_cmake_dir}"
  COMPONENT development)

# Headers of the tree and those that were made from it.
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/garam" "${PROJECT_SOURCE_DIR}/include/garam-c"
  "${PROJECT_BINARY_DIR}/include/garam"
  DESTINATION include COMPONENT development
  FILES_MATCHING PATTERN "*.h" PATTERN "*.h.inc" PATTERN "*.td"
  PATTERN "CMakeFiles" EXCLUDE)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/targets/" DESTINATION "${GARAM_TARGETS_DIR}"
  FILES_MATCHING PATTERN "*.yaml")

# The pages, where their links to one another lead somewhere.
set(garam_doc_dir "share/doc/garam")
install(FILES "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/CONTRIBUTING.md"
  "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${garam_doc_dir}" COMPONENT documentation)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs" "${PROJECT_SOURCE_DIR}/examples"
  DESTINATION "${garam_doc_dir}" COMPONENT documentation)

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/GaramConfig.cmake.in" "${PROJECT_BINARY_DIR}/GaramConfig.cmake"
  INSTALL_DESTINATION "${garam_cmake_dir}" PATH_VARS GARAM_TOOLS_DIR GARAM_TARGETS_DIR)
# A device is C++ against C++: only the same version will do.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/GaramConfigVersion.cmake"
  COMPATIBILITY ExactVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/GaramConfig.cmake" "${PROJECT_BINARY_DIR}/GaramConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/AddGaramDevicePlugin.cmake"
  DESTINATION "${garam_cmake_dir}" COMPONENT development)
