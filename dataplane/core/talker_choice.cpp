#include "dataplane/core/talker_choice.h"

#include <algorithm>
#include <functional>

namespace tutti::core {

void TalkerChoice::begin(std::uint32_t max_talkers, std::uint32_t share) TUTTI_REALTIME {
  share_ = share;
  offered_ = 0;
  max_talkers_ = max_talkers;
  least_ = 0;
  left_at_least_ = UINT32_MAX;
}

std::uint16_t TalkerChoice::weight(const Participant& participant) TUTTI_REALTIME {
  const int loudness = participant.in_mix ? 2 * participant.loudness : participant.loudness;
  return static_cast<std::uint16_t>(std::min<int>(loudness, UINT16_MAX));
}

void TalkerChoice::offer(const Participant& participant) TUTTI_REALTIME {
  if (max_talkers_ != 0) loudness_[offered_] = rank(weight(participant), share_);
  ++offered_;
}

std::uint32_t TalkerChoice::loudest(std::span<std::uint16_t> weights) TUTTI_REALTIME {
  const auto count = std::min(offered_, static_cast<std::uint32_t>(weights.size()));
  std::uint32_t* const begin = loudness_.get();
  std::partial_sort(begin, begin + count, begin + offered_, std::greater<>());
  for (std::uint32_t i = 0; i < count; ++i) {
    weights[i] = static_cast<std::uint16_t>(begin[i] / mailbox::kSharesMax);
  }
  return count;
}

void TalkerChoice::offer_rival(std::uint16_t weight, std::uint32_t share) TUTTI_REALTIME {
  loudness_[offered_++] = rank(weight, share);
}

void TalkerChoice::choose() TUTTI_REALTIME {
  if (max_talkers_ == 0 || offered_ <= max_talkers_) return;
  std::uint32_t* const begin = loudness_.get();
  std::uint32_t* const nth = begin + (max_talkers_ - 1);
  // Linear on average, and in place.
  std::nth_element(begin, nth, begin + offered_, std::greater<>());
  least_ = *nth;
  const auto louder = std::count_if(begin, nth, [this](std::uint32_t r) { return r > least_; });
  left_at_least_ = max_talkers_ - static_cast<std::uint32_t>(louder);
}

bool TalkerChoice::chosen(const Participant& participant) TUTTI_REALTIME {
  const std::uint32_t own = rank(weight(participant), share_);
  if (own > least_) return true;
  if (own < least_ || left_at_least_ == 0) return false;
  --left_at_least_;
  return true;
}

}  // namespace tutti::core
