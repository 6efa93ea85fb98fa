// UringRequest: what a request carries through the kernel, so that its completion finds its flow.
#pragma once

#include <cstdint>

#include "dataplane/base/realtime.h"

namespace tutti::net {

struct UringRequest {
  enum class Kind : std::uint8_t { kReceive, kCancel, kSend, kPoll };

  Kind kind = Kind::kReceive;
  std::uint32_t generation = 0;  // of the flow's receive request; of a poll: its buffer
  std::uint32_t flow = 0;        // index

  static constexpr std::uint32_t kFlowsMax = 1u << 30;

  constexpr std::uint64_t pack() const TUTTI_REALTIME {
    return std::uint64_t{static_cast<std::uint8_t>(kind)} << 62 | std::uint64_t{generation} << 30 | flow;
  }
  static constexpr UringRequest unpack(std::uint64_t packed) TUTTI_REALTIME {
    return {.kind = static_cast<Kind>(packed >> 62),
            .generation = static_cast<std::uint32_t>(packed >> 30),
            .flow = static_cast<std::uint32_t>(packed) & (kFlowsMax - 1)};
  }
};

}  // namespace tutti::net
