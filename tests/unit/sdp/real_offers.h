// Offers as real clients send them, and what each must become.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "signaling/sdp/negotiation.h"

namespace tutti::sdp {

struct RealOffer {
  std::string_view name;
  std::string_view text;
  std::size_t streams;
  std::size_t stream;
  std::vector<CodecChoice> codecs;
  std::optional<std::uint8_t> telephone_event;
  std::uint8_t ptime_ms;
  Direction direction;
  std::string_view rtp;
  std::string_view rtcp;
  bool rtcp_mux;
};

const std::vector<RealOffer>& real_offers();

}  // namespace tutti::sdp
