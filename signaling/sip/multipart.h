// Multipart: a body of several parts, as SIP-I and emergency calls bring theirs (RFC 2046, 5.1; RFC 5621).
//
// The library's parser for these reads past a body that is shorter than its boundary, and is never called.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace tutti::sip {

// Its views point into the body.
struct BodyPart {
  std::string_view type;         // Content-Type, with parameters; empty where it has none
  std::string_view disposition;  // Content-Disposition, likewise
  bool has_id = false;           // a Content-ID: a header may point to it
  bool encoded = false;          // it is to be decoded before it can be read
  std::string_view content;
};

inline constexpr std::size_t kMaxBodyParts = 16;
inline constexpr std::size_t kMaxBoundaryBytes = 70;  // RFC 2046, 5.1.1

// Nothing when `body` is not parts between lines of this boundary, whole to the closing one, or has too many.
std::optional<std::vector<BodyPart>> split_multipart(std::string_view body, std::string_view boundary);

// What a body, or a multipart/mixed one as a whole, is to us.
enum class BodyFault {
  kNone,
  kNotUnderstood,  // something in it must be understood, and is not
  kBroken,
};
struct SessionBody {
  std::string_view sdp;  // of the first part that describes the session; empty where none does
  BodyFault fault = BodyFault::kNone;
};
SessionBody read_multipart(std::string_view body, std::string_view boundary);

}  // namespace tutti::sip
