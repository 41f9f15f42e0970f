# cmake -DINCLUDE_DIR=DIR -DOUTPUT=FILE -P HashHeaders.cmake
#
# Writes a C header with a hash of the names and contents of the public headers
# below DIR. Devices in shared libraries carry the hash of those that they were
# compiled against. What TableGen makes of the .td files needs no hash.
file(GLOB_RECURSE headers RELATIVE "${INCLUDE_DIR}" "${INCLUDE_DIR}/garam/*.h" "${INCLUDE_DIR}/garam/*.td")
list(REMOVE_ITEM headers "garam/HeadersHash.h")
list(SORT headers)
set(contents)
foreach(header ${headers})
  file(SHA256 "${INCLUDE_DIR}/${header}" content)
  string(APPEND contents "${content} ${header}\n")
endforeach()
string(SHA256 hash "${contents}")
# Written only when it changes, so that nothing is compiled again without need.
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT [=[
//===- HeadersHash.h - Which headers these are ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_HEADERSHASH_H
#define GARAM_HEADERSHASH_H

#define GARAM_HEADERS_HASH "@hash@"

#endif // GARAM_HEADERSHASH_H
]=] @ONLY)
