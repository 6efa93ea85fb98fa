#include "dataplane/core/reporting.h"

#include <algorithm>

#include "mixer/dsp/level.h"

namespace tutti::core {
namespace {

using mailbox::ReportedState;

// A sixteenth of what is new each time: 16 x 200 ms = 3.2 s.
std::uint16_t smoothed_loss(const ReportedState& last, std::uint32_t received,
                            std::uint32_t lost) TUTTI_REALTIME {
  // A loss may be taken back by a packet that came late.
  const std::uint32_t newly_lost = lost > last.packets_lost ? lost - last.packets_lost : 0;
  const std::uint32_t all = received - last.packets_received + newly_lost;
  if (all == 0 || (newly_lost == 0 && last.recent_loss_x65536 == 0)) return last.recent_loss_x65536;
  const auto share = static_cast<std::int32_t>(std::uint64_t{newly_lost} * 65'535 / all);
  const std::int32_t before = last.recent_loss_x65536;
  return static_cast<std::uint16_t>(before + (share - before) / 16);
}

// Of a sine with that peak.
std::uint8_t level_of_peak(std::uint16_t peak) TUTTI_REALTIME {
  return dsp::level_dbov(std::uint64_t{peak} * peak, 2);
}

}  // namespace

void Reporting::report(Participant& participant, base::Instant now) TUTTI_REALTIME {
  if (participant.talking) {
    participant.quiet_reports =
        participant.talks() ? std::uint8_t{0} : static_cast<std::uint8_t>(participant.quiet_reports + 1);
    if (participant.quiet_reports >= kQuietReports && room()) end_talk(participant);
  }

  const auto totals = participant.inbound.totals();
  const auto quality = participant.inbound.quality();
  ReportedState state = state_.reports.last(participant.handle);
  state.recent_loss_x65536 = smoothed_loss(state, static_cast<std::uint32_t>(totals.packets_received),
                                           static_cast<std::uint32_t>(totals.packets_lost));
  state.at = now;
  state.packets_received = static_cast<std::uint32_t>(totals.packets_received);
  state.packets_lost = static_cast<std::uint32_t>(totals.packets_lost);
  state.packets_sent = participant.outbound.packets_sent();
  state.frames_concealed = static_cast<std::uint32_t>(totals.frames_concealed);
  state.has_source = participant.inbound.source().has_value();
  if (state.has_source) {
    // A packet may have come since the tick was due.
    const auto since = std::max(now - participant.last_heard, base::Duration(0));
    state.ms_since_packet = static_cast<std::uint32_t>(since / std::chrono::milliseconds(1));
  }
  if (const auto time = participant.rtcp.round_trip()) {
    state.round_trip_us = static_cast<std::uint32_t>(*time / std::chrono::microseconds(1));
  }
  state.jitter_us = quality.jitter_us;
  state.buffer_delay_ms = quality.buffer_delay_ms;
  state.level_dbov = level_of_peak(participant.loudness);
  state.talking = participant.talking;
  state.gate_open = participant.speaking;
  state.may_talk = !participant.kept_out;
  state.among_loudest = participant.among_loudest;
  state.in_mix = participant.in_mix;
  state_.reports.write(participant.handle, state);
}

void Reporting::begin_to_talk(Participant& participant) TUTTI_REALTIME {
  if (room()) tell(participant, true);
}

void Reporting::end_talk(Participant& participant) TUTTI_REALTIME {
  if (participant.talking) tell(participant, false);
}

void Reporting::tell(Participant& participant, bool talking) TUTTI_REALTIME {
  participant.talking = talking;
  participant.quiet_reports = 0;
  state_.outbox.put(mailbox::TalkingChanged{participant.handle, talking});
}

}  // namespace tutti::core
