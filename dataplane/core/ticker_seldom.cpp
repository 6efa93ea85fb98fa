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
void Ticker::look_after(Participant& participant, base::Instant due) TUTTI_REALTIME {
  // Not as of `due`: the wall clock of a sender report is read now, and both its times are of one instant.
  if (participant.rtcp.due(due)) state_.send_rtcp(participant, now(), false);
  const base::Instant last = participant.inbound.last_arrival();
  if (participant.rtp_latch.reopen(last, due)) {
    state_.port.disconnect(endpoint_of(participant), net::Flow::kRtp);
  }
  if (!participant.silent_too_long(due)) {
    participant.timeout_told = false;
  } else if (!participant.timeout_told && state_.outbox.room() > 0) {
    participant.timeout_told = true;
    state_.outbox.put(mailbox::MediaTimedOut{participant.handle});
  }
  // Who is heard again is seen before he can have been silent for so long a second time.
  const base::Instant silence = participant.timeout_told
                                    ? due + std::chrono::seconds(participant.media.silence_timeout_s)
                                    : participant.silent_too_long_at();
  participant.look_after_at =
      std::min({participant.rtcp.next_report(), participant.rtp_latch.reopens_at(last), silence});
}

}  // namespace tutti::core
