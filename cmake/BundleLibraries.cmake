# garam_bundle_libraries(): installs the libraries that libGaram.so needs beside
# it, for a wheel that runs where they are not installed: all but those of the C
# and C++ run time, which every system has. Needs patchelf.
function(garam_bundle_libraries)
  find_program(PATCHELF patchelf REQUIRED)
  install(CODE "
    set(patchelf \"${PATCHELF}\")
    set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib\")
    file(GET_RUNTIME_DEPENDENCIES
      LIBRARIES \"\${folder}/libGaram.so\"
      RESOLVED_DEPENDENCIES_VAR libraries
      PRE_EXCLUDE_REGEXES \"^lib(c|m|gcc_s|stdc\\\\+\\\\+|dl|rt|pthread)\\\\.so\" \"^ld-linux\"
      DIRECTORIES \"${LLVM_LIBRARY_DIR}\")
    foreach(library \${libraries})
      file(INSTALL \"\${library}\" DESTINATION \"\${folder}\" FOLLOW_SYMLINK_CHAIN)
    endforeach()
    file(GLOB installed \"\${folder}/*.so*\")
    foreach(library \${installed})
      if(IS_SYMLINK \"\${library}\")
        continue()
      endif()
      execute_process(COMMAND \"\${patchelf}\" --set-rpath \"\\\$ORIGIN\" \"\${library}\"
        COMMAND_ERROR_IS_FATAL ANY)
    endforeach()" COMPONENT python)
endfunction()
