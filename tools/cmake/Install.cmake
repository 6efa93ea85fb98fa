# What `cmake --install build/release` puts where, and `cpack` into packages, as tools/package does: one for the server and one
# for its DPDK part.
# The unit names the prefix, which is known when it is installed.

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME server)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON) # tests and benches are not installed, and need not be there
install(TARGETS tuttid RUNTIME DESTINATION sbin)
install(TARGETS tuttictl tutti-load RUNTIME DESTINATION bin)
# Where the server looks for it: dataplane/net/packet_bypass.h.
install(TARGETS tutti-dpdk LIBRARY DESTINATION lib/tutti COMPONENT dpdk)
install(PROGRAMS ${CMAKE_SOURCE_DIR}/tools/host-check DESTINATION lib/tutti)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/tools/lib/host_check DESTINATION lib/tutti/lib FILES_MATCHING PATTERN "*.py")
install(FILES ${CMAKE_SOURCE_DIR}/docs/OPERATIONS.md ${CMAKE_SOURCE_DIR}/docs/tuttid.toml ${CMAKE_SOURCE_DIR}/docs/openapi.json
              ${CMAKE_SOURCE_DIR}/docs/grafana.json ${CMAKE_SOURCE_DIR}/LICENSE
              ${CMAKE_SOURCE_DIR}/tools/service/packet.conf ${CMAKE_SOURCE_DIR}/tools/service/dpdk.conf
        DESTINATION share/doc/tutti)
install(CODE "
  set(PREFIX \${CMAKE_INSTALL_PREFIX})
  configure_file([==[${CMAKE_SOURCE_DIR}/tools/service/tuttid.service.in]==]
                 \"\$ENV{DESTDIR}\${PREFIX}/lib/systemd/system/tuttid.service\" @ONLY)
  file(MAKE_DIRECTORY \"\$ENV{DESTDIR}\${PREFIX}/bin\")
  file(CREATE_LINK ../lib/tutti/host-check \"\$ENV{DESTDIR}\${PREFIX}/bin/tutti-host-check\" SYMBOLIC)
")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tutti)
set(CPACK_PACKAGE_CONTACT "The Tutti engineers <tutti@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL server dpdk)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON) # who builds it needs dpkg-dev
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_SERVER_PACKAGE_NAME tutti)
set(CPACK_DEBIAN_SERVER_PACKAGE_RECOMMENDS python3) # tutti-host-check
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/tools/service/postinst ${CMAKE_SOURCE_DIR}/tools/service/prerm
    ${CMAKE_SOURCE_DIR}/tools/service/postrm)
set(CPACK_DEBIAN_DPDK_PACKAGE_NAME tutti-dpdk)
# Both of one build: docs/decisions/0031-dpdk.md.
set(CPACK_DEBIAN_DPDK_PACKAGE_DEPENDS "tutti (= ${PROJECT_VERSION}), librte-meta-mempool, librte-meta-net")
set(CPACK_COMPONENT_SERVER_DESCRIPTION "${PROJECT_DESCRIPTION}")
set(CPACK_COMPONENT_DPDK_DESCRIPTION "${PROJECT_DESCRIPTION}: media past the kernel, on a card that DPDK drives")
include(CPack)
