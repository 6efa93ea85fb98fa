#include "signaling/api/webhook_url.h"

#include <algorithm>
#include <charconv>

namespace tutti::api {
namespace {

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, port);
  return error == std::errc{} && stopped == end && port >= 1 && port <= 65'535;
}

// Of a name, or of an address in brackets.
bool is_host(std::string_view text, bool bracketed) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [=](char c) {
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (bracketed) return hex || c == ':' || c == '.';
    return hex || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
  });
}

}  // namespace

std::string WebhookUrl::authority() const {
  const std::string shown = host.find(':') == std::string::npos ? host : '[' + host + ']';
  return port == (tls ? "443" : "80") ? shown : shown + ':' + port;
}

std::string WebhookUrl::origin() const {
  return (tls ? "https://" : "http://") + authority();
}

std::optional<WebhookUrl> parse_webhook_url(std::string_view text) {
  WebhookUrl url;
  if (text.rfind("https://", 0) == 0) {
    url.tls = true;
    text.remove_prefix(8);
  } else if (text.rfind("http://", 0) == 0) {
    text.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  // Nothing that would end the request line, and no fragment: nobody would get it.
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~' && c != '#'; })) {
    return std::nullopt;
  }
  const std::size_t path = std::min(text.find_first_of("/?"), text.size());
  url.target = std::string(text.substr(path));
  if (url.target.empty() || url.target.front() != '/') url.target.insert(0, 1, '/');
  std::string_view authority = text.substr(0, path);
  const bool bracketed = !authority.empty() && authority.front() == '[';
  if (bracketed) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    url.host = std::string(authority.substr(1, end - 1));
    authority.remove_prefix(end + 1);
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = std::string(authority.substr(0, colon));
    authority.remove_prefix(colon);
  }
  if (!is_host(url.host, bracketed)) return std::nullopt;
  url.port = url.tls ? "443" : "80";
  if (authority.empty()) return url;
  if (authority.front() != ':' || !is_port(authority.substr(1))) return std::nullopt;
  url.port = std::string(authority.substr(1));
  return url;
}

}  // namespace tutti::api
