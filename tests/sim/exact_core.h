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
#include "dataplane/mailbox/mailbox.h"

namespace tutti::sim {

// What may be said in a tick, in u-law and as samples: mostly soft, so that ten thousand at once rarely clip.
class Voices {
 public:
  static constexpr std::size_t kCount = 4'096;
  using Payload = std::array<std::byte, base::kFrameSamples>;

  explicit Voices(std::uint64_t seed);
  // Everyone says something else in every tick.
  static std::size_t of(std::uint32_t core, std::uint32_t slot, std::uint64_t tick);
  const Payload& payload(std::size_t voice) const { return payloads_[voice]; }
  const base::Frame& frame(std::size_t voice) const { return frames_[voice]; }

 private:
  std::vector<Payload> payloads_;
  std::vector<base::Frame> frames_;
};

// One tick of the conference, as it left the core.
struct ExactTick {
  struct Heard {
    std::uint32_t slot = 0;
    std::optional<std::size_t> own;  // the voice that is its own; none before its first packet
    Voices::Payload payload;
  };
  std::uint64_t tick = 0;
  std::uint32_t phase = 0;
  base::SumFrame share;  // by the reference: the sum of this core's own voices
  std::vector<Heard> heard;
};

// Thread: one at a time.
class ExactCore {
 public:
  ExactCore(std::uint32_t index, core::RingDirectory& rings, mailbox::CoreCapacity capacity,
            const Voices& voices, std::uint32_t phase);
  ~ExactCore();

  // The conference's share here; slot 0 is its own, those behind it only hold the sub-slots before its phase.
  mailbox::ConferenceHandle share() const { return share_; }
  void post(const mailbox::CoreCommand& command);
  void join(std::uint32_t slot);
  void leave(std::uint32_t slot);

  // One turn. Returns whether the conference ticked in it; last() then says what was sent.
  bool run(base::Instant now);
  const ExactTick& last() const { return last_; }
  // From now on the share is what the core itself published: its callers' packets were lost in a stop.
  void lose_track() { tracked_ = false; }

  const mailbox::CoreCounters& counters() const { return core_->counters(); }
  mailbox::Mailbox& mailbox() { return mailbox_; }

 private:
  class Port;

  const std::uint32_t index_;
  const core::RingDirectory& rings_;
  const Voices& voices_;
  mailbox::ConferenceHandle share_;
  mailbox::Mailbox mailbox_;
  std::unique_ptr<Port> port_;
  std::unique_ptr<core::MediaCore> core_;
  ExactTick last_;
  bool tracked_ = true;
};

// The reference's view of one listening core on all others: which of their ticks it must have mixed.
// Written from the rules in core/peer_mixes.h, for runs too short for a lag to be given back.
class ExactMix {
 public:
  // What each core published, in the order of time. Owned by the caller.
  using Shares = std::map<std::uint64_t, base::SumFrame>;  // by tick

  // The whole mix that a core's listeners hear in a tick, itself left in: its own share and those of the
  // cores that it is linked with. `shares` and `phases` by core.
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
