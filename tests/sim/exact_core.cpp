#include "tests/sim/exact_core.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "dataplane/base/check.h"
#include "dataplane/base/realtime.h"
#include "dataplane/net/packet_port.h"
#include "dataplane/rtp/rtp_packet.h"

namespace tutti::sim {

// Brings a packet of everyone with the first turn of each tick; keeps what is sent in the turn.
class ExactCore::Port final : public net::PacketPort {
 public:
  Port(std::uint32_t index, std::uint32_t endpoints, const Voices& voices)
      : index_(index), voices_(voices), slots_(endpoints) {
    sent.reserve(endpoints);
  }

  void arrive(base::Instant now) {
    now_ = now;
    const auto tick = static_cast<std::uint64_t>(now.time_since_epoch() / base::kTick);
    if (tick != tick_) next_ = 0;
    tick_ = tick;
    sent.clear();
  }

  bool attach(net::EndpointId id, const base::EndpointHandles&) TUTTI_REALTIME override {
    slot(id).attached = true;
    slot(id).first_tick = slot(id).last_tick = UINT64_MAX;
    ++generation_;
    slot(id).ssrc = generation_ * 64 + index_;
    return true;
  }
  void detach(net::EndpointId id) TUTTI_REALTIME override {
    slot(id).attached = false;
    slot(id).leaving = true;
    slot(id).last_tick = tick_;
  }
  std::optional<net::EndpointId> next_detached() TUTTI_REALTIME override {
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
      if (!slots_[i].leaving) continue;
      slots_[i].leaving = false;
      return net::EndpointId{i};
    }
    return std::nullopt;
  }
  void connect(net::EndpointId, net::Flow, const base::SocketAddress&) TUTTI_REALTIME override {}
  void disconnect(net::EndpointId, net::Flow) TUTTI_REALTIME override {}

  std::span<const net::ReceivedPacket> receive() TUTTI_REALTIME override {
    std::size_t count = 0;
    for (; next_ < slots_.size() && count < kReceiveBatch; ++next_) {
      Slot& slot = slots_[next_];
      if (!slot.attached) continue;
      slot.first_tick = std::min(slot.first_tick, tick_);
      rtp::RtpHeader header;
      header.sequence_number = rtp::SequenceNumber(static_cast<std::uint16_t>(tick_));
      header.timestamp = rtp::RtpTimestamp(static_cast<std::uint32_t>(tick_ * base::kFrameSamples));
      header.ssrc = rtp::Ssrc{slot.ssrc};
      rtp::write_rtp_header(slot.datagram, header);
      std::memcpy(slot.datagram.data() + rtp::kRtpHeaderBytes,
                  voices_.payload(Voices::of(index_, next_, tick_)).data(), base::kFrameSamples);
      batch_[count++] = {net::EndpointId{next_}, net::Flow::kRtp, {}, now_, slot.datagram};
    }
    return std::span(batch_).first(count);
  }

  std::span<std::byte> reserve() TUTTI_REALTIME override { return out_; }
  void send(net::EndpointId id, net::Flow flow, const base::SocketAddress&,
            std::size_t bytes) TUTTI_REALTIME override {
    if (flow != net::Flow::kRtp) return;
    CHECK(bytes >= rtp::kRtpHeaderBytes);
    keep(id, std::span(out_).first(bytes).subspan(rtp::kRtpHeaderBytes));
  }
  using PacketPort::send;
  bool send(net::EndpointId id, net::Flow flow, const base::SocketAddress&, std::span<const std::byte> head,
            std::span<const std::byte> payload) TUTTI_REALTIME override {
    CHECK(flow == net::Flow::kRtp && head.size() == rtp::kRtpHeaderBytes);
    keep(id, payload);
    return true;
  }
  void flush() TUTTI_REALTIME override {}
  void wait_until(base::Instant) override {}
  const Counters& counters() const TUTTI_REALTIME override { return counters_; }

  // Whether its voice is in the share of that tick, once the turn is over.
  bool speaks(std::uint32_t slot, std::uint64_t tick) const {
    return slots_[slot].attached && slots_[slot].first_tick <= tick;
  }
  // The same of its last tick: who was heard before, as all were who leave, is let go of with it.
  bool fades(std::uint32_t slot, std::uint64_t tick) const { return slots_[slot].last_tick == tick; }
  std::uint32_t endpoints() const { return static_cast<std::uint32_t>(slots_.size()); }
  std::vector<ExactTick::Heard> sent;

