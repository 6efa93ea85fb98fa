#include "dataplane/core/reception.h"

#include <algorithm>

#include "dataplane/core/arrival_prefetch.h"
#include "dataplane/net/rate_limit.h"
#include "dataplane/rtp/rtp_packet.h"

namespace tutti::core {

void Reception::run() TUTTI_REALTIME {
  // Two events at most come of a packet: a source that is latched and a digit.
  constexpr std::uint32_t kEventsPerBatch = 2 * net::PacketPort::kReceiveBatch;
  for (int batch = 0; batch < kBatches; ++batch) {
    // What cannot be told is left in the network until it can.
    if (state_.outbox.room() < kEventsPerBatch) return;
    const auto packets = state_.port.receive();
    if (packets.empty()) return;
    const auto next = [packets](std::size_t at) TUTTI_REALTIME {
      const std::size_t begin = std::min(at, packets.size());
      return packets.subspan(begin, std::min(kArrivalsTogether, packets.size() - begin));
    };
    prefetch_marks(state_, next(0));
    prefetch_marks(state_, next(kArrivalsTogether));
    prefetch_for_arrival(state_, next(0));
    std::uint64_t bytes = 0;
    for (std::size_t at = 0; at < packets.size(); at += kArrivalsTogether) {
      prefetch_marks(state_, next(at + 2 * kArrivalsTogether));
      prefetch_for_arrival(state_, next(at + kArrivalsTogether));
      for (const net::ReceivedPacket& packet : next(at)) {
        bytes += packet.payload.size();
        receive(packet);
      }
    }
    state_.counters.packets_received.add(packets.size());
    state_.counters.bytes_received.add(bytes);
    reporting_.flush();
  }
}

void Reception::receive(const net::ReceivedPacket& packet) TUTTI_REALTIME {
  const auto slot = static_cast<std::uint32_t>(packet.endpoint);
  if (packet.flow == net::Flow::kRtp && slot < state_.participants.capacity() &&
      state_.marks[slot].presence == Presence::kTakesRtp) {
    return receive_rtp(state_.participants[slot], packet, true);
  }
  Participant* participant = state_.find(packet.endpoint);
  if (participant == nullptr) {
    state_.counters.drops.add(base::DropReason::kUnknownEndpoint);
    return;
  }
  const bool muxed = participant->rtcp_mux && packet.flow == net::Flow::kRtp;
  if (packet.flow == net::Flow::kRtcp || (muxed && rtp::is_rtcp(packet.payload))) {
    receive_rtcp(*participant, packet);
  } else {
    receive_rtp(*participant, packet, participant->may_receive);
  }
}

void Reception::receive_rtp(Participant& participant, const net::ReceivedPacket& packet,
                            bool may) TUTTI_REALTIME {
  const auto slot = static_cast<std::uint32_t>(packet.endpoint);
  if (!participant.rtp_latch.admits(packet.source, packet.arrival))
    return drop(participant, base::DropReason::kStranger);
  const auto rtp = rtp::parse_rtp(packet.payload);
  if (!rtp) return drop(participant, rtp.error());
  if (!may) return drop(participant, base::DropReason::kWrongDirection);

  if (state_.quiet.may_owe(slot)) state_.quiet.make_up(participant);
  const auto receipt = participant.inbound.receive(*rtp, packet.arrival, state_.payloads, slot);
  if (!receipt) {
    // The stream counts its own; a refused packet of the peer is still a sign of life.
    state_.counters.drops.add(receipt.refused_for);
    state_.reports.count_drop(participant.handle, receipt.refused_for);
    if (participant.inbound.source() == rtp->header.ssrc) participant.other_sign_of_life = packet.arrival;
    // In a long pause nothing else may come of it.
    if (receipt.of_source && packet.source.valid()) follow(participant, packet);
    return;
  }
  state_.quiet.arrived(slot, participant, receipt.peak, state_.gate);
  reporting_.note_packet(participant, slot, packet.arrival);
  if (packet.source.valid()) follow(participant, packet);
  if (receipt.digit != 0) tell_digit(participant, receipt.digit, packet.arrival);
}

// No more than anybody presses: each is an event that a whole room's followers are told of.
void Reception::tell_digit(Participant& participant, char digit, base::Instant arrival) TUTTI_REALTIME {
  if (!net::try_take(participant.digits_told_until, kDigitEvery, kDigitsAtOnce * kDigitEvery, arrival)) {
    return state_.counters.drops.add(base::DropReason::kRateLimited);
  }
  state_.outbox.put(mailbox::DigitReceived{participant.handle, digit});
}

// Whose source the network does not filter, or not yet.
void Reception::follow(Participant& participant, const net::ReceivedPacket& packet) TUTTI_REALTIME {
  const auto heard = participant.rtp_latch.heard(packet.source);
  if (heard == SourceLatch::Heard::kKnown) return;
  participant.look_after_at = base::Instant::min();
  state_.port.connect(packet.endpoint, net::Flow::kRtp, packet.source);
  if (heard != SourceLatch::Heard::kNewSource) return;
  participant.rtcp_latch.open();
  participant.configure_outbound();
  state_.outbox.put(mailbox::SourceLatched{participant.handle, packet.source});
}

void Reception::receive_rtcp(Participant& participant, const net::ReceivedPacket& packet) TUTTI_REALTIME {
  const bool own_port = packet.flow == net::Flow::kRtcp;
  const bool admitted = own_port ? participant.admits_rtcp(packet.source, packet.arrival)
                                 : participant.rtp_latch.admits(packet.source, packet.arrival);
  if (!admitted) return drop(participant, base::DropReason::kStranger);
  const auto report = participant.rtcp.receive(packet.payload, {packet.arrival, state_.options.ntp_clock()},
                                               participant.outbound.ssrc(), participant.inbound);
  if (!report) return drop(participant, report.error());
  if (report->round_trip) state_.reports.write_round_trip(participant.handle, *report->round_trip);
  if (report->alive) {
    participant.other_sign_of_life = packet.arrival;
    if (own_port) participant.rtcp_latch.heard(packet.source);
  }
  if (report->bye && !participant.bye_told) {
    participant.bye_told = true;
    state_.outbox.put(mailbox::RemoteBye{participant.handle});
  }
}

void Reception::drop(Participant& participant, base::DropReason reason) TUTTI_REALTIME {
  ++participant.dropped;
  state_.reports.count_drop(participant.handle, reason);
  state_.counters.drops.add(reason);
}

}  // namespace tutti::core
