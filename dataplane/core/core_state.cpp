#include "dataplane/core/core_state.h"

#include "dataplane/base/check.h"

namespace tutti::core {
namespace {

// A full turn's events: 2 a received packet, 1 a command, 1 a participant that times out or leaves; the
// parts of a turn look at the room before they begin, so this bounds a turn and not the events.
constexpr std::uint32_t kOutboxEvents = 4'096;

// 60 ms of delay and the packet that is being played, at 10 to 20 ms a packet, and the two that concealment
// would learn from, of which each has six of his own. Untouched blocks cost nothing.
constexpr std::uint32_t kShortPayloadsPerParticipant = 8 - stream::PayloadPool::kShelf;
// The same, at 30 ms a packet and more.
constexpr std::uint32_t kLongPayloadsPerParticipant = 4;
// A lone participant may fill its whole jitter buffer.
constexpr std::uint32_t kPayloadsReserve = 64;

// In the slots, whoever is in them.
stream::PayloadPool::Shelves shelves_of(Slab<Participant>& participants, SlotMarks* marks) {
  auto* const first = reinterpret_cast<std::byte*>(participants.at(0));
  return {.count = participants.capacity(),
          .first = first + offsetof(Participant, shelf),
          .stride = sizeof(Participant),
          .taken = &marks->shelf_taken,
          .taken_stride = sizeof(SlotMarks)};
}

}  // namespace

CoreState::CoreState(const CoreOptions& core_options, net::PacketPort& packet_port,
                     mailbox::Mailbox& core_mailbox)
    : options(core_options),
      port(packet_port),
      mailbox(core_mailbox),
      outbox(core_mailbox, kOutboxEvents),
      reports(core_options.capacity.participants),
      participants(core_options.capacity.participants),
      reserves(core_options.capacity.participants, base::Pages::kPlain),
      links_of_members(new SlotLinks[core_options.capacity.participants]),
      marks(std::make_unique<SlotMarks[]>(core_options.capacity.participants)),
      conferences(core_options.capacity.conferences),
      links_of_conferences(std::make_unique<SlotLinks[]>(core_options.capacity.conferences)),
      conference_present(std::make_unique<bool[]>(core_options.capacity.conferences)),
      own_rings(
          core_options.rings != nullptr
              ? nullptr
              : std::make_unique<RingDirectory>(core_options.index + 1, core_options.capacity.conferences)),
      rings(core_options.rings != nullptr ? *core_options.rings : *own_rings),
      peers(rings, core_options.index, core_options.capacity.conferences, counters),
      coachings(rings, core_options.index, peers),
      payloads(core_options.capacity.participants * kShortPayloadsPerParticipant + kPayloadsReserve,
               core_options.capacity.participants * kLongPayloadsPerParticipant + kPayloadsReserve,
               shelves_of(participants, marks.get())),
      quiet(marks.get(), core_options.owed_ticks_max, core_options.capacity.conferences, payloads) {}

Participant* CoreState::find(const mailbox::ParticipantHandle& handle) TUTTI_REALTIME {
  if (handle.slot >= participants.capacity() || marks[handle.slot].presence == Presence::kNobody)
    return nullptr;
  Participant& participant = participants[handle.slot];
  return participant.handle == handle && !participant.leaving ? &participant : nullptr;
}

Conference* CoreState::find(const mailbox::ConferenceHandle& handle) TUTTI_REALTIME {
  if (handle.slot >= conferences.capacity() || !conference_present[handle.slot]) return nullptr;
  Conference& conference = conferences[handle.slot];
  return conference.handle == handle ? &conference : nullptr;
}

Participant* CoreState::find(net::EndpointId endpoint) TUTTI_REALTIME {
  const auto slot = static_cast<std::uint32_t>(endpoint);
  if (slot >= participants.capacity()) return nullptr;
  const Presence presence = marks[slot].presence;
  return presence == Presence::kNobody || presence == Presence::kDetaching ? nullptr : &participants[slot];
}

void CoreState::join(Conference& conference, std::uint32_t slot) TUTTI_REALTIME {
  conference.members.append(slot, member_links());
  ++members_in[conference.sub_slot];
  ++changes_in[conference.sub_slot];
}

void CoreState::leave(Conference& conference, std::uint32_t slot) TUTTI_REALTIME {
  conference.members.remove(slot, member_links());
  --members_in[conference.sub_slot];
  ++changes_in[conference.sub_slot];
}

void CoreState::detach(Participant& participant) TUTTI_REALTIME {
  if (Conference* const conference = conference_of(participant)) leave(*conference, participant.handle.slot);
  participant.conference = kNoSlot;
  marks[participant.handle.slot].presence = Presence::kDetaching;
  participant.inbound.detach(payloads);
  port.detach(endpoint_of(participant));
}

void CoreState::put_on_wheel(Conference& conference, std::uint32_t sub_slot) TUTTI_REALTIME {
  conference.sub_slot = static_cast<std::uint8_t>(sub_slot);
  sub_slots[sub_slot].append(conference.handle.slot, wheel_links());
  members_in[sub_slot] += conference.members.size();
  ++changes_in[sub_slot];
}

void CoreState::take_off_wheel(Conference& conference) TUTTI_REALTIME {
  const std::uint32_t sub_slot = conference.sub_slot;
  sub_slots[sub_slot].remove(conference.handle.slot, wheel_links());
  members_in[sub_slot] -= conference.members.size();
  ++changes_in[sub_slot];
}

std::uint32_t CoreState::least_crowded() const TUTTI_REALTIME {
  std::uint32_t least = 0;
  for (std::uint32_t i = 1; i < kSubSlots; ++i) {
    const bool fewer = members_in[i] != members_in[least] ? members_in[i] < members_in[least]
                                                          : sub_slots[i].size() < sub_slots[least].size();
    if (fewer) least = i;
  }
  return least;
}

void CoreState::expect_peer(const Participant& participant) TUTTI_REALTIME {
  const base::SocketAddress& rtp = *participant.send_to;
  if (rtp.reachable()) port.expect(endpoint_of(participant), net::Flow::kRtp, rtp);
  if (participant.media.rtcp_mux) return;
  const base::SocketAddress& rtcp = participant.rtcp_destination();
  if (rtcp.reachable()) port.expect(endpoint_of(participant), net::Flow::kRtcp, rtcp);
}

void CoreState::send_rtcp(Participant& participant, base::Instant now, bool bye) TUTTI_REALTIME {
  const base::SocketAddress& to = participant.rtcp_destination();
  std::span<std::byte> out;
  if (to.reachable()) out = port.reserve();
  // Written even where it cannot be sent: that sets the time of the next one.
  std::array<std::byte, RtcpSession::kReportBytesMax> nowhere;
  const bool sendable = out.size() >= nowhere.size();
  const std::size_t bytes =
      participant.rtcp.write_report({now, options.ntp_clock()}, participant.outbound, participant.inbound,
                                    bye, sendable ? out : std::span<std::byte>(nowhere));
  if (sendable) send(participant, participant.media.rtcp_mux ? net::Flow::kRtp : net::Flow::kRtcp, to, bytes);
}

}  // namespace tutti::core
