// SessionDescription: SDP as read and as written; no meaning yet, that is negotiation.h.
//
// Source: RFC 8866. Lines that say nothing to a conference (i u e p b r z k) are read over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/result.h"
#include "signaling/sdp/sdp_error.h"

namespace tutti::sdp {

// What one description may hold. The largest real offers (WebRTC with ICE, video and data) have some
// 400 lines in 15 kB.
inline constexpr std::size_t kBodyBytesMax = 65'536;
inline constexpr std::size_t kLineBytesMax = 8'192;
inline constexpr std::size_t kLinesMax = 2'048;
inline constexpr std::size_t kAttributesMax = 1'024;  // in the whole description
inline constexpr std::size_t kMediaMax = 32;
inline constexpr std::size_t kFormatsMax = 128;  // on one m= line: as many as there are payload types

// o=
struct Origin {
  std::string username = "-";
  std::string session_id = "0";
  std::string session_version = "0";
  std::string address_type = "IP4";
  std::string address = "0.0.0.0";
  bool operator==(const Origin&) const = default;
};

// c=
struct Connection {
  std::string network_type = "IN";
  std::string address_type = "IP4";
  std::string address;  // as written: a literal, a host name, or multicast with /ttl
  std::uint32_t line = 0;
  bool operator==(const Connection&) const = default;
};

// a=name or a=name:value
struct Attribute {
  std::string name;
  std::string value;
  bool operator==(const Attribute&) const = default;
};

// m= and what follows it
struct MediaDescription {
  std::string type;  // "audio", "video", ...
  std::uint16_t port = 0;
  std::string protocol;  // "RTP/AVP", ...
  std::vector<std::string> formats;
  std::optional<Connection> connection;
  std::vector<Attribute> attributes;
  std::uint32_t line = 0;
  bool operator==(const MediaDescription&) const = default;
};

struct SessionDescription {
  Origin origin;
  std::string session_name = "-";
  std::string timing = "0 0";  // t=, which an answer repeats (RFC 3264, 6)
  std::optional<Connection> connection;
  std::vector<Attribute> attributes;
  std::vector<MediaDescription> media;
  bool operator==(const SessionDescription&) const = default;
};

// The value of the first attribute of that name; null where there is none.
const std::string* find_attribute(const std::vector<Attribute>& attributes, std::string_view name);

// Reads lines ending in CRLF, or LF alone; the last may have no ending. A missing s= or t=, and lines in
// another order than the RFC's, are forgiven.
// Errors: the syntax faults.
base::Result<SessionDescription, SdpError> parse(std::string_view text);

// Writes it in the RFC's order with CRLF. Control characters inside a field become spaces, so that no
// field can add a line.
std::string write(const SessionDescription& description);

}  // namespace tutti::sdp
