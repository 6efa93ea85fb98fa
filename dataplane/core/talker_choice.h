// TalkerChoice: who is in the mix of a tick: all who speak, or the loudest of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/core/participant.h"
#include "dataplane/mailbox/handles.h"
#include "mixer/mix_ring.h"

namespace tutti::core {

// Thread: the core.
class TalkerChoice {
 public:
  // Room for the members of the largest conference.
  explicit TalkerChoice(std::uint32_t members_max) : loudness_(new std::uint32_t[members_max + kRivalsMax]) {}

  // Looks at one member's stream, once a tick and before choose(): is it speaking, how loudly?
  static void listen(Participant& participant, const dsp::SpeechGateOptions& gate) TUTTI_REALTIME {
    const std::uint16_t said = participant.peak_ahead();
    // A soft voice that is raised opens the gate, too; one that is turned down still opens it as it comes, so
    // that no word is cut.
    const std::uint16_t peak = std::max(said, participant.gain_in.of_peak(said));
    // Who is put on hold in the middle of a sound is heard once more, as it fades out.
    participant.speaking =
        participant.gate.update(peak, gate) && (participant.may_receive || participant.in_mix);
    participant.note_peak(said);
  }

  // Begins to choose at most `max_talkers` of those who are offered, who are in the share of that number.
  // Between shares that hold equally loud ones the choice is that of the lower number.
  void begin(std::uint32_t max_talkers, std::uint32_t share) TUTTI_REALTIME;
  void offer(const Participant& participant) TUTTI_REALTIME;
  // The weights of the loudest that were offered, the greatest first; returns how many.
  std::uint32_t loudest(std::span<std::uint16_t> weights) TUTTI_REALTIME;
  // One of another share's, who takes a place here if loud enough.
  void offer_rival(std::uint16_t weight, std::uint32_t share) TUTTI_REALTIME;
  // After the last offer.
  void choose() TUTTI_REALTIME;
  // Whether one who was offered is chosen. To be asked once for each, in the order of the offers.
  bool chosen(const Participant& participant) TUTTI_REALTIME;

 private:
  // One who is in the mix stays there against others up to 6 dB louder, so that two do not take turns.
  static std::uint16_t weight(const Participant& participant) TUTTI_REALTIME;
  // Orders voices of all shares: by weight, then by share.
  static std::uint32_t rank(std::uint16_t weight, std::uint32_t share) TUTTI_REALTIME {
    return weight * mailbox::kSharesMax + (mailbox::kSharesMax - 1 - share);
  }

  static constexpr std::uint32_t kRivalsMax = mailbox::kSharesMax * mixer::MixPart::kLoudest;

  const std::unique_ptr<std::uint32_t[]> loudness_;  // ranks
  std::uint32_t share_ = 0;
  std::uint32_t offered_ = 0;
  std::uint32_t max_talkers_ = 0;
  std::uint32_t least_ = 0;          // the rank that is just enough
  std::uint32_t left_at_least_ = 0;  // of those with just this rank, so many are still let in
};

}  // namespace tutti::core
