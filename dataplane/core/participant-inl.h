// What every tick asks of a participant, inline. Part of participant.h.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dataplane/base/prefetch.h"
#include "dataplane/core/participant.h"

namespace tutti::core {

inline bool Participant::steady() const TUTTI_REALTIME {
  constexpr std::array<bool, 8> kSteady{true, true, true, true, true, true, false, false};
  std::uint64_t eight;
  std::memcpy(&eight, reinterpret_cast<const std::byte*>(this), sizeof eight);
  return eight == std::bit_cast<std::uint64_t>(kSteady);
}

inline void Participant::prefetch() const TUTTI_REALTIME {
  base::prefetch(this);
  base::prefetch(&outbound);
  inbound.prefetch();
}

inline void Participant::prefetch_outbound() const TUTTI_REALTIME {
  base::prefetch(this);
  base::prefetch(&outbound);
}

inline void Participant::prefetch_seldom() const TUTTI_REALTIME {
  const auto* const end = reinterpret_cast<const std::byte*>(&rtcp + 1);
  for (const auto* at = reinterpret_cast<const std::byte*>(&other_sign_of_life); at < end; at += 64)
    base::prefetch(at);
  inbound.prefetch_totals();
}

}  // namespace tutti::core
