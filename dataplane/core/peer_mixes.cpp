#include "dataplane/core/peer_mixes.h"

#include <algorithm>
#include <bit>

#include "dataplane/base/check.h"
#include "mixer/dsp/fade.h"

namespace tutti::core {
namespace {

using mixer::MixRead;
using mixer::MixRing;

// After a stop a core does up to 3 ticks at once (Ticker::kPatience and the one that is due), and reads
// kLagMax behind: all still there.
static_assert(3 + PeerMixes::kLagMax < MixRing::kTicks);
static_assert(mailbox::kSharesMax <= 64);  // Conference::peers is one word

template <typename Each>
void for_each_peer(std::uint64_t peers, Each&& each) TUTTI_REALTIME {
  for (; peers != 0; peers &= peers - 1) each(static_cast<std::uint32_t>(std::countr_zero(peers)));
}

}  // namespace

std::uint32_t least_lag(std::uint32_t own_phase, std::uint32_t phase) TUTTI_REALTIME {
  std::uint32_t lag = 0;
  while (own_phase + lag * kSubSlots < phase + PeerMixes::kMarginSubSlots) ++lag;
  return lag;
}

PeerMixes::PeerMixes(RingDirectory& rings, std::uint32_t core, std::uint32_t conferences,
                     mailbox::CoreCounters& counters)
    : rings_(rings),
      core_(core),
      readers_(rings.readers(core)),
      counters_(counters),
      links_(conferences * mailbox::kSharesMax, base::Pages::kPlain) {}

void PeerMixes::close(Conference& conference) TUTTI_REALTIME {
  for_each_peer(conference.peers, [&](std::uint32_t peer) {
    if (linked(conference, peer)) unlink(conference, peer);
  });
  conference.peers = 0;
  const std::uint32_t slot = conference.handle.slot;
  if (rings_.find(core_, slot) != nullptr) rings_.open(core_, slot).pass_to(MixRing::kNobody);
}

void PeerMixes::link(Conference& conference, std::uint32_t peer, std::uint32_t core,
                     const mailbox::ConferenceHandle& share) TUTTI_REALTIME {
  CHECK(peer < mailbox::kSharesMax && peer != conference.number && !linked(conference, peer) &&
        core < rings_.cores());
  PeerLink& link = links_.make(conference.handle.slot * mailbox::kSharesMax + peer);
  link.core = core;
  link.share = share;
  rings_.attach_reader(core, share.slot);
  conference.peers |= std::uint64_t{1} << peer;
}

void PeerMixes::unlink(Conference& conference, std::uint32_t peer) TUTTI_REALTIME {
  CHECK(peer < mailbox::kSharesMax && linked(conference, peer));
  PeerLink& link = link_of(conference, peer);
  rings_.detach_reader(link.core, link.share.slot);
  link.ending = true;
}

void PeerMixes::compete(const Conference& conference, std::uint64_t tick,
                        TalkerChoice& choice) TUTTI_REALTIME {
  own_.loudest_count = choice.loudest(own_.loudest);
  for_each_peer(conference.peers, [&](std::uint32_t peer) {
    const PeerLink& link = link_of(conference, peer);
    if (link.ending) return;
    const MixRing* ring = rings_.find(link.core, link.share.slot);
    if (ring == nullptr || ring->latest() == MixRing::kNone || ring->latest() + kLagMax < tick) return;
    if (ring->read(ring->latest(), part_) != MixRead::kWhole || part_.tenant != link.share.generation) return;
    for (std::uint32_t i = 0; i < part_.loudest_count; ++i) choice.offer_rival(part_.loudest[i], peer);
  });
}

void PeerMixes::exchange(Conference& conference, const TickWheel::Turn& turn,
                         mixer::ConferenceMixer& mixer) TUTTI_REALTIME {
  publish(conference, turn, mixer);
  own_.loudest_count = 0;
  for_each_peer(conference.peers, [&](std::uint32_t peer) {
    PeerLink& link = link_of(conference, peer);
    if (!link.ending) return hear(link, turn, mixer);
    let_go(link, mixer);
    conference.peers &= ~(std::uint64_t{1} << peer);
  });
}

void PeerMixes::hear(PeerLink& link, const TickWheel::Turn& turn,
                     mixer::ConferenceMixer& mixer) TUTTI_REALTIME {
  const MixRing* ring = rings_.find(link.core, link.share.slot);
  if (ring != nullptr && (link.begun || begin(link, *ring, turn))) follow(link, *ring, turn, mixer);
}

void PeerMixes::let_go(PeerLink& link, mixer::ConferenceMixer& mixer) TUTTI_REALTIME {
  if (const MixRing* ring = rings_.find(link.core, link.share.slot)) fade_out(link, *ring, mixer);
}

void PeerMixes::publish(const Conference& conference, const TickWheel::Turn& turn,
                        mixer::ConferenceMixer& mixer) TUTTI_REALTIME {
  const std::uint32_t slot = conference.handle.slot;
  if (!readers_.any(slot)) return;
  own_.tenant = conference.handle.generation;
  own_.contributors = mixer.contributors();
  own_.phase = turn.sub_slot;
  MixRing& ring = rings_.open(core_, slot);
  if (ring.tenant() != own_.tenant) ring.pass_to(own_.tenant);
  ring.publish(turn.tick, own_, mixer.sum());
}

// Whether the peer has published by now, for as long as we shall stay behind it.
bool PeerMixes::begin(PeerLink& link, const MixRing& ring, const TickWheel::Turn& turn) TUTTI_REALTIME {
  const auto ours = [&](std::uint64_t tick) {
    return ring.read(tick, part_) == MixRead::kWhole && part_.tenant == link.share.generation;
  };
  if (ring.latest() == MixRing::kNone || !ours(ring.latest())) return false;
  const std::uint32_t lag = least_lag(turn.sub_slot, part_.phase);
  if (turn.tick < lag || !ours(turn.tick - lag)) return false;
  link.lag = static_cast<std::uint8_t>(lag);
  link.begun = true;
  return true;
}

void PeerMixes::follow(PeerLink& link, const MixRing& ring, const TickWheel::Turn& turn,
                       mixer::ConferenceMixer& mixer) TUTTI_REALTIME {
  std::uint64_t wanted = turn.tick - link.lag;
  MixRead read = ring.read(wanted, part_, sum_);
  // By the conference that we are a share of as well: the one before it is still to be heard.
  if (read == MixRead::kLeftOut && link.heard && wanted == link.last + 2)
    read = ring.read(--wanted, part_, sum_);
  if (read != MixRead::kWhole || part_.tenant != link.share.generation) {
    miss(link, ring, mixer);
    // It comes late: the same tick is wanted next.
    if (read == MixRead::kNotYet && link.lag < kLagMax) ++link.lag;
    return;
  }
  const bool fade_in = !link.heard || !follows(link, ring, wanted);
  link.last = wanted;
  link.heard = true;
  const bool spare = link.lag > least_lag(turn.sub_slot, part_.phase) && ring.latest() > wanted;
  link.spare = spare ? link.spare + 1 : 0;
  if (fade_in && part_.contributors != 0) dsp::fade(sum_.samples, dsp::Fade::kIn);
  if (link.spare >= kSpareTicks && !fade_in) shorten(link, ring);
  (try_add(mixer) ? counters_.peer_ticks_mixed : counters_.peer_ticks_missed).add();
}

// Whether nothing is between that tick and the one that was mixed last. One number alone is left out where a
// conference has drifted too far behind the wheel, and no sound with it; by a core that stood still, more.
bool PeerMixes::follows(const PeerLink& link, const MixRing& ring, std::uint64_t tick) TUTTI_REALTIME {
  if (tick == link.last + 1) return true;
  return tick == link.last + 2 && ring.read(link.last + 1, next_part_) == MixRead::kLeftOut;
}

// Two of the peer's ticks in the time of one, the first fading into the second.
void PeerMixes::shorten(PeerLink& link, const MixRing& ring) TUTTI_REALTIME {
  link.spare = 0;
  if (ring.read(link.last + 1, next_part_, next_sum_) != MixRead::kWhole) return;
  if (next_part_.tenant != link.share.generation) return;
  if (part_.contributors == 0) sum_.samples.fill(0);
  dsp::fade(sum_.samples, dsp::Fade::kOut);
  if (next_part_.contributors != 0) {
    dsp::fade(next_sum_.samples, dsp::Fade::kIn);
    for (std::size_t i = 0; i < sum_.samples.size(); ++i) sum_.samples[i] += next_sum_.samples[i];
  }
  part_.contributors = std::max(part_.contributors, next_part_.contributors);
  ++link.last;
  --link.lag;
}

void PeerMixes::miss(PeerLink& link, const MixRing& ring, mixer::ConferenceMixer& mixer) TUTTI_REALTIME {
  link.spare = 0;
  // A share that was closed is no loss; our unlinking is on its way.
  if (ring.tenant() == link.share.generation) counters_.peer_ticks_missed.add();
  fade_out(link, ring, mixer);
}

// What was heard last goes on backwards, from where it stopped, and fades out: no step, so no click.
void PeerMixes::fade_out(PeerLink& link, const MixRing& ring, mixer::ConferenceMixer& mixer) TUTTI_REALTIME {
  if (!link.heard) return;
  link.heard = false;
  if (ring.read(link.last, part_, sum_) != MixRead::kWhole || part_.contributors == 0) return;
  std::reverse(sum_.samples.begin(), sum_.samples.end());
  dsp::fade(sum_.samples, dsp::Fade::kOut);
  try_add(mixer);
}

// False where a sum cannot hold so many voices.
bool PeerMixes::try_add(mixer::ConferenceMixer& mixer) TUTTI_REALTIME {
  if (part_.contributors == 0) return true;
  if (part_.contributors > mixer::ConferenceMixer::kContributorsMax - mixer.contributors()) return false;
  mixer.add_sum(sum_, part_.contributors);
  return true;
}

}  // namespace tutti::core
