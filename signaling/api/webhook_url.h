// WebhookUrl: where a webhook posts to.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tutti::api {

struct WebhookUrl {
  bool tls = false;
  std::string host;  // a name or an address; of IPv6 without brackets
  std::string port;
  std::string target;  // path and query

  // As Host writes it, without what a query may hold of secrets.
  std::string authority() const;
  // Scheme and authority: what may be shown of it.
  std::string origin() const;
  bool operator==(const WebhookUrl&) const = default;
};

// http:// or https://, without user and fragment. Source: RFC 3986, 3; RFC 9110, 4.2.
std::optional<WebhookUrl> parse_webhook_url(std::string_view text);

}  // namespace tutti::api
