# SPDX-License-Identifier: Apache-2.0
# Flags, sanitizers and the libraries of docs/decisions/0002; nothing here names a room.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(postern_flags INTERFACE)
target_include_directories(postern_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
target_compile_options(postern_flags INTERFACE
  -Wall -Wextra -Wno-missing-field-initializers -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wunused-result
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<CONFIG:Debug>:-O1>)
target_compile_definitions(postern_flags INTERFACE _FORTIFY_SOURCE=0)
if(POSTERN_SANITIZE)
  target_compile_options(postern_flags INTERFACE -fsanitize=${POSTERN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(postern_flags INTERFACE -fsanitize=${POSTERN_SANITIZE})
endif()
if(POSTERN_FUZZ)
  # Coverage in the libraries, so that one build serves the tests and the fuzz targets.
  target_compile_options(postern_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(postern_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Sanitized programs are large; lld links them in a fraction of ld's time and memory.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_link_options(postern_flags INTERFACE -fuse-ld=lld)
endif()
add_custom_target(threads_tests) # what the thread sanitizer stage builds: rooms that say THREADS
add_custom_target(generated)     # headers that the build makes; clang-tidy needs them before anything is compiled

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt 9 REQUIRED)
foreach(lib sqlite3 libcrypto libsodium libmicrohttpd libcurl libbpf spdlog jansson zlib liblzma libcares)
  string(REGEX REPLACE "^lib" "" short ${lib})
  pkg_check_modules(${short} REQUIRED IMPORTED_TARGET ${lib})
endforeach()
pkg_check_modules(gmime REQUIRED IMPORTED_TARGET gmime-3.0)
if(POSTERN_TESTS)
  find_package(GTest REQUIRED)
endif()
