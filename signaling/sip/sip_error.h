// SipError: why the user agent cannot do what it was asked; a kind for programs, a sentence for people.
#pragma once

#include <cstdint>
#include <string>

namespace tutti::sip {

enum class SipErrorKind : std::uint8_t {
  kBadAddress,           // an address to listen on or a URI that is none
  kAddressInUse,         // another process holds the port
  kAddressNotAvailable,  // not an address of this host
  kPermissionDenied,     // a port below 1024 without the right to it
  kTooManyDialogs,       // the limit of UserAgentConfig::limits
  kLibrary,              // the library refused, for a reason it does not tell
};

struct SipError {
  SipErrorKind kind = SipErrorKind::kLibrary;
  std::string message;  // one sentence without a full stop, e.g. "UDP port 5060 of 127.0.0.1 is in use"
};

}  // namespace tutti::sip
