#include "signaling/api/host_check.h"

#include <algorithm>

#include "dataplane/base/socket_address.h"

namespace tutti::api {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool is_own_host(std::string_view host, std::string_view name) {
  const bool bracketed = !host.empty() && host.front() == '[';
  const std::size_t end = bracketed ? host.find(']') : host.find(':');
  if (bracketed && end == std::string_view::npos) return false;
  std::string_view rest = end == std::string_view::npos ? "" : host.substr(end + (bracketed ? 1 : 0));
  if (!rest.empty() && (rest.front() != ':' || !all_digits(rest.substr(1)))) return false;
  if (bracketed) {
    const auto address = base::parse_ip(host.substr(1, end - 1));
    return address && address->family == base::AddressFamily::kIpv6;
  }
  host = host.substr(0, end);
  if (same_name(host, "localhost") || (!name.empty() && same_name(host, name))) return true;
  return base::parse_ip(host).has_value();
}

}  // namespace tutti::api
