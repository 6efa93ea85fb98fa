// WebhookSignature: by which a receiver knows that a POST is ours, and not an old one.
#pragma once

#include <string>
#include <string_view>

namespace tutti::api {

// "sha256=" and the hexadecimal HMAC-SHA256 of "TIMESTAMP.BODY" under the secret. Source: RFC 2104.
std::string webhook_signature(std::string_view secret, std::string_view timestamp, std::string_view body);

}  // namespace tutti::api
