#include "signaling/sip/text.h"

#include <algorithm>
#include <cstdint>

#include "dataplane/base/ascii.h"

namespace tutti::sip {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte < 0x20 || byte == 0x7f;
}

// What comes before the next semicolon that is not within quotes; both are taken off `rest`.
std::string_view take_parameter(std::string_view& rest) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < rest.size() && (quoted || rest[end] != ';'); ++end) {
    if (rest[end] == '"') quoted = !quoted;
    if (quoted && rest[end] == '\\') ++end;
  }
  const std::string_view parameter = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return parameter;
}

}  // namespace

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

std::string unquote(std::string_view text) {
  text = base::trim(text);
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out.push_back(text[i]);
  }
  return out;
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (is_control(c)) continue;
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
  return out;
}

std::string reason_header(std::string_view reason) {
  return reason.empty() ? std::string() : "SIP;cause=200;text=" + quote(reason);
}

bool fits_in_header(std::string_view text) {
  return !text.empty() && std::ranges::none_of(text, is_control);
}

std::optional<std::string_view> uri_parameter(std::string_view parameters, std::string_view name) {
  while (!parameters.empty()) {
    const std::string_view parameter = parameters.substr(0, parameters.find(';'));
    parameters.remove_prefix(std::min(parameter.size() + 1, parameters.size()));
    if (!base::equal_ignoring_case(parameter.substr(0, name.size()), name)) continue;
    const std::string_view rest = parameter.substr(name.size());
    if (rest.empty()) return rest;
    if (rest.front() == '=') return rest.substr(1);
  }
  return std::nullopt;
}

std::optional<std::string> header_parameter(std::string_view field, std::string_view name) {
  take_parameter(field);  // the value that they belong to
  while (!field.empty()) {
    const std::string_view parameter = take_parameter(field);
    const std::size_t mark = std::min(parameter.find('='), parameter.size());
    if (!base::equal_ignoring_case(base::trim(parameter.substr(0, mark)), name)) continue;
    return unquote(parameter.substr(std::min(mark + 1, parameter.size())));
  }
  return std::nullopt;
}

bool is_value(std::string_view field, std::string_view value) {
  return base::equal_ignoring_case(base::trim(field.substr(0, field.find(';'))), value);
}

bool is_sdp(std::string_view type) {
  return is_value(type, "application/sdp");
}

}  // namespace tutti::sip
