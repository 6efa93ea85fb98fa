// A packet's two pieces, its header and its payload, where they leave from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "dataplane/base/realtime.h"

namespace tutti::net {

// Where the payload of an RTP packet begins that is in a buffer, for what writes codewords.
inline std::uint8_t* behind_head(std::byte* buffer) TUTTI_REALTIME {
  constexpr std::size_t kRtpHead = 12;
  return reinterpret_cast<std::uint8_t*>(buffer) + kRtpHead;
}

// Puts them there. Shapes: `to` has room for both.
inline void copy_pieces(std::byte* to, std::span<const std::byte> head,
                        std::span<const std::byte> payload) TUTTI_REALTIME {
  // Of RTP nearly always: two moves instead of a call.
  constexpr std::size_t kRtpHead = 12;
  if (head.size() == kRtpHead) {
    std::memcpy(to, head.data(), kRtpHead);
  } else if (!head.empty()) {
    std::memcpy(to, head.data(), head.size());
  }
  // Of 20 ms of G.711, as a rule.
  constexpr std::size_t kFrame = 160;
  if (payload.size() == kFrame) {
    std::memcpy(to + head.size(), payload.data(), kFrame);
  } else if (!payload.empty()) {
    std::memcpy(to + head.size(), payload.data(), payload.size());
  }
}

}  // namespace tutti::net
