#include "signaling/conference/statistics.h"

#include <algorithm>

#include "dataplane/base/histogram.h"
#include "signaling/conference/hearing_query.h"
#include "signaling/conference/seating.h"

namespace tutti::conference {
namespace {

constexpr std::chrono::seconds kFresh{1};

// From mouth to ear as far as this side knows it: half the round trip, what the jitter buffer holds, a frame
// of 20 ms that is filled before it is sent, and half a tick's wait for the mix. What a hearer's network and
// phone add is theirs.
double delay_ms_of(const mailbox::ParticipantReport& report) {
  const bool known = report.round_trip_us != mailbox::ReportedState::kNever;
  return (known ? report.round_trip_us / 2'000.0 : 0.0) + report.buffer_delay_ms + 20.0 + 10.0;
}

mailbox::ParticipantTotals totals_of(const mailbox::ParticipantReport& report) {
  return {.packets_received = report.packets_received,
          .packets_sent = report.packets_sent,
          .packets_lost = report.packets_lost,
          .packets_dropped = report.packets_dropped(),
          .frames_concealed = report.frames_concealed};
}

// Since then. What is lost may turn up later, so that its count falls.
std::uint64_t count_since(std::uint64_t before, std::uint64_t now) {
  return now - std::min(now, before);
}

double loss_percent_of(const mailbox::ParticipantReport& report) {
  return report.recent_loss_x65536 * 100.0 / 65'536.0;
}

double mos_of(const mailbox::ParticipantReport& report) {
  return report.packets_received == 0 ? 0.0 : estimate_mos(loss_percent_of(report), delay_ms_of(report));
}

double mean_of(const base::Histogram& histogram) {
  std::uint64_t count = 0;
  for (std::size_t bucket = 0; bucket < base::LogBuckets::kCount; ++bucket) count += histogram.count(bucket);
  return count == 0 ? 0.0 : static_cast<double>(histogram.sum()) / static_cast<double>(count);
}

void add_ticks(ConferenceStatistics& statistics, const Host& host, const Conference& conference) {
  double ticks = conference.past_ticks;
  double late = conference.past_late_ticks;
  double work_us = 0;
  for (const auto& [number, seat] : conference.seats) {
    const SeatTicks of_seat = ticks_of(host, seat);
    ticks += of_seat.ticks;
    late += of_seat.late;
    work_us += mean_of(host.cores[seat.core]->counters().tick_time_us);
  }
  statistics.ticks = static_cast<std::uint64_t>(ticks);
  statistics.late_ticks = static_cast<std::uint64_t>(late);
  if (!conference.seats.empty())
    statistics.mixing_us = work_us / static_cast<double>(conference.seats.size());
}

}  // namespace

double estimate_mos(double loss_percent, double delay_ms) {
  // R = R0 - Id - Ie,eff with everything that is not measured at its default (ITU-T G.107, 7.7 and table 3):
  // R0 - Is = 93.2. The delay impairment Id is G.107's for an echo-free line in its usual two pieces
  // (Cole and Rosenbluth, 2001), and Ie,eff = Ie + (95 - Ie) Ppl / (Ppl + Bpl) for random loss, with Ie = 0
  // and Bpl = 25.1 of G.711 with concealment (ITU-T G.113, table I.4). MOS of R: ITU-T G.107, annex B.
  constexpr double kBpl = 25.1;
  const double loss = std::clamp(loss_percent, 0.0, 100.0);
  const double delay = std::max(delay_ms, 0.0);
  const double id = 0.024 * delay + 0.11 * std::max(delay - 177.3, 0.0);
  const double r = 93.2 - id - 95.0 * loss / (loss + kBpl);
  if (r <= 6.5) return 1.0;  // the cubic dips below 1 there
  return std::clamp(1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6, 1.0, 4.5);
}

std::optional<mailbox::ParticipantReport> report_of(const Host& host, const Participant& participant) {
  return host.cores[participant.identity().core]->reports().read(participant.identity().handle);
}

bool media_is_fresh(const Host& host, const std::optional<mailbox::ParticipantReport>& report) {
  if (!report || report->ms_since_packet == mailbox::ReportedState::kNever) return false;
  const base::Duration age = std::max<base::Duration>(host.now - report->at, base::Duration{0});
  return std::chrono::milliseconds(report->ms_since_packet) + age <= kFresh;
}

void set_packets(ParticipantInfo& info, const Participant& participant,
                 const mailbox::ParticipantTotals& of_call) {
  const mailbox::ParticipantTotals& before = participant.place().told_before;
  info.packets_received = count_since(before.packets_received, of_call.packets_received);
  info.packets_sent = count_since(before.packets_sent, of_call.packets_sent);
  info.packets_lost = count_since(before.packets_lost, of_call.packets_lost);
  info.packets_dropped = count_since(before.packets_dropped, of_call.packets_dropped);
}

ParticipantInfo info_of(const Host& host, const Participant& participant) {
  ParticipantInfo info = participant.info();
  info.stay = std::chrono::duration_cast<std::chrono::milliseconds>(host.now - participant.place().since);
  if (participant.coaches) {
    info.coachee = *host.coachings.at(participant.identity().id).ears.begin();
  }
  const auto report = report_of(host, participant);
  info.silence = silence_cause(host, participant, report);
  if (!report) return info;
  info.level_dbov = -int{report->level_dbov};
  set_packets(info, participant, totals_of(*report));
  info.loss_percent = loss_percent_of(*report);
  info.jitter_ms = report->jitter_us / 1'000.0;
  if (report->round_trip_us != mailbox::ReportedState::kNever) {
    info.round_trip_ms = report->round_trip_us / 1'000.0;
  }
  if (report->packets_received != 0) info.delay_ms = delay_ms_of(*report);
  info.mos = mos_of(*report);
  return info;
}

ConferenceStatistics statistics_of(const Host& host, const Conference& conference) {
  ConferenceStatistics statistics;
  statistics.state = conference.state();
  statistics.created_at = conference.created_wall();
  statistics.duration =
      std::chrono::duration_cast<std::chrono::milliseconds>(host.now - conference.created_at());
  statistics.mixing = conference.settings().mixing;
  statistics.participants_total = conference.participants_total;
  statistics.participants_active = conference.present();
  statistics.talkers = conference.talkers.size();
  add_ticks(statistics, host, conference);

  std::uint64_t received = conference.past_packets_received;
  std::uint64_t lost = conference.past_packets_lost;
  double jitter_ms = 0;
  double mos = 0;
  std::size_t heard_of = 0;
  std::uint8_t loudest = 127;
  for (const ParticipantId id : conference.participants()) {
    const Participant& participant = *host.roster.find(id);
    const auto report = participant.present() ? report_of(host, participant) : std::nullopt;
    if (!report) continue;
    const mailbox::ParticipantTotals& before = participant.place().told_before;
    received += count_since(before.packets_received, report->packets_received);
    lost += count_since(before.packets_lost, report->packets_lost);
    if (media_is_fresh(host, report)) ++statistics.participants_with_audio;
    if (participant.talking && report->level_dbov < loudest) {
      loudest = report->level_dbov;
      statistics.loudest = id;
    }
    if (report->packets_received == 0) continue;
    ++heard_of;
    jitter_ms += report->jitter_us / 1'000.0;
    mos += mos_of(*report);
  }
  if (received + lost > 0) {
    statistics.loss_percent = 100.0 * static_cast<double>(lost) / static_cast<double>(received + lost);
  }
  if (heard_of > 0) {
    statistics.jitter_ms = jitter_ms / static_cast<double>(heard_of);
    statistics.mos = mos / static_cast<double>(heard_of);
  }
  return statistics;
}

}  // namespace tutti::conference
