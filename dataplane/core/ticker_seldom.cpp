// What a Ticker does now and then: packets between two ticks, RTCP, whoever has fallen silent.
#include <algorithm>
#include <array>

#include "dataplane/core/ticker.h"

namespace tutti::core {

void Ticker::half_tick(Conference& conference) TUTTI_REALTIME {
  if (!conference.half_tick_due) return;
  conference.half_tick_due = false;
  const auto links = state_.member_links();
  for (auto slot = conference.members.first(); slot != kNoSlot; slot = links(slot).next) {
    Participant& participant = state_.participants[slot];
    if (!participant.outbound.half_tick_due()) continue;
    const std::size_t bytes = participant.outbound.half_tick(state_.port.reserve());
    state_.send(participant, net::Flow::kRtp, *participant.send_to, bytes);
  }
}

// What else is due now and then.
void Ticker::look_after(Participant& participant, base::Instant now) TUTTI_REALTIME {
  if (participant.rtcp.due(now)) state_.send_rtcp(participant, now, false);
  if (participant.rtp_latch.reopen(now)) state_.port.disconnect(endpoint_of(participant), net::Flow::kRtp);
  if (!participant.timeout_told && participant.silent_too_long(now) && state_.outbox.room() > 0) {
    participant.timeout_told = true;
    state_.outbox.put(mailbox::MediaTimedOut{participant.handle});
  }
  participant.look_after_at = std::min(participant.rtcp.next_report(), participant.rtp_latch.reopens_at());
  if (!participant.timeout_told) {
    participant.look_after_at = std::min(participant.look_after_at, participant.silent_too_long_at());
  }
}

}  // namespace tutti::core
