#include "signaling/sdp/sdp_error.h"

namespace tutti::sdp {

std::string_view to_string(SdpFault fault) {
  switch (fault) {
    case SdpFault::kTooLarge:
      return "The session description is too large";
    case SdpFault::kMalformed:
      return "A line of the session description is malformed";
    case SdpFault::kUnknownLine:
      return "The session description has a line of an unknown type";
    case SdpFault::kMissingLine:
      return "The session description lacks its v= or o= line";
    case SdpFault::kStreamsDoNotMatch:
      return "The answer has other streams than the offer";
    case SdpFault::kNoAudio:
      return "The session has no audio";
    case SdpFault::kStreamRefused:
      return "The audio stream has port 0";
    case SdpFault::kTransportNotSupported:
      return "Only RTP/AVP and RTP/AVPF are supported";
    case SdpFault::kNoConnection:
      return "The audio stream has no c= line";
    case SdpFault::kAddressNotSupported:
      return "The address of the audio stream is not supported";
    case SdpFault::kNoCommonCodec:
      return "No codec of the audio stream is supported";
  }
  return "The session description is not acceptable";
}

bool is_syntax(SdpFault fault) {
  return fault <= SdpFault::kStreamsDoNotMatch;
}

std::uint16_t warn_code(SdpFault fault) {
  switch (fault) {
    case SdpFault::kNoAudio:
    case SdpFault::kStreamRefused:
      return 304;  // media type not available
    case SdpFault::kTransportNotSupported:
      return 302;  // incompatible transport protocol
    case SdpFault::kAddressNotSupported:
      return 301;  // incompatible network address formats
    case SdpFault::kNoCommonCodec:
      return 305;  // incompatible media format
    case SdpFault::kNoConnection:
      return 307;  // session description parameter not understood
    default:
      return 399;
  }
}

}  // namespace tutti::sdp
