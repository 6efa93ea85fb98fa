// RandomStart: what RFC 3550 wants unguessable about a new stream, and other things of chance, from the
// kernel's generator.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "dataplane/rtp/types.h"

namespace tutti::conference {

// Source: RFC 3550, 5.1 and 8.1; RFC 7022, 4.2 (96 random bits in base64).
struct RandomStart {
  rtp::Ssrc ssrc{};
  rtp::SequenceNumber sequence_number;
  rtp::RtpTimestamp timestamp;
  std::array<char, 16> cname{};
};

RandomStart draw_random_start();

// For o=; 31 bits, since some clients read it as a signed int.
std::uint64_t draw_session_id();

// "conf_" and a UUIDv4. Source: RFC 9562, 5.4.
std::string draw_conference_id();

}  // namespace tutti::conference
