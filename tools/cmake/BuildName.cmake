# cmake -D ROOT=... -D FOLDERS=a;b -D BUILD=... -D OUTPUT=... -P BuildName.cmake: writes the source of bypass_build(),
# which names this build: BUILD, which begins with the version, and what stands in the headers of FOLDERS. A program and
# a library that were compiled from other headers, or otherwise, have other names.

set(all "${BUILD}")
foreach(folder IN LISTS FOLDERS)
  file(GLOB headers ${ROOT}/${folder}/*.h)
  list(SORT headers)
  foreach(path IN LISTS headers)
    file(SHA256 ${path} sum)
    string(APPEND all "${sum}")
  endforeach()
endforeach()
string(SHA256 sum "${all}")
string(SUBSTRING ${sum} 0 12 sum)
string(REGEX REPLACE " .*" "" version "${BUILD}")
set(text "// Made by tools/cmake/BuildName.cmake.
#include \"dataplane/net/packet_bypass.h\"

namespace tutti::net {

std::string_view bypass_build() {
  return \"${version}-${sum}\";
}

}  // namespace tutti::net
")
file(WRITE ${OUTPUT} "${text}")
