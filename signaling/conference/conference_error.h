// ConferenceError: why an operation on a conference or a participant was not done.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tutti::conference {

enum class ConferenceError : std::uint8_t {
  kNotFound,
  kAlreadyExists,
  kInvalidState,
  kCapacityExceeded,
  kNotAllowed,
  kInvalidArgument,
  kNotSupported,
  kTimeout,
  kMediaFailed,
};

// "NotFound", as every interface spells it.
std::string_view to_string(ConferenceError error);
// The SIP status and the HTTP status that say the same.
int sip_status(ConferenceError error);
int http_status(ConferenceError error);
// Each of them, in the enumeration's order.
std::span<const ConferenceError> conference_errors();

}  // namespace tutti::conference
