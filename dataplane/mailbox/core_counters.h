// CoreCounters: what a core counts and anyone may read at any time.
#pragma once

#include "dataplane/base/counters.h"
#include "dataplane/base/drop_reason.h"

namespace tutti::mailbox {

// Thread: written by the core, read by any.
struct alignas(64) CoreCounters {
  base::Counter packets_received;  // RTP and RTCP, before any check
  base::Counter packets_sent;
  base::Counter bytes_received;
  base::Counter bytes_sent;
  base::DropCounters drops;

  base::Counter ticks;       // conference ticks done
  base::Counter late_ticks;  // whose last packet left more than 5 ms after it was due
  base::Counter frames_mixed;
  base::Counter frames_concealed;

  base::Gauge participants;   // attached
  base::Gauge conferences;    // open
  base::Gauge load_permille;  // of the last second: time in run_once over time passed
};

}  // namespace tutti::mailbox
