#include "tests/sim/simulated_host.h"

#include <array>

#include "dataplane/base/check.h"
#include "dataplane/base/realtime.h"

namespace tutti::sim {
namespace {

const base::SocketAddress kServer = *base::parse_ip("10.9.0.1");

}  // namespace

// The callers' sockets hold what comes until a test looks: 4 096 packets are 80 s of 20 ms.
SimulatedHost::SimulatedHost(const SimulatedHostConfig& config)
    : network_({.seed = config.seed, .socket_queue = 4'096}),
      endpoints_(network_.endpoint_factory(), {{kServer}, 16'384, 32'767}),
      rings_(config.cores, config.capacity.conferences) {
  for (std::uint32_t i = 0; i < config.cores; ++i) {
    Core& core = cores_.emplace_back(config.mailbox_capacity);
    core.port = network_.make_port({.endpoints = config.capacity.participants});
    core::CoreOptions options;
    options.index = i;
    options.rings = &rings_;
    options.capacity = config.capacity;
    options.jitter_delay = config.jitter_delay;
    options.follow_talkers = config.follow_talkers;
    options.owed_ticks_max = config.owed_ticks_max;
    core.core = std::make_unique<core::MediaCore>(options, *core.port, core.mailbox);
    // The highest first, so that slots are handed out from zero on.
    for (auto slot = config.capacity.participants; slot > 0; --slot)
      core.free_participants.push_back(slot - 1);
    for (auto slot = config.capacity.conferences; slot > 0; --slot) core.free_conferences.push_back(slot - 1);
    core.endpoints.resize(config.capacity.participants);
  }
}

void SimulatedHost::post(std::uint32_t core, const mailbox::CoreCommand& command) {
  CHECK(cores_[core].mailbox.post(command));
}

ConferenceKey SimulatedHost::take_conference(std::uint32_t core) {
  auto& free = cores_[core].free_conferences;
  CHECK(!free.empty());
  const ConferenceKey key{core, {free.back(), ++generation_}, 0};
  free.pop_back();
  return key;
}

ConferenceKey SimulatedHost::open_conference(std::uint32_t core, std::uint32_t max_talkers,
                                             std::uint32_t number) {
  ConferenceKey key = take_conference(core);
  key.number = number;
  post(core, mailbox::OpenConference{key.handle, max_talkers, number});
  return key;
}

void SimulatedHost::close_conference(const ConferenceKey& conference) {
  post(conference.core, mailbox::CloseConference{conference.handle});
}

void SimulatedHost::link(const ConferenceKey& a, const ConferenceKey& b) {
  post(a.core, mailbox::LinkShare{a.handle, b.number, b.core, b.handle});
  post(b.core, mailbox::LinkShare{b.handle, a.number, a.core, a.handle});
}

void SimulatedHost::unlink(const ConferenceKey& a, const ConferenceKey& b) {
  post(a.core, mailbox::UnlinkShare{a.handle, b.number});
  post(b.core, mailbox::UnlinkShare{b.handle, a.number});
}

std::vector<ConferenceKey> SimulatedHost::open_shares(std::uint32_t count, std::uint32_t cores,
                                                      std::uint32_t max_talkers) {
  std::vector<ConferenceKey> shares;
  for (std::uint32_t number = 0; number < count; ++number) {
    const ConferenceKey share = open_conference(number % cores, max_talkers, number);
    for (const ConferenceKey& other : shares) link(other, share);
    shares.push_back(share);
  }
  return shares;
}

ParticipantKey SimulatedHost::join(const ConferenceKey& conference, mailbox::MediaParameters media,
                                   mailbox::MixControls mix) {
  Core& core = cores_[conference.core];
  CHECK(!core.free_participants.empty());
  const auto endpoint = endpoints_.open(!media.rtcp_mux);
  CHECK(endpoint.has_value());
  const ParticipantKey key{conference.core, {core.free_participants.back(), ++generation_}, *endpoint};
  core.free_participants.pop_back();
  core.endpoints[key.handle.slot] = *endpoint;

  mailbox::AttachParticipant attach;
  attach.participant = key.handle;
  attach.conference = conference.handle;
  attach.endpoint = endpoint->handles;
  attach.media = media;
  attach.mix = mix;
  // Both numbers wrap within a second or two of every test.
  attach.ssrc = rtp::Ssrc{0x5EED'0000U + generation_};
  attach.first_sequence_number = rtp::SequenceNumber(static_cast<std::uint16_t>(0xFFE0 + generation_ % 16));
  attach.first_timestamp = rtp::RtpTimestamp(0xFFFF'F000U + generation_);
  attach.cname = {'t', 'e', 's', 't'};
  post(conference.core, attach);
  return key;
}

void SimulatedHost::update(const ParticipantKey& participant, const mailbox::MediaParameters& media) {
  post(participant.core, mailbox::UpdateMedia{participant.handle, media});
}

void SimulatedHost::update(const ParticipantKey& participant, mailbox::MixControls mix) {
  post(participant.core, mailbox::UpdateMix{participant.handle, mix});
}

void SimulatedHost::leave(const ParticipantKey& participant) {
  post(participant.core, mailbox::DetachParticipant{participant.handle});
}

mailbox::MediaParameters SimulatedHost::media_for(const base::SocketAddress& remote_rtp) {
  mailbox::MediaParameters media;
  media.remote_rtp = remote_rtp;
  media.remote_rtcp = remote_rtp.with_port(static_cast<std::uint16_t>(remote_rtp.port + 1));
  media.codecs = {mailbox::CodecMapping{rtp::PayloadType{0}, codec::CodecId::kPcmu},
                  mailbox::CodecMapping{rtp::PayloadType{8}, codec::CodecId::kPcma}};
  media.codec_count = 2;
  media.telephone_event = rtp::PayloadType{101};
  return media;
}

void SimulatedHost::run_cores() {
  for (Core& core : cores_) {
    if (core.stopped || network_.now() < core.due) continue;
    {
      const base::RealtimeSection turn;
      core.due = core.core->run_once(network_.now());
    }
    std::array<mailbox::CoreEvent, 64> events;
    while (const std::size_t count = core.mailbox.drain(events)) {
      for (std::size_t i = 0; i < count; ++i) take(core, events[i]);
    }
  }
}

void SimulatedHost::take(Core& core, const mailbox::CoreEvent& event) {
  events_.push_back(event);
  if (const auto* left = std::get_if<mailbox::ParticipantDetached>(&event)) {
    const std::uint32_t slot = left->participant.slot;
    endpoints_.close(*core.endpoints[slot]);
    core.endpoints[slot].reset();
    core.free_participants.push_back(slot);
  } else if (const auto* closed = std::get_if<mailbox::ConferenceClosed>(&event)) {
    core.free_conferences.push_back(closed->conference.slot);
  }
}

std::int64_t SimulatedHost::streams() const {
  std::int64_t streams = 0;
  for (const Core& core : cores_) streams += core.core->counters().participants.value();
  return streams;
}

}  // namespace tutti::sim
