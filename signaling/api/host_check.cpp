#include "signaling/api/host_check.h"

#include <algorithm>

#include "dataplane/base/ascii.h"
#include "dataplane/base/socket_address.h"

namespace tutti::api {
namespace {

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), base::is_digit);
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
  if (base::equal_ignoring_case(host, "localhost") ||
      (!name.empty() && base::equal_ignoring_case(host, name)))
    return true;
  return base::parse_ip(host).has_value();
}

}  // namespace tutti::api
