#include "signaling/sip/multipart.h"

#include <algorithm>
#include <string>

#include "dataplane/base/ascii.h"
#include "signaling/sip/text.h"

namespace tutti::sip {
namespace {

constexpr std::string_view kBlank = " \t";

// A line of the boundary: the content before it ends at `begin`, that behind it starts at `end`.
struct Delimiter {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool closes = false;
};

// `dashed`: the boundary behind its two dashes.
std::optional<Delimiter> find_delimiter(std::string_view body, std::string_view dashed, std::size_t from) {
  for (std::size_t at = body.find(dashed, from); at != body.npos; at = body.find(dashed, at + 1)) {
    if (at > 0 && body[at - 1] != '\n') continue;
    Delimiter delimiter{at, at + dashed.size()};
    delimiter.closes = body.substr(delimiter.end, 2) == "--";
    if (delimiter.closes) delimiter.end += 2;
    delimiter.end = std::min(body.find_first_not_of(kBlank, delimiter.end), body.size());
    const std::string_view rest = body.substr(delimiter.end);
    const bool whole = rest.empty() || rest.starts_with("\r\n") || rest.starts_with('\n');
    if (!whole) continue;  // the line of a longer boundary
    if (!rest.empty()) delimiter.end += rest.front() == '\r' ? 2 : 1;
    // The end of the line before belongs to it.
    if (delimiter.begin > from) --delimiter.begin;
    if (delimiter.begin > from && body[delimiter.begin - 1] == '\r') --delimiter.begin;
    return delimiter;
  }
  return std::nullopt;
}

// A header field with the lines that go on with it, or the blank line that ends them all: empty then.
std::string_view take_header(std::string_view& text) {
  std::size_t end = text.find('\n');
  if (base::trim(text.substr(0, end)).empty()) {
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return {};
  }
  while (end != text.npos && end + 1 < text.size() && kBlank.find(text[end + 1]) != kBlank.npos) {
    end = text.find('\n', end + 1);
  }
  const std::string_view header = base::trim(text.substr(0, end));
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return header;
}

bool is_plain(std::string_view coding) {
  constexpr std::string_view kPlain[] = {"", "identity", "7bit", "8bit", "binary"};
  return std::ranges::any_of(
      kPlain, [coding](std::string_view plain) { return base::equal_ignoring_case(coding, plain); });
}

BodyPart read_part(std::string_view text) {
  BodyPart part;
  for (;;) {
    const std::string_view header = take_header(text);
    if (header.empty()) break;
    const std::size_t colon = std::min(header.find(':'), header.size());
    const std::string_view value = base::trim(header.substr(std::min(colon + 1, header.size())));
    const auto is = [name = base::trim(header.substr(0, colon))](std::string_view known) {
      return base::equal_ignoring_case(name, known);
    };
    if (is("Content-Type")) part.type = value;
    if (is("Content-Disposition")) part.disposition = value;
    if (is("Content-ID")) part.has_id = true;
    if (is("Content-Encoding") || is("Content-Transfer-Encoding")) part.encoded |= !is_plain(value);
  }
  part.content = text;
  return part;
}

bool describes_session(const BodyPart& part) {
  return is_sdp(part.type) && !part.encoded &&
         (part.disposition.empty() || is_value(part.disposition, "session"));
}

bool may_be_ignored(const BodyPart& part) {
  // It is there for a header that points to it, as a location for Geolocation, and we follow none.
  if (part.disposition.empty()) return part.has_id;
  const auto handling = header_parameter(part.disposition, "handling");
  return handling && base::equal_ignoring_case(*handling, "optional");
}

}  // namespace

std::optional<std::vector<BodyPart>> split_multipart(std::string_view body, std::string_view boundary) {
  if (boundary.empty() || boundary.size() > kMaxBoundaryBytes) return std::nullopt;
  const std::string dashed = "--" + std::string(boundary);
  std::vector<BodyPart> parts;
  // What stands before the first line of the boundary is for nobody, as is what follows the last.
  std::optional<Delimiter> before = find_delimiter(body, dashed, 0);
  while (before && !before->closes) {
    const auto next = find_delimiter(body, dashed, before->end);
    if (!next || parts.size() == kMaxBodyParts) return std::nullopt;
    parts.push_back(read_part(body.substr(before->end, next->begin - before->end)));
    before = next;
  }
  if (parts.empty()) return std::nullopt;
  return parts;
}

SessionBody read_multipart(std::string_view body, std::string_view boundary) {
  const auto parts = split_multipart(body, boundary);
  if (!parts) return {{}, BodyFault::kBroken};
  SessionBody session;
  const BodyPart* described = nullptr;
  for (const BodyPart& part : *parts) {
    if (described == nullptr && describes_session(part)) {
      described = &part;
      session.sdp = part.content;
    } else if (!may_be_ignored(part)) {  // RFC 3261, 20.11: by default it may not
      session.fault = BodyFault::kNotUnderstood;
    }
  }
  return session;
}

}  // namespace tutti::sip
