# A module is a leaf folder: one library tutti_<name>, made of the folder's own *.cpp files.

# What a core runs is optimised as one piece when a program is linked: a packet or a tick crosses a dozen files, and each call
# that cannot be inlined is a nanosecond of some fifty (docs/decisions/0024-a-core-as-one-piece.md). Programs and tests alike. It
# has the frame pointer's register, too: who wants to know its callers' names has them from -g1 (perf --call-graph dwarf).
function(tutti_whole_program target)
  set_target_properties(${target} PROPERTIES INTERPROCEDURAL_OPTIMIZATION ON)
  target_compile_options(${target} PRIVATE -fno-semantic-interposition -fomit-frame-pointer)
  target_link_options(${target} INTERFACE -flto=auto)
endfunction()

# With AddressSanitizer's and UBSan's checks in them the templates of what no core runs (HTTP, JSON, options) take GCC twice as long
# to optimise as to compile: 99 s of CPU became 57 for eight files of api. ThreadSanitizer's tests of it compute too much for that.
function(tutti_compiled_fast target)
  if(TUTTI_SANITIZE MATCHES "address" AND NOT TUTTI_FUZZ)
    target_compile_options(${target} PRIVATE -O0)
  endif()
endfunction()

# tutti_module(FOLDER [LINKS module...] [PACKAGES target...])
function(tutti_module folder)
  cmake_parse_arguments(ARG "" "" "LINKS;PACKAGES" ${ARGN})
  get_filename_component(name ${folder} NAME)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  list(TRANSFORM ARG_LINKS PREPEND tutti_)
  if(NOT name STREQUAL "base")
    list(APPEND ARG_LINKS tutti_base)
  endif()
  if(sources)
    add_library(tutti_${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(tutti_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  # The kernels are entered through pointers, and have targets of their own.
  if(TUTTI_WHOLE_PROGRAM AND sources AND folder MATCHES "^(dataplane|mixer)" AND NOT name STREQUAL "kernel")
    tutti_whole_program(tutti_${name})
  endif()
  if(sources AND folder MATCHES "^(signaling|tools/caller)")
    tutti_compiled_fast(tutti_${name})
  endif()
  target_include_directories(tutti_${name} ${scope} ${CMAKE_SOURCE_DIR})
  target_link_libraries(tutti_${name} ${scope} ${ARG_LINKS} Threads::Threads)
  if(sources)
    target_link_libraries(tutti_${name} PRIVATE ${ARG_PACKAGES}) # wrapped: nobody above sees their headers
  endif()
endfunction()

# tutti_console(MODULE FOLDER): the page's files become a source of the module, made again when one of them changes.
function(tutti_console name folder)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*)
  set(output ${CMAKE_BINARY_DIR}/generated/console_files.cpp)
  set(script ${CMAKE_SOURCE_DIR}/tools/cmake/ConsoleFiles.cmake)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -D FOLDER=${CMAKE_SOURCE_DIR}/${folder} -D OUTPUT=${output} -P ${script}
    DEPENDS ${files} ${script}
    COMMENT "Putting the console into the program"
    VERBATIM)
  target_sources(tutti_${name} PRIVATE ${output})
endfunction()

# tutti_build_name(MODULE FOLDER...): what a library and the program that loads it must have in common becomes a source of the
# module, made again when a header of the folders changes.
function(tutti_build_name name)
  list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/ OUTPUT_VARIABLE paths)
  list(TRANSFORM paths APPEND /*.h)
  file(GLOB headers CONFIGURE_DEPENDS ${paths})
  set(output ${CMAKE_BINARY_DIR}/generated/build_name.cpp)
  set(script ${CMAKE_SOURCE_DIR}/tools/cmake/BuildName.cmake)
  string(JOIN " " build "${PROJECT_VERSION}" ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} "${CMAKE_BUILD_TYPE}"
         "${CMAKE_CXX_FLAGS}" "${TUTTI_SANITIZE}")
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -D ROOT=${CMAKE_SOURCE_DIR} -D "FOLDERS=${ARGN}" -D "BUILD=${build}" -D OUTPUT=${output} -P ${script}
    DEPENDS ${headers} ${script}
    COMMENT "Naming the build"
    VERBATIM)
  target_sources(tutti_${name} PRIVATE ${output})
endfunction()

# tutti_program(NAME source... [LINKS module...] [PACKAGES target...]): an executable in <build>/bin.
function(tutti_program name)
  cmake_parse_arguments(ARG "" "" "LINKS;PACKAGES" ${ARGN})
  list(TRANSFORM ARG_LINKS PREPEND tutti_)
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} ${ARG_PACKAGES})
endfunction()

# tutti_read_once(source...): they hand CLI11 a command line, once, when a program starts; to optimise CLI11's templates is up to half
# of what such a file costs. To be called in the folder that makes the target.
function(tutti_read_once)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -O0)
endfunction()

# tutti_unity(TARGET): up to eight files of it are compiled as one under release too. Not under dev: an editor asks how each is compiled.
function(tutti_unity target)
  if(NOT CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  target_compile_options(${target} PRIVATE ${TUTTI_UNITY_OPTIONS})
endfunction()

# tutti_discover_tests(PROGRAM PREFIX LABEL SECONDS [COST n] [TOGETHER]): a program's tests, each known to ctest as
# PREFIX.Suite.Test, in a process of its own and ended after so many seconds. Under a sanitizer, and TOGETHER under release
# too, the program is one test of ctest's, which runs all of them in one process
# (docs/decisions/0052-one-process-a-program.md): a process a test is for release, as the proof that none leans on another,
# and for who sets TUTTI_EACH_TEST, as tools/test does to find tests by their names.
# Those of a greater COST begin earlier: long waits are not to be left for the end.
function(tutti_discover_tests program prefix label seconds)
  cmake_parse_arguments(ARG "TOGETHER" "COST" "" ${ARGN})
  if(NOT ARG_COST)
    set(ARG_COST 0)
  endif()
  gtest_discover_tests(${program} TEST_PREFIX "${prefix}." DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS ${label} TIMEOUT ${seconds} COST ${ARG_COST})
  if(NOT TUTTI_SANITIZE AND NOT ARG_TOGETHER)
    return()
  endif()
  get_directory_property(files TEST_INCLUDE_FILES)
  list(POP_BACK files each)
  set(chosen ${CMAKE_CURRENT_BINARY_DIR}/${program}_chosen.cmake)
  file(GENERATE OUTPUT ${chosen} CONTENT "if(DEFINED ENV{TUTTI_EACH_TEST} OR NOT EXISTS [==[$<TARGET_FILE:${program}>]==])
  include([==[${each}]==])
else()
  add_test(${program} /usr/bin/python3 [==[${CMAKE_SOURCE_DIR}/tools/lib/run_program.py]==] [==[$<TARGET_FILE:${program}>]==]
           --prefix ${prefix} --limit ${seconds} --results [==[${CMAKE_BINARY_DIR}/results]==])
  set_tests_properties(${program} PROPERTIES LABELS ${label} TIMEOUT 1200 COST ${ARG_COST}
                       WORKING_DIRECTORY [==[${CMAKE_CURRENT_BINARY_DIR}]==])
endif()
")
  set_directory_properties(PROPERTIES TEST_INCLUDE_FILES "${files};${chosen}")
endfunction()

# tutti_unit_tests(MODULE [LINKS module...] [COST n] [TOGETHER]): tests/unit/<module>/*_test.cpp as one program, its tests
# labelled with the module's name; one label, because gtest_discover_tests takes lists apart.
function(tutti_unit_tests name)
  cmake_parse_arguments(ARG "TOGETHER" "COST" "LINKS;PACKAGES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  list(TRANSFORM ARG_LINKS PREPEND tutti_)
  add_executable(${name}_test ${sources})
  tutti_unity(${name}_test)
  target_link_libraries(${name}_test PRIVATE tutti_${name} ${ARG_LINKS} ${ARG_PACKAGES} GTest::gmock GTest::gtest_main)
  set(together)
  if(ARG_TOGETHER)
    set(together TOGETHER)
  endif()
  tutti_discover_tests(${name}_test ${name} ${name} 120 COST ${ARG_COST} ${together})
endfunction()

# tutti_fuzzer(NAME LINKS module...): tests/fuzz/<name>_fuzz.cpp. Under the fuzz preset a libFuzzer
# program, run for 10 s (and for 60 s, label "long"), which keeps what it finds in <build>/fuzz/<name>;
# elsewhere the seeds in tests/fuzz/corpus/<name> are replayed as a test.
function(tutti_fuzzer name)
  cmake_parse_arguments(ARG "" "" "LINKS;PACKAGES" ${ARGN})
  list(TRANSFORM ARG_LINKS PREPEND tutti_)
  set(source ${CMAKE_SOURCE_DIR}/tests/fuzz/${name}_fuzz.cpp)
  set(seeds ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
  if(TUTTI_FUZZ)
    add_executable(${name}_fuzz ${source})
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
    # The short run tries the same each time: a change is to blame for what it finds, and not luck. The long one goes on searching.
    foreach(run IN ITEMS "fuzz;10;1" "fuzz_long;60;0")
      list(GET run 0 kind)
      list(GET run 1 seconds)
      list(GET run 2 seed)
      add_test(NAME ${kind}.${name}
               COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tools/lib/fuzz.py --program $<TARGET_FILE:${name}_fuzz>
                       --seeds ${seeds} --keep ${CMAKE_BINARY_DIR}/fuzz/${name} --seconds ${seconds} --seed ${seed})
      set_tests_properties(${kind}.${name} PROPERTIES LABELS fuzz TIMEOUT 300)
    endforeach()
    set_property(TEST fuzz_long.${name} APPEND PROPERTY LABELS long)
    set_property(TEST fuzz_long.${name} PROPERTY DEPENDS fuzz.${name}) # they share what they keep
  else()
    add_executable(${name}_fuzz ${source} ${CMAKE_SOURCE_DIR}/tests/support/replay_corpus.cpp)
    add_test(NAME fuzz_corpus.${name} COMMAND ${name}_fuzz ${seeds})
    set_tests_properties(fuzz_corpus.${name} PROPERTIES LABELS fuzz TIMEOUT 120)
  endif()
  target_link_libraries(${name}_fuzz PRIVATE ${ARG_LINKS} ${ARG_PACKAGES})
endfunction()

# tutti_plugin(NAME source ENTRIES function... [LINKS module...]): a library beside the programs, loaded by name; nothing of it
# is seen but the ENTRIES, so that what it shares with its program (base, net) stays apart.
function(tutti_plugin name)
  cmake_parse_arguments(ARG "" "" "ENTRIES;LINKS" ${ARGN})
  if(TUTTI_SANITIZE MATCHES "address")
    # The program's, not its own copies: those would know of no core's turn (dataplane/base/realtime_tripwire.cpp).
    list(APPEND ARG_ENTRIES pthread_mutex_lock pthread_rwlock_rdlock pthread_rwlock_wrlock)
  endif()
  list(JOIN ARG_ENTRIES "; " entries)
  list(TRANSFORM ARG_LINKS PREPEND tutti_)
  set(script ${CMAKE_BINARY_DIR}/generated/${name}.map)
  file(CONFIGURE OUTPUT ${script} CONTENT "{ global: ${entries}; local: *; };\n")
  add_library(${name} MODULE ${ARG_UNPARSED_ARGUMENTS})
  set_target_properties(${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
  target_link_options(${name} PRIVATE -Wl,--version-script=${script})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS})
endfunction()
