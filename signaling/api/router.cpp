#include "signaling/api/router.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "signaling/api/query.h"

namespace tutti::api {
namespace {

// "/a/b" -> "a", "b"; the path begins with a slash.
std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool is_place(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool fits(const Route& route, const std::vector<std::string>& asked) {
  if (route.segments.size() != asked.size()) return false;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (is_place(route.segments[i]) ? asked[i].empty() : route.segments[i] != asked[i]) return false;
  }
  return true;
}

std::size_t places(const Route& route) {
  return static_cast<std::size_t>(std::count_if(route.segments.begin(), route.segments.end(),
                                                [](const auto& segment) { return is_place(segment); }));
}

}  // namespace

void Router::add(std::string method, std::string path, Handler handler, Reach reach) {
  CHECK(!path.empty() && path.front() == '/');
  Route route{std::move(method), std::move(path), std::move(handler), reach, {}};
  for (const std::string_view segment : split(route.path)) route.segments.emplace_back(segment);
  routes_.push_back(std::move(route));
}

base::Result<Match, Response> Router::find(std::string_view method, std::string_view path) const {
  if (path.empty() || path.front() != '/') {
    return base::unexpected(problem(400, "The path does not begin with a slash.", path));
  }
  std::vector<std::string> asked;
  for (const std::string_view segment : split(path)) {
    auto plain = undo_escapes(segment);
    if (!plain) return base::unexpected(problem(400, "The path has a wrong %-escape.", path));
    asked.push_back(std::move(*plain));
  }
  const Route* best = nullptr;
  std::string allowed;
  for (const Route& route : routes_) {
    if (!fits(route, asked)) continue;
    if (route.method == method && (best == nullptr || places(route) < places(*best))) best = &route;
    if (!allowed.empty()) allowed += ", ";
    allowed += route.method == "GET" ? "GET, HEAD" : route.method;
  }
  if (best == nullptr && allowed.empty()) {
    return base::unexpected(problem(404, "There is nothing at this path.", path));
  }
  if (best == nullptr) {
    Response response = problem(405, "This path takes " + allowed + ".", path);
    response.headers.emplace_back("Allow", allowed);
    return base::unexpected(std::move(response));
  }
  Match match{best, {}};
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (is_place(best->segments[i])) match.parameters.push_back(std::move(asked[i]));
  }
  return match;
}

}  // namespace tutti::api
