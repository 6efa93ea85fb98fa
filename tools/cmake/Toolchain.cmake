# The flags of every preset, in one place, so that ccache sees one set.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(TUTTI_TESTS "Build the tests" ON)
option(TUTTI_BENCHES "Build the benches" ON)
set(TUTTI_SANITIZE "" CACHE STRING "Sanitizers: address,undefined | thread | empty")
option(TUTTI_FUZZ "Build the fuzz targets for libFuzzer (clang)" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Werror=return-type
                    -Wno-missing-field-initializers # designated initialisers leave the defaults in place
                    -fno-omit-frame-pointer)
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
                    $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>)
# What a failed check prints is the file's place in the checkout: nothing that is compiled depends on where that lies, so that
# ccache has it for another one, too. Files compiled as one are included by whole paths.
add_compile_options("-fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=")
# Where files are compiled as one, another file's names are not in a file's way, and no file is a header.
set(TUTTI_UNITY_OPTIONS -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
if(CMAKE_UNITY_BUILD)
  add_compile_options(${TUTTI_UNITY_OPTIONS}) # release compiles each of the product's by itself, and tells
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # moodycamel's fences under TSan, see docs/decisions/0003-mailbox.md.
  add_compile_options(-Wno-tsan)
endif()

# A third of bfd's CPU, over some 150 programs. Not for release: lld does not know what GCC's whole-program step hands it.
find_program(LLD ld.lld)
if(LLD AND NOT CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_link_options(-fuse-ld=lld)
endif()

# Release by GCC only: elsewhere it would cost time and win nothing.
set(TUTTI_WHOLE_PROGRAM OFF)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" AND NOT TUTTI_SANITIZE)
  set(TUTTI_WHOLE_PROGRAM ON)
endif()

if(TUTTI_SANITIZE)
  add_compile_options(-fsanitize=${TUTTI_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TUTTI_SANITIZE})
  if(TUTTI_SANITIZE MATCHES "undefined")
    # 16 MB of addresses, of what is noted of each line, need not be moved for a process then: it starts in 0.13 s of CPU
    # instead of 0.22. ThreadSanitizer would start itself anew.
    add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-no-pie>)
    # It looks at an object's type through a pipe, and takes every object for a wrong one where descriptors are out.
    add_compile_options(-fno-sanitize=vptr)
  endif()
endif()
if(TUTTI_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
