// copy_pieces: puts a packet's header and its payload where they leave from.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>

#include "dataplane/base/realtime.h"

namespace tutti::net {

// Shapes: `to` has room for both.
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
