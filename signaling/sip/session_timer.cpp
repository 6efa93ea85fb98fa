#include "signaling/sip/session_timer.h"

#include <algorithm>

namespace tutti::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLongest{86400};  // whatever they ask for, a dead call is found within a day

}  // namespace

milliseconds SessionAgreement::refresh_after() const {
  return milliseconds(interval) / 2;
}

milliseconds SessionAgreement::expires_after() const {
  const milliseconds whole(interval);
  return whole - std::min(milliseconds(seconds(32)), whole / 3);
}

base::Result<SessionAgreement, IntervalTooSmall> answer_session_timer(const SessionTimerConfig& config,
                                                                      const SessionTimerHeaders& request,
                                                                      bool we_refreshed) {
  if (request.expires && *request.expires < config.min_se && request.supported) {
    return base::unexpected(IntervalTooSmall{});
  }
  seconds interval = config.session_expires;
  if (request.expires) interval = std::min(interval, *request.expires);  // we may lower it, never raise it
  interval = std::max(interval, request.min_se.value_or(seconds(0)));
  interval = std::clamp(interval, config.min_se, std::max(kLongest, config.min_se));

  bool we_refresh = we_refreshed;
  if (!request.supported || request.refresher == Refresher::kUas) we_refresh = true;
  if (request.supported && request.refresher == Refresher::kUac) we_refresh = false;
  return SessionAgreement{interval, we_refresh};
}

SessionAgreement conclude_session_timer(seconds asked, const SessionTimerHeaders& response) {
  if (!response.expires) return {asked, true};
  return {std::clamp(*response.expires, seconds(1), kLongest), response.refresher != Refresher::kUas};
}

std::string session_expires_header(const SessionAgreement& agreement, bool we_are_uac) {
  return std::to_string(agreement.interval.count()) +
         (agreement.we_refresh == we_are_uac ? ";refresher=uac" : ";refresher=uas");
}

}  // namespace tutti::sip
