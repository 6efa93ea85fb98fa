// CoreState: everything one media core owns, taken at start; its turn's parts work on it in order.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "dataplane/base/clock.h"
#include "dataplane/base/prefetch.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "dataplane/core/coachings.h"
#include "dataplane/core/conference.h"
#include "dataplane/core/core_options.h"
#include "dataplane/core/outbox.h"
#include "dataplane/core/participant.h"
#include "dataplane/core/peer_mixes.h"
#include "dataplane/core/quiet_streams.h"
#include "dataplane/core/ring_directory.h"
#include "dataplane/core/slab.h"
#include "dataplane/core/slot_marks.h"
#include "dataplane/core/tick_wheel.h"
#include "dataplane/core/tones.h"
#include "dataplane/mailbox/core_counters.h"
#include "dataplane/mailbox/mailbox.h"
#include "dataplane/mailbox/participant_report.h"
#include "dataplane/net/packet_port.h"
#include "dataplane/stream/payload_pool.h"

namespace tutti::core {

// Thread: the core; counters are read by anyone.
struct CoreState {
  CoreState(const CoreOptions& options, net::PacketPort& port, mailbox::Mailbox& mailbox);

  // None where the slot is empty or being left, or has another tenant by now.
  Participant* find(const mailbox::ParticipantHandle& handle) TUTTI_REALTIME;
  Conference* find(const mailbox::ConferenceHandle& handle) TUTTI_REALTIME;
  // Where it is; none while it is between two.
  Conference* conference_of(const Participant& participant) TUTTI_REALTIME {
    return participant.conference == kNoSlot ? nullptr : &conferences[participant.conference];
  }
  // Whose packets an endpoint brings; none while its slot is empty or waits for the network.
  Participant* find(net::EndpointId endpoint) TUTTI_REALTIME;

  // What decides about its presence has changed, or it is new.
  void settle_presence(const Participant& participant) TUTTI_REALTIME {
    const bool takes_rtp = participant.may_receive && !participant.rtcp_mux;
    marks[participant.handle.slot].presence = takes_rtp ? Presence::kTakesRtp : Presence::kPresent;
  }

  // The list links of a member of a conference, and of a conference on the wheel.
  auto member_links() TUTTI_REALTIME {
    return [this](std::uint32_t slot) -> SlotLinks& { return links_of_members[slot]; };
  }
  auto wheel_links() TUTTI_REALTIME {
    return [this](std::uint32_t slot) -> SlotLinks& { return links_of_conferences[slot]; };
  }

  // A participant joins a conference or leaves it.
  void join(Conference& conference, std::uint32_t slot) TUTTI_REALTIME;
  void leave(Conference& conference, std::uint32_t slot) TUTTI_REALTIME;
  // It is in no conference any more, and its endpoint is let go of.
  void detach(Participant& participant) TUTTI_REALTIME;
  // From now on the conference ticks in that sub-slot; in none.
  void put_on_wheel(Conference& conference, std::uint32_t sub_slot) TUTTI_REALTIME;
  void take_off_wheel(Conference& conference) TUTTI_REALTIME;
  // The sub-slot with the fewest participants, and of such ones the fewest conferences.
  std::uint32_t least_crowded() const TUTTI_REALTIME;

  // The port shall learn the way to where the participant is sent to.
  void expect_peer(const Participant& participant) TUTTI_REALTIME;
  // Sends the first `bytes` of the buffer reserved last, if any were written, and counts them.
  void send(Participant& participant, net::Flow flow, const base::SocketAddress& to,
            std::size_t bytes) TUTTI_REALTIME;
  // Sends RTP in two pieces, and counts it; false where no buffer is free.
  bool send(Participant& participant, std::span<const std::byte> head,
            std::span<const std::byte> payload) TUTTI_REALTIME;
  // Sends a report, the last one with BYE; nothing where the peer's address is not known.
  void send_rtcp(Participant& participant, base::Instant now, bool bye) TUTTI_REALTIME;

  const CoreOptions options;
  base::Duration jitter_delay = options.jitter_delay;  // these two as signaling wants them now
  dsp::SpeechGateOptions gate = options.gate;
  net::PacketPort& port;
  mailbox::Mailbox& mailbox;
  Outbox outbox;
  mailbox::CoreCounters counters;
  mailbox::ParticipantReports reports;

  Slab<Participant> participants;
  Slab<ParticipantReserve> reserves;
  const std::unique_ptr<SlotLinks[]> links_of_members;  // dense: who comes next is known before it is fetched
  const std::unique_ptr<SlotMarks[]> marks;             // of participants
  Slab<Conference> conferences;
  const std::unique_ptr<SlotLinks[]> links_of_conferences;  // dense, too
  std::unique_ptr<bool[]> conference_present;
  const std::unique_ptr<RingDirectory> own_rings;  // of a core that is alone
  RingDirectory& rings;
  PeerMixes peers;
  Coachings coachings;
  Tones tones;

  TickWheel wheel;
  std::array<SlotList, kSubSlots> sub_slots;          // the conferences that tick in each
  std::array<std::uint32_t, kSubSlots> members_in{};  // their participants
  std::array<std::uint32_t, kSubSlots> changes_in{};  // how often one of either came or went; round
  stream::PayloadPool payloads;
  QuietStreams quiet;
};

inline net::EndpointId endpoint_of(const Participant& participant) TUTTI_REALTIME {
  return net::EndpointId{participant.handle.slot};
}

inline void CoreState::send(Participant& participant, net::Flow flow, const base::SocketAddress& to,
                            std::size_t bytes) TUTTI_REALTIME {
  if (bytes == 0) return;
  port.send(endpoint_of(participant), flow, to, bytes);
  counters.packets_sent.add();
  counters.bytes_sent.add(bytes);
}

inline bool CoreState::send(Participant& participant, std::span<const std::byte> head,
                            std::span<const std::byte> payload) TUTTI_REALTIME {
  if (!port.send(endpoint_of(participant), net::Flow::kRtp, *participant.send_to, head, payload))
    return false;
  counters.packets_sent.add();
  counters.bytes_sent.add(head.size() + payload.size());
  return true;
}

}  // namespace tutti::core
