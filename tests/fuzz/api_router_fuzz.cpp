// The table of routes against any method and path: an answer or a refusal, and what stands for a place is a
// whole segment without control characters.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "dataplane/base/check.h"
#include "signaling/api/api.h"
#include "tests/unit/api/fake_control.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tutti;
  static const api::Router router = [] {
    static api::FakeControl control;
    api::ApiSources sources;
    sources.control = &control;
    return api::make_router(std::move(sources));
  }();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t space = text.find(' ');
  const std::string_view method = text.substr(0, space);
  const std::string_view path = space == std::string_view::npos ? "" : text.substr(space + 1);
  const auto match = router.find(method, path);
  if (!match) {
    const int status = match.error().status;
    CHECK(status == 400 || status == 404 || status == 405);
    return 0;
  }
  CHECK(match->route->method == method);
  for (const std::string& parameter : match->parameters) {
    CHECK(!parameter.empty() && parameter.size() <= path.size());
    for (const char c : parameter) CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  }
  return 0;
}
