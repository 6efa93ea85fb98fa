#include "signaling/conference/statistics.h"

#include <algorithm>

namespace tutti::conference {

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

ParticipantInfo info_of(const Host& /*host*/, const Participant& participant) {
  ParticipantInfo info = participant.info();
  info.stay = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now() -
                                                                    info.joined_at);
  return info;
}

ConferenceStatistics statistics_of(const Host& host, const Conference& conference) {
  ConferenceStatistics statistics;
  statistics.state = conference.state();
  statistics.created_at = conference.info().created_at;
  statistics.duration =
      std::chrono::duration_cast<std::chrono::milliseconds>(host.now - conference.created_at());
  statistics.mixing = conference.settings().mixing;
  statistics.participants_total = conference.participants_total;
  statistics.participants_active = conference.present();
  statistics.talkers = conference.talkers.size();
  statistics.loudest = conference.active_speaker;
  return statistics;
}

}  // namespace tutti::conference
