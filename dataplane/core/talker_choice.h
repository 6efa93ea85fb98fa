// TalkerChoice: who is in the mix of a tick: all who speak, or the loudest of them.
#pragma once

#include <cstdint>
#include <memory>

#include "dataplane/base/realtime.h"
#include "dataplane/core/participant.h"

namespace tutti::core {

// Thread: the core.
class TalkerChoice {
 public:
  // Room for the members of the largest conference.
  explicit TalkerChoice(std::uint32_t members_max) : loudness_(new std::uint16_t[members_max]) {}

  // Looks at one member's stream, once a tick and before choose(): is it speaking, how loudly?
  static void listen(Participant& participant, const dsp::SpeechGateOptions& gate) TUTTI_REALTIME;

  // Begins to choose at most `max_talkers` of those who are offered.
  void begin(std::uint32_t max_talkers) TUTTI_REALTIME;
  void offer(const Participant& participant) TUTTI_REALTIME;
  // After the last offer.
  void choose() TUTTI_REALTIME;
  // Whether one who was offered is chosen. To be asked once for each, in the order of the offers.
  bool chosen(const Participant& participant) TUTTI_REALTIME;

 private:
  // One who is in the mix stays there against others up to 6 dB louder, so that two do not take turns.
  static std::uint16_t weight(const Participant& participant) TUTTI_REALTIME;

  const std::unique_ptr<std::uint16_t[]> loudness_;
  std::uint32_t offered_ = 0;
  std::uint32_t max_talkers_ = 0;
  std::uint16_t least_ = 0;          // the weight that is just enough
  std::uint32_t left_at_least_ = 0;  // of those with just this weight, so many are still let in
};

}  // namespace tutti::core
