# What comes from Debian 12; tools/packages lists the names for apt-get.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(liburing REQUIRED IMPORTED_TARGET liburing)
pkg_check_modules(spandsp REQUIRED IMPORTED_TARGET spandsp)
# The archive, where there is one: we need one file of it, and the shared library brings libtiff and eight more into
# every process, 0.9 MB of its memory.
find_library(spandsp_ARCHIVE libspandsp.a HINTS ${spandsp_LIBDIR})
if(spandsp_ARCHIVE)
  set_target_properties(PkgConfig::spandsp PROPERTIES INTERFACE_LINK_LIBRARIES "${spandsp_ARCHIVE}")
endif()
pkg_check_modules(sofia REQUIRED IMPORTED_TARGET sofia-sip-ua)
pkg_check_modules(libhwy REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(sndfile REQUIRED IMPORTED_TARGET sndfile)
pkg_check_modules(pcap REQUIRED IMPORTED_TARGET libpcap)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)
pkg_check_modules(libdpdk REQUIRED IMPORTED_TARGET libdpdk)
# Of its seventy libraries those that we call; a card's driver is loaded by DPDK itself, from Debian's folder of them.
set_target_properties(PkgConfig::libdpdk PROPERTIES INTERFACE_LINK_OPTIONS ""
  INTERFACE_LINK_LIBRARIES "rte_ethdev;rte_mbuf;rte_mempool;rte_ring;rte_net;rte_eal")
# The instructions that its inline functions are made of, not the processor that has had them first: to GCC a function
# for another processor is none that can be inlined, and each counter of the port's was a call.
get_target_property(libdpdk_OPTIONS PkgConfig::libdpdk INTERFACE_COMPILE_OPTIONS)
list(TRANSFORM libdpdk_OPTIONS REPLACE "^-march=corei7$" "-msse4.2;-mcx16")
set_target_properties(PkgConfig::libdpdk PROPERTIES INTERFACE_COMPILE_OPTIONS "${libdpdk_OPTIONS}")
find_package(fmt REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(Boost 1.74 REQUIRED)

# Header-only packages without a CMake or pkg-config file of their own in the default include path.
foreach(header_only IN ITEMS nlohmann_json cli11)
  if(NOT TARGET ${header_only})
    add_library(${header_only} INTERFACE)
  endif()
endforeach()
