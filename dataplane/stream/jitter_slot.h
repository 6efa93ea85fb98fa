// JitterSlot: one packet that waits in a JitterBuffer: where its payload is, when it is due, how loud it is.
#pragma once

#include <cstdint>

#include "dataplane/base/realtime.h"
#include "dataplane/rtp/types.h"
#include "dataplane/stream/payload_pool.h"

namespace tutti::stream {

// Eight bytes: what waits at 60 ms is in one line, or in two.
struct JitterSlot {
  std::uint32_t block : PayloadPool::kIndexBits;
  std::uint32_t samples : 10;
  std::uint16_t timestamp;  // its low half: nothing waits that is farther from what is played
  std::uint16_t codec : 1;
  std::uint16_t peak : 15;  // of 32 767

  bool operator==(const JitterSlot&) const = default;
  // By how much it is ahead of the next sample to be played; below zero where it is behind.
  std::int32_t lead(rtp::RtpTimestamp playout) const TUTTI_REALTIME {
    const auto next = static_cast<std::uint16_t>(playout.value());
    return static_cast<std::int16_t>(static_cast<std::uint16_t>(timestamp - next));
  }
};
static_assert(sizeof(JitterSlot) == 8 && PayloadPool::kLongBytes < 1 << 10);

}  // namespace tutti::stream