 private:
  struct Slot {
    bool attached = false;
    bool leaving = false;
    std::uint32_t ssrc = 0;
    std::uint64_t first_tick = UINT64_MAX;
    std::uint64_t last_tick = UINT64_MAX;
    std::array<std::byte, rtp::kRtpHeaderBytes + base::kFrameSamples> datagram;
  };
  Slot& slot(net::EndpointId id) { return slots_[static_cast<std::uint32_t>(id)]; }
  void keep(net::EndpointId id, std::span<const std::byte> payload) TUTTI_REALTIME {
    CHECK(payload.size() == base::kFrameSamples && sent.size() < sent.capacity());
    auto& heard = sent.emplace_back();
    heard.slot = static_cast<std::uint32_t>(id);
    std::memcpy(heard.payload.data(), payload.data(), base::kFrameSamples);
  }

  const std::uint32_t index_;
  const Voices& voices_;
  std::vector<Slot> slots_;
  std::array<net::ReceivedPacket, kReceiveBatch> batch_;
  std::array<std::byte, net::kPayloadBytesMax> out_;
  base::Instant now_;
  std::uint64_t tick_ = UINT64_MAX;
  std::uint32_t next_ = UINT32_MAX;
  std::uint32_t generation_ = 0;
  Counters counters_;
};

