#include "dataplane/core/reporting.h"

#include <algorithm>
#include <bit>

#include "mixer/dsp/level.h"

namespace tutti::core {
namespace {

// A sixteenth of what is new each time: 16 x 8 packets.
std::uint16_t smoothed_loss(std::uint16_t before, std::uint32_t received, std::uint32_t lost) TUTTI_REALTIME {
  if (lost == 0 && before == 0) return 0;
  // Nothing came since: a batch of packets may tell of a stream twice.
  if (received == 0 && lost == 0) return before;
  const auto share = static_cast<std::int32_t>(std::uint64_t{lost} * 65'535 / (received + lost));
  const std::int32_t more = share - before;
  return static_cast<std::uint16_t>(before + (more < 0 ? more - 15 : more) / 16);  // down to nothing, too
}

// Of a sine with that peak: 3.01 - 20 log10(peak / 32 767), with log2 of the mantissa by a parabola that is
// 0.06 dB off at most: the library's would be a third of a report.
std::uint8_t level_of_peak(std::uint16_t peak) TUTTI_REALTIME {
  if (peak == 0) return dsp::kSilent;
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(peak));
  const auto exponent = static_cast<float>(static_cast<std::int32_t>(bits >> 23) - 127);
  const auto mantissa = std::bit_cast<float>((bits & 0x7F'FFFFU) | 0x3F80'0000U);  // 1 to 2
  const float log2 = exponent + (-0.33582878f * mantissa + 2.0f) * mantissa - 1.65871022f;
  constexpr float kDbPerOctave = 6.0206f;
  constexpr float kFullScale = 93.3193f;  // 20 log10(32 767) + 3.01
  const float level = kFullScale - kDbPerOctave * log2 + 0.5f;
  return level < 0.0f ? std::uint8_t{0} : static_cast<std::uint8_t>(level);
}

}  // namespace

void Reporting::report_voice(Participant& participant, base::Instant now) TUTTI_REALTIME {
  if (participant.talking) {
    participant.quiet_reports =
        participant.talks() ? std::uint8_t{0} : static_cast<std::uint8_t>(participant.quiet_reports + 1);
    if (participant.quiet_reports >= kQuietReports && room()) end_talk(participant);
  }
  constexpr int kSamplesPerMs = base::kMixRateHz / 1'000;
  state_.reports.write_voice(
      participant.handle,
      {.at = now,
       .packets_sent = participant.outbound.packets_sent(),
       .buffer_delay_ms = static_cast<std::uint16_t>(participant.inbound.buffer_delay() / kSamplesPerMs),
       .level_dbov = level_of_peak(participant.loudness),
       .talking = participant.talking,
       .gate_open = participant.speaking,
       .may_talk = !participant.kept_out,
       .among_loudest = participant.among_loudest,
       .in_mix = participant.in_mix});
}

void Reporting::report_stream(Participant& participant, base::Instant arrival) TUTTI_REALTIME {
  const auto totals = participant.inbound.totals();
  const auto received = static_cast<std::uint32_t>(totals.packets_received);
  const auto lost = static_cast<std::uint32_t>(totals.packets_lost);
  // A loss may be taken back by a packet that came late.
  participant.recent_loss =
      smoothed_loss(participant.recent_loss, received - participant.reported_received,
                    lost > participant.reported_lost ? lost - participant.reported_lost : 0);
  participant.reported_received = received;
  participant.reported_lost = lost;
  constexpr std::uint32_t kUsPerSample = 1'000'000 / base::kMixRateHz;
  state_.reports.write_stream(participant.handle,
                              {.packets_received = received,
                               .packets_lost = lost,
                               .frames_concealed = static_cast<std::uint32_t>(totals.frames_concealed),
                               .jitter_us = participant.inbound.jitter() * kUsPerSample,
                               .recent_loss_x65536 = participant.recent_loss},
                              arrival);
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
