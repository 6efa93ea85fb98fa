#include "signaling/api/console_routes.h"

#include <algorithm>
#include <string>

#include "dataplane/base/check.h"
#include "signaling/api/console_files.h"

namespace tutti::api {
namespace {

// The page may load and ask what this server has, and nothing else; no script or style within it runs, no
// other site may frame it, and nothing turns text into markup (Trusted Types, of which there are none).
// Source: W3C Content Security Policy 3; Trusted Types.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

const ConsoleFile* find_file(std::string_view name) {
  const auto files = console_files();
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const ConsoleFile& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

// Whether If-None-Match names what there is. Source: RFC 9110, 13.1.2.
bool has_it(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

Response answer(const ConsoleFile& file, const Request& request) {
  Response response{200, std::string(file.content_type), {}, {}};
  response.headers = {{"ETag", std::string(file.etag)},
                      {"Cache-Control", "no-cache"},  // keep it, and ask whether it is still so
                      {"Content-Security-Policy", std::string(kPolicy)},
                      {"Cross-Origin-Opener-Policy", "same-origin"},
                      {"Cross-Origin-Resource-Policy", "same-origin"},
                      {"Referrer-Policy", "no-referrer"}};
  if (has_it(request.if_none_match, file.etag)) {
    response.status = 304;
  } else {
    response.body = file.body;
  }
  return response;
}

}  // namespace

void add_console_routes(Router& router) {
  const ConsoleFile* page = find_file("index.html");
  CHECK(page != nullptr);
  router.add(
      "GET", "/", [page](const Request& request) { return answer(*page, request); }, Reach::kAnyone);
  router.add(
      "GET", "/console/{file}",
      [](const Request& request) {
        const ConsoleFile* file = find_file(request.parameters[0]);
        if (file == nullptr) return problem(404, "The console has no such file.", request.path);
        return answer(*file, request);
      },
      Reach::kAnyone);
}

}  // namespace tutti::api
