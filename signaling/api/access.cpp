#include "signaling/api/access.h"

#include <algorithm>

#include "dataplane/base/ascii.h"
#include "dataplane/base/host_network.h"
#include "dataplane/base/secret.h"

namespace tutti::api {
namespace {

// The credentials behind "Bearer "; empty for any other scheme.
std::string_view bearer(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";  // schemes know no case: RFC 9110, 11.1
  if (authorization.size() <= kScheme.size()) return {};
  const bool fits = std::equal(kScheme.begin(), kScheme.end(), authorization.begin(),
                               [](char a, char b) { return a == base::to_lower(b); });
  if (!fits) return {};
  const std::size_t start = authorization.find_first_not_of(' ', kScheme.size());  // RFC 9110, 11.4: 1*SP
  return authorization.substr(std::min(start, authorization.size()));
}

}  // namespace

bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "-._~+/=";
  return text.size() >= 16 && text.size() <= 256 && std::all_of(text.begin(), text.end(), [&](char c) {
           return base::is_letter(c) || base::is_digit(c) || kOthers.find(c) != std::string_view::npos;
         });
}

bool may_ask(std::string_view authorization, std::string_view token, Reach reach,
             const base::SocketAddress& client) {
  if (token.empty() || reach == Reach::kAnyone) return true;
  if (reach == Reach::kLocal && base::is_loopback(client)) return true;
  return base::equal_in_constant_time(bearer(authorization), token);
}

}  // namespace tutti::api
