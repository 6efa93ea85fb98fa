#include "dataplane/rtp/rtcp_interval.h"

#include <algorithm>

namespace tutti::rtp {

base::Duration rtcp_interval(const RtcpLoad& load, std::uint32_t random) TUTTI_REALTIME {
  constexpr double kMinimumS = 5.0;
  constexpr double kSenderShare = 0.25;
  // Reconsidering timers comes out short by this factor. Source: RFC 3550, 6.3.1: e - 3/2.
  constexpr double kCompensation = 2.718281828459045 - 1.5;

  double bandwidth = load.bandwidth_bytes_s;
  double members = load.members;
  if (load.senders <= load.members * kSenderShare) {
    // Few senders share a quarter of the bandwidth, the others the rest.
    bandwidth *= load.we_sent ? kSenderShare : 1 - kSenderShare;
    members = load.we_sent ? load.senders : load.members - load.senders;
  }
  double interval_s = bandwidth > 0 ? load.average_bytes * members / bandwidth : 0;
  interval_s = std::clamp(interval_s, load.initial ? kMinimumS / 2 : kMinimumS, 3'600.0);
  const double factor = 0.5 + random / 4'294'967'296.0;  // 2^32
  return base::Duration(static_cast<std::int64_t>(interval_s * factor / kCompensation * 1e9));
}

}  // namespace tutti::rtp
