# cmake -D FOLDER=... -D OUTPUT=... -P ConsoleFiles.cmake: writes the source of console_files() from the page's files.
# Raw strings: what is in a file is what is served, byte for byte; a NUL or the mark )tutti" would end one early.

set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")

file(GLOB files ${FOLDER}/*.html ${FOLDER}/*.css ${FOLDER}/*.js ${FOLDER}/*.svg)
list(SORT files)
file(WRITE ${OUTPUT}.new "// Made by tools/cmake/ConsoleFiles.cmake.
#include \"signaling/api/console_files.h\"

namespace tutti::api {
namespace {

constexpr ConsoleFile kFiles[] = {
")
foreach(path IN LISTS files)
  get_filename_component(name ${path} NAME)
  get_filename_component(kind ${path} LAST_EXT)
  string(SUBSTRING "${kind}" 1 -1 kind)
  file(SHA256 ${path} sum)
  string(SUBSTRING ${sum} 0 20 etag)
  file(READ ${path} body)
  string(FIND "${body}" ")tutti\"" mark)
  if(NOT mark EQUAL -1)
    message(FATAL_ERROR "${path} holds the mark that ends a raw string")
  endif()
  file(APPEND ${OUTPUT}.new "    {\"${name}\", \"${type_${kind}}\", \"\\\"${etag}\\\"\",\n     R\"tutti(${body})tutti\"},\n")
endforeach()
file(APPEND ${OUTPUT}.new "};

}  // namespace

std::span<const ConsoleFile> console_files() {
  return kFiles;
}

}  // namespace tutti::api
")
file(RENAME ${OUTPUT}.new ${OUTPUT})
