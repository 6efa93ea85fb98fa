// ExactCore: a media core whose callers' samples are known, so that what it sends can be held bit by bit
// against an integer sum. No jitter: a packet that comes with a tick is played in it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "dataplane/core/media_core.h"
#include "dataplane/core/ring_directory.h"
#include "dataplane/core/tick_wheel.h"
#include "dataplane/mailbox/mailbox.h"
#include "tests/support/voices.h"

namespace tutti::sim {

using test_support::Voices;

// One tick of one share of the conference, as it left the core.
struct ExactTick {
  struct Heard {
    std::uint32_t slot = 0;
    std::optional<std::size_t> own;  // the voice that is its own; none before its first packet
    Voices::Payload payload;
  };
  std::uint32_t number = 0;  // the share's
  std::uint64_t tick = 0;
  std::uint32_t phase = 0;
  base::SumFrame share;  // by the reference: the sum of its own voices, of which those who leave fade out
  std::vector<Heard> heard;
};

// Thread: one at a time.
class ExactCore {
 public:
  // A share of the conference in each of these sub-slots, which may be the same; the first has this number,
  // the next the next one. The participant in slot i is in the i-th share, counted round.
  ExactCore(std::uint32_t index, core::RingDirectory& rings, mailbox::CoreCapacity capacity,
            const Voices& voices, const std::vector<std::uint32_t>& phases, std::uint32_t first_number);
  ~ExactCore();

  // How many conference slots hold it, and those that only hold the sub-slots before its phases.
  static std::uint32_t slots_for(const std::vector<std::uint32_t>& phases) {
    return static_cast<std::uint32_t>(phases.size()) * core::kSubSlots;
  }

  std::uint32_t index() const { return index_; }
  std::uint32_t first_number() const { return first_number_; }
  std::uint32_t shares() const { return static_cast<std::uint32_t>(shares_.size()); }
  mailbox::ConferenceHandle share(std::uint32_t number) const { return shares_[number - first_number_]; }
  void post(const mailbox::CoreCommand& command);
  // One of its shares hears another one, here or elsewhere.
  void hear(std::uint32_t number, const ExactCore& other, std::uint32_t other_number);
  void join(std::uint32_t slot);
  void leave(std::uint32_t slot);

  // One turn. Returns the shares that ticked in it, in the order of their moments; valid until the next.
  const std::vector<ExactTick>& run(base::Instant now);
  // Whose slots came free in it.
  const std::vector<std::uint32_t>& freed() const { return freed_; }
  // From now on a share is what the core itself published: its callers' packets were lost in a stop.
  void lose_track() { tracked_ = false; }

  const mailbox::CoreCounters& counters() const { return core_->counters(); }
  mailbox::Mailbox& mailbox() { return mailbox_; }

 private:
  class Port;

  ExactTick look_at(std::uint32_t share, const mixer::MixRing& ring) const;

  const std::uint32_t index_;
  const core::RingDirectory& rings_;
  const Voices& voices_;
  const std::uint32_t first_number_;
  std::vector<mailbox::ConferenceHandle> shares_;
  std::vector<std::uint64_t> ticked_;  // the last tick of each
  mailbox::Mailbox mailbox_;
  std::unique_ptr<Port> port_;
  std::unique_ptr<core::MediaCore> core_;
  std::vector<ExactTick> ticks_;
  std::vector<std::uint32_t> freed_;
  bool tracked_ = true;
};

// The reference's view of one listening share on all others: which of their ticks it must have mixed.
// Written from the rules in core/peer_mixes.h, for runs too short for a lag to be given back.
class ExactMix {
 public:
  // What each share published, in the order of time. Owned by the caller.
  using Shares = std::map<std::uint64_t, base::SumFrame>;  // by tick

  // The whole mix that a share's listeners hear in a tick, itself left in: its own share and those that it is
  // linked with. `shares` and `phases` by number.
  base::SumFrame mix(const std::set<std::uint32_t>& linked, const ExactTick& tick,
                     const std::vector<Shares>& shares, const std::vector<std::uint32_t>& phases);
  std::uint64_t missed() const { return missed_; }
  std::uint32_t lag(std::uint32_t peer) const { return peers_.at(peer).lag; }

 private:
  struct Peer {
    bool begun = false;
    bool heard = false;
    std::uint32_t lag = 0;
    std::uint64_t last = 0;
  };
  std::map<std::uint32_t, Peer> peers_;
  std::uint64_t missed_ = 0;
};

// How many of the packets are not exactly saturated (mix - own), encoded.
std::size_t wrong_packets(const ExactTick& tick, const base::SumFrame& mix, const Voices& voices);

}  // namespace tutti::sim
