// When the next RTCP report is due, randomised so that many calls do not report at once.
//
// Source: RFC 3550, sections 6.2, 6.3.1 and A.7.
#pragma once

#include <cstdint>

#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"

namespace tutti::rtp {

struct RtcpLoad {
  std::uint32_t members = 2;  // a conference is a set of two-party sessions with its focus
  std::uint32_t senders = 2;
  bool we_sent = true;                    // RTP since the second last report
  std::uint32_t bandwidth_bytes_s = 400;  // RTCP's 5 % of a 64 kbit/s session
  std::uint32_t average_bytes = 128;      // of a compound packet with its UDP and IP headers
  bool initial = false;                   // nothing was sent yet: half the minimum
};

// Between 0.5 and 1.5 times the calculated interval (5 s at least), over e - 3/2.
// `random` is uniform over all 32 bits.
base::Duration rtcp_interval(const RtcpLoad& load, std::uint32_t random) TUTTI_REALTIME;

}  // namespace tutti::rtp
