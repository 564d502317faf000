# SPDX-License-Identifier: Apache-2.0
# postern_library(NAME [DIR folder] [DEPS rooms or targets...]): the folder (that calls it) becomes the static library
# postern_<name>. x.cpp is code; x_test.cpp goes into the one test program of the folder; x_fuzz.cpp becomes a
# fuzz target of its own, with the folder x_corpus/ beside it as seeds. Adding a file needs no edit anywhere.
# THREADS: the room has threads, so its tests run under the thread sanitizer too.
function(postern_library name)
  cmake_parse_arguments(ARG "THREADS" "DIR" "DEPS" ${ARGN})
  set(dir ${CMAKE_CURRENT_SOURCE_DIR})
  if(ARG_DIR)
    set(dir ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_DIR})
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.cpp)
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "((_test|_fuzz)|/main)\\.cpp$")
  set(lib postern_${name})
  set(deps)
  foreach(dep ${ARG_DEPS})
    if(TARGET ${dep} OR dep MATCHES "::")
      list(APPEND deps ${dep})
    else()
      list(APPEND deps postern_${dep})
    endif()
  endforeach()
  if(sources)
    add_library(${lib} STATIC ${sources})
    target_link_libraries(${lib} PUBLIC postern_flags fmt::fmt ${deps})
  else()
    add_library(${lib} INTERFACE)
    target_link_libraries(${lib} INTERFACE postern_flags fmt::fmt ${deps})
  endif()
  file(RELATIVE_PATH room ${CMAKE_SOURCE_DIR}/src ${dir})
  string(REPLACE "/" "." dotted ${room})
  if(POSTERN_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${lib} postern_test_main)
    # Test name = path with dots. 77 is a skip that is shown (tests/support/skip.h).
    add_test(NAME ${dotted} COMMAND ${name}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${dotted} PROPERTIES LABELS unit SKIP_RETURN_CODE 77 TIMEOUT 600)
    if(ARG_THREADS)
      set_tests_properties(${dotted} PROPERTIES LABELS "unit;threads")
      add_dependencies(threads_tests ${name}_test)
    endif()
  endif()
  if(POSTERN_FUZZ)
    foreach(file ${fuzzers})
      get_filename_component(fuzz ${file} NAME_WE)
      add_executable(${name}_${fuzz} ${file})
      target_link_libraries(${name}_${fuzz} PRIVATE ${lib})
      target_include_directories(${name}_${fuzz} PRIVATE ${CMAKE_SOURCE_DIR}) # #include "tests/support/pieces.h"
      target_link_options(${name}_${fuzz} PRIVATE -fsanitize=fuzzer)
      set_property(GLOBAL APPEND PROPERTY POSTERN_FUZZERS ${name}_${fuzz})
      string(REPLACE "_fuzz" "_corpus" corpus ${fuzz})
      add_test(NAME fuzz.${dotted}.${fuzz}
        COMMAND ${CMAKE_SOURCE_DIR}/tests/support/fuzz $<TARGET_FILE:${name}_${fuzz}> ${dir}/${corpus})
      set_tests_properties(fuzz.${dotted}.${fuzz} PROPERTIES LABELS fuzz TIMEOUT 900)
    endforeach()
  endif()
endfunction()

# postern_program(NAME DEPS room): main.cpp of this folder as build/<preset>/bin/NAME.
function(postern_program name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  add_executable(${name} main.cpp)
  list(TRANSFORM ARG_DEPS PREPEND postern_)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# postern_room(KIND NAME): the folder NAME beside the CMakeLists.txt that calls it is a KIND (detect, ...): a library,
# its test and fuzz targets, its *.scn scenarios, and an entry in the registry of its kind. Nothing else names it.
# It links what POSTERN_ROOM_DEPS names there.
function(postern_room kind name)
  if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/${name}.h)
    message(FATAL_ERROR "postern_room(${kind} ${name}): there is no ${CMAKE_CURRENT_SOURCE_DIR}/${name}/${name}.h")
  endif()
  postern_library(${kind}_${name} DIR ${name} DEPS ${POSTERN_ROOM_DEPS})
  set_property(GLOBAL APPEND PROPERTY POSTERN_ROOMS_${kind} ${name})
  file(GLOB scenarios CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.scn)
  if(POSTERN_TESTS AND scenarios)
    file(RELATIVE_PATH room ${CMAKE_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR}/${name})
    string(REPLACE "/" "." dotted ${room})
    add_test(NAME ${dotted}.scenarios COMMAND decide_scenario ${scenarios} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${dotted}.scenarios PROPERTIES LABELS replay TIMEOUT 60)
  endif()
endfunction()

# postern_registry(KIND NAMESPACE ns TYPE type): writes decide/KIND/registry.inc into the build folder, a list of the
# types ns::<name>::type of the rooms named so far, in that order; libraries that include it link postern_registry_KIND.
# A list of types, so that there is nothing to initialise and nothing a linker can drop.
function(postern_registry kind)
  cmake_parse_arguments(ARG "" "NAMESPACE;TYPE" "" ${ARGN})
  get_property(names GLOBAL PROPERTY POSTERN_ROOMS_${kind})
  file(RELATIVE_PATH room ${CMAKE_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR})
  set(includes)
  set(types)
  foreach(name ${names})
    string(APPEND includes "#include \"${room}/${name}/${name}.h\"\n")
    list(APPEND types "${name}::${ARG_TYPE}")
  endforeach()
  list(JOIN types ", " types)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/${room}/registry.inc @ONLY CONTENT
"// Written by cmake/PosternRoom.cmake from the postern_room(${kind} ...) lines.
#pragma once

#include <tuple>

@includes@
namespace @ARG_NAMESPACE@ {
using Registry = std::tuple<@types@>;
}  // namespace @ARG_NAMESPACE@
")
  add_library(postern_registry_${kind} INTERFACE)
  list(TRANSFORM names PREPEND postern_${kind}_)
  target_link_libraries(postern_registry_${kind} INTERFACE ${names})
endfunction()