ExactCore::ExactCore(std::uint32_t index, core::RingDirectory& rings, mailbox::CoreCapacity capacity,
                     const Voices& voices, const std::vector<std::uint32_t>& phases,
                     std::uint32_t first_number)
    : index_(index),
      rings_(rings),
      voices_(voices),
      first_number_(first_number),
      ticked_(phases.size(), mixer::MixRing::kNone),
      mailbox_(2 * capacity.participants + 8'192),
      port_(std::make_unique<Port>(index, capacity.participants, voices)) {
  core::CoreOptions options;
  options.index = index;
  options.rings = &rings;
  options.capacity = capacity;
  options.jitter_delay = base::Duration::zero();
  options.gate.threshold = 1;
  core_ = std::make_unique<core::MediaCore>(options, *port_, mailbox_);
  // A core spreads its conferences over the sub-slots while nobody is there, the first ones first.
  std::uint32_t slot = 0;
  for (const std::uint32_t phase : phases) {
    while (slot % core::kSubSlots != phase) post(mailbox::OpenConference{{slot++, 1 + index}});
    const std::uint32_t number = first_number + static_cast<std::uint32_t>(shares_.size());
    shares_.push_back({slot++, 1 + index});
    post(mailbox::OpenConference{shares_.back(), 0, number});
    rings.attach_reader(index, shares_.back().slot);  // run() looks at each tick
  }
}

ExactCore::~ExactCore() = default;

void ExactCore::post(const mailbox::CoreCommand& command) {
  CHECK(mailbox_.post(command));
}

void ExactCore::hear(std::uint32_t number, const ExactCore& other, std::uint32_t other_number) {
  post(mailbox::LinkShare{share(number), other_number, other.index(), other.share(other_number)});
}

void ExactCore::join(std::uint32_t slot) {
  mailbox::AttachParticipant attach;
  attach.participant = {slot, 1};
  attach.conference = shares_[slot % shares_.size()];
  attach.media.remote_rtp = attach.media.remote_rtcp = *base::parse_address_and_port("192.0.2.1:4000");
  attach.media.codecs[0] = {rtp::PayloadType{0}, codec::CodecId::kPcmu};
  attach.media.codec_count = 1;
  attach.ssrc = rtp::Ssrc{1'000'000 + slot};
  post(attach);
}

void ExactCore::leave(std::uint32_t slot) {
  post(mailbox::DetachParticipant{{slot, 1}});
}

const std::vector<ExactTick>& ExactCore::run(base::Instant now) {
  port_->arrive(now);
  {
    const base::RealtimeSection turn;
    core_->run_once(now);
  }
  freed_.clear();
  std::array<mailbox::CoreEvent, 64> events;
  while (const std::size_t count = mailbox_.drain(events)) {
    for (const auto& event : std::span(events).first(count)) {
      const auto* const left = std::get_if<mailbox::ParticipantDetached>(&event);
      if (left != nullptr) freed_.push_back(left->participant.slot);
    }
  }
  ticks_.clear();
  for (std::uint32_t i = 0; i < shares_.size(); ++i) {
    const mixer::MixRing* ring = rings_.find(index_, shares_[i].slot);
    if (ring == nullptr || ring->latest() == ticked_[i]) continue;
    ticked_[i] = ring->latest();
    ticks_.push_back(look_at(i, *ring));
  }
  std::stable_sort(ticks_.begin(), ticks_.end(), [](const ExactTick& a, const ExactTick& b) {
    return std::tie(a.tick, a.phase) < std::tie(b.tick, b.phase);
  });
  return ticks_;
}

// What it has just sent; none of its shares ticks twice in a turn.
ExactTick ExactCore::look_at(std::uint32_t share, const mixer::MixRing& ring) const {
  ExactTick last;
  mixer::MixPart part;
  last.number = first_number_ + share;
  last.tick = ring.latest();
  base::SumFrame published;
  CHECK(ring.read(last.tick, part, published) == mixer::MixRead::kWhole);
  if (part.contributors == 0) published = {};
  last.phase = part.phase;
  last.share = tracked_ ? base::SumFrame{} : published;
  for (auto slot = share; tracked_ && slot < port_->endpoints(); slot += shares()) {
    const bool fades = port_->fades(slot, last.tick);
    if (!fades && !port_->speaks(slot, last.tick)) continue;
    const base::Frame& frame = voices_.frame(Voices::of(index_, slot, last.tick));
    constexpr auto kSamples = static_cast<std::int32_t>(base::kFrameSamples);
    for (std::int32_t i = 0; i < kSamples; ++i) {
      const std::int32_t sample = frame.samples[static_cast<std::size_t>(i)];
      last.share.samples[static_cast<std::size_t>(i)] +=
          fades ? sample * (2 * (kSamples - i) - 1) / (2 * kSamples) : sample;
    }
  }
  for (const auto& sent : port_->sent) {
    if (sent.slot % shares() != share) continue;
    auto& heard = last.heard.emplace_back(sent);
    if (port_->speaks(heard.slot, last.tick)) heard.own = Voices::of(index_, heard.slot, last.tick);
  }
  return last;
}

base::SumFrame ExactMix::mix(const std::set<std::uint32_t>& linked, const ExactTick& tick,
                             const std::vector<Shares>& shares, const std::vector<std::uint32_t>& phases) {
  constexpr std::int64_t kSamples = base::kFrameSamples;
  base::SumFrame mix = tick.share;
  // share / (2 x 160) of each sample, the line of dsp::fade.
  const auto add = [&](const base::SumFrame& sum, auto line, bool backwards) {
    for (std::int64_t i = 0; i < kSamples; ++i) {
      const std::int64_t sample = sum.samples[static_cast<std::size_t>(backwards ? kSamples - 1 - i : i)];
      mix.samples[static_cast<std::size_t>(i)] +=
          static_cast<std::int32_t>(sample * line(i) / (2 * kSamples));
    }
  };
  const auto whole = [](std::int64_t) { return 2 * kSamples; };
  const auto rising = [](std::int64_t i) { return 2 * i + 1; };
  const auto falling = [](std::int64_t i) { return 2 * (kSamples - i) - 1; };
  for (const std::uint32_t number : linked) {
    if (shares[number].empty()) continue;
    Peer& peer = peers_[number];
    if (!peer.begun) {
      // At least two of the tick's eight parts behind.
      while (tick.phase + 8 * peer.lag < phases[number] + 2) ++peer.lag;
    }
    const auto found = shares[number].find(tick.tick - peer.lag);
    if (found != shares[number].end()) {
      const bool fade_in = !peer.heard || found->first != peer.last + 1;
      if (fade_in) {
        add(found->second, rising, false);
      } else {
        add(found->second, whole, false);
      }
      peer.begun = peer.heard = true;
      peer.last = found->first;
    } else if (peer.begun) {
      ++missed_;
      if (peer.heard) add(shares[number].at(peer.last), falling, true);
      peer.heard = false;
      if (tick.tick - peer.lag > shares[number].rbegin()->first && peer.lag < 3) ++peer.lag;
    }
  }
  return mix;
}

std::size_t wrong_packets(const ExactTick& tick, const base::SumFrame& mix, const Voices& voices) {
  static const base::Frame kNothing{};
  std::size_t wrong = 0;
  for (const auto& heard : tick.heard) {
    const base::Frame& own = heard.own ? voices.frame(*heard.own) : kNothing;
    base::SumFrame expected = mix;
    for (std::size_t i = 0; i < base::kFrameSamples; ++i) expected.samples[i] -= own.samples[i];
    if (test_support::encoded(expected) != heard.payload) ++wrong;
  }
  return wrong;
}

}  // namespace tutti::sim
