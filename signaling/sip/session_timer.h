// Session timers: how long a session lives without a refresh, who refreshes it, and when (RFC 4028).
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "dataplane/base/result.h"

namespace tutti::sip {

// Source: RFC 4028, 4 and 5.
struct SessionTimerConfig {
  std::chrono::seconds session_expires{1800};
  std::chrono::seconds min_se{90};  // the RFC's least; lower only in tests
};

enum class Refresher { kUnsaid, kUac, kUas };

// What a request or a response says of it.
struct SessionTimerHeaders {
  bool supported = false;  // "timer" in Supported
  std::optional<std::chrono::seconds> expires;
  Refresher refresher = Refresher::kUnsaid;
  std::optional<std::chrono::seconds> min_se;
};

struct SessionAgreement {
  std::chrono::seconds interval{0};  // 0: this session does not expire
  bool we_refresh = false;

  bool operator==(const SessionAgreement&) const = default;
  // Half the interval. Source: RFC 4028, 10.
  std::chrono::milliseconds refresh_after() const;
  // A third of the interval, at most 32 s, before its end. Source: RFC 4028, 10.
  std::chrono::milliseconds expires_after() const;
};

struct IntervalTooSmall {};  // answer 422 with our Min-SE

// As UAS. `we_refreshed`: the role so far, kept when the request leaves it open. Source: RFC 4028, 9.
base::Result<SessionAgreement, IntervalTooSmall> answer_session_timer(const SessionTimerConfig& config,
                                                                      const SessionTimerHeaders& request,
                                                                      bool we_refreshed);
// As UAC, from the 2xx to a request that asked for `asked`: as much as any Min-SE told so far. A peer that
// knows nothing of session timers is refreshed by us: a call that is gone answers 481 or not at all. Source:
// RFC 4028, 7.2.
SessionAgreement conclude_session_timer(std::chrono::seconds asked, const SessionTimerHeaders& response);

// "1800;refresher=uas"; `we_are_uac` in the transaction that carries it.
std::string session_expires_header(const SessionAgreement& agreement, bool we_are_uac);

}  // namespace tutti::sip
