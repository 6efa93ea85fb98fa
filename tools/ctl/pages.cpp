#include "tools/ctl/pages.h"

#include <utility>

#include "tools/ctl/server_json.h"

namespace tutti::ctl {
namespace {

using Json = nlohmann::ordered_json;

// 50 million entries: a server that never comes to an end is none of ours.
constexpr int kPagesMax = 100'000;

// The path of the page behind, on the same server; empty where there is none.
std::string next_of(const Json& page) {
  const auto next = page.is_object() ? page.find("next") : page.end();
  if (!page.is_object() || next == page.end() || !next->is_string()) return {};
  const auto path = next->get<std::string>();
  return path.starts_with('/') ? path : std::string();
}

void append(Json& all, const Json& page) {
  for (auto& [name, list] : all.items()) {
    if (!list.is_array() || !page.contains(name)) continue;
    for (const Json& entry : page[name]) list.push_back(entry);
  }
}

}  // namespace

base::Result<HttpReply, std::string> ask_all(const HttpClient& client, const HttpRequest& request) {
  auto reply = client.ask(request);
  if (!reply || !reply->ok()) return reply;
  Json all = parse_json(reply->body);
  std::string next = next_of(all);
  if (next.empty()) return reply;
  for (int pages = 1; !next.empty(); ++pages) {
    if (pages == kPagesMax)
      return base::unexpected(std::string("the server tells page after page, without an end"));
    auto more = client.ask({"GET", next, {}, {}});
    if (!more || !more->ok()) return more;
    const Json page = parse_json(more->body);
    if (!page.is_object()) return base::unexpected(std::string("a page from the server is no JSON"));
    append(all, page);
    next = next_of(page);
  }
  all.erase("next");
  reply->body = all.dump();
  return reply;
}

}  // namespace tutti::ctl
