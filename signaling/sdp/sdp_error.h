// SdpError: why a description was not understood, or understood and not acceptable.
#pragma once

#include <cstdint>
#include <string_view>

namespace tutti::sdp {

enum class SdpFault : std::uint8_t {
  // Not a description: 400.
  kTooLarge,           // a body, line or count beyond the limits of session_description.h
  kMalformed,          // a line is not of its type's form
  kUnknownLine,        // a type letter RFC 8866 does not have; section 5 forbids to guess
  kMissingLine,        // no v=0 at the start, or no o=
  kStreamsDoNotMatch,  // an answer whose m= lines are not those of its offer
  // A description of something else: 488.
  kNoAudio,                // no m=audio at all
  kStreamRefused,          // m=audio with port 0
  kTransportNotSupported,  // not RTP/AVP or RTP/AVPF
  kNoConnection,           // no c= for the stream
  kAddressNotSupported,    // c= is a host name, multicast, or not IN
  kNoCommonCodec,
};

struct SdpError {
  SdpFault what = SdpFault::kMalformed;
  std::uint32_t line = 0;  // counted from 1; 0 where no single line is at fault
  bool operator==(const SdpError&) const = default;
};

// One sentence for people; fits a SIP Warning.
std::string_view to_string(SdpFault fault);

// Whether the body is no SDP at all (SIP 400), rather than SDP for a session we cannot have (SIP 488).
bool is_syntax(SdpFault fault);

// The warn-code that a 488 carries. Source: RFC 3261, section 20.43.
std::uint16_t warn_code(SdpFault fault);

}  // namespace tutti::sdp
