#include "signaling/api/operation_route.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "dataplane/base/ascii.h"

namespace tutti::api {
namespace {

using conference::Outcome;

// "application/json; charset=utf-8" -> "application/json"
std::string media_type(std::string_view content_type) {
  std::string type(base::trim(content_type.substr(0, content_type.find(';'))));
  std::transform(type.begin(), type.end(), type.begin(), base::to_lower);
  return type;
}

}  // namespace

base::Result<Json, Response> read_body(const Request& request) {
  const std::string type = media_type(request.content_type);
  if (!request.body.empty() && type != "application/json" && type != "application/merge-patch+json") {
    return base::unexpected(
        problem(415, "The body must be JSON, and said to be: Content-Type: application/json.", request.path));
  }
  auto json = parse_object(request.body);
  if (!json) return base::unexpected(problem(json.error(), request.path));
  return std::move(*json);
}

Outcome<conference::ParticipantId> participant_of(const Request& request) {
  const std::string& text = request.parameters.front();
  std::uint64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || id == 0) {
    return fail(conference::ConferenceError::kInvalidArgument,
                "A participant's id is a whole number from 1 on.");
  }
  return conference::ParticipantId{id};
}

Response answer(const Request& request, const Outcome<Json>& outcome) {
  if (!outcome) return problem(outcome.error(), request.path);
  return {200, "application/json", dump(*outcome), {}};
}

Response answer(const Request& request, const Outcome<>& outcome) {
  if (!outcome) return problem(outcome.error(), request.path);
  return {204, "", "", {}};
}

Response made(int status, const std::string& path, const Json& what) {
  return {status, "application/json", dump(what), {{"Location", path}}};
}

}  // namespace tutti::api
