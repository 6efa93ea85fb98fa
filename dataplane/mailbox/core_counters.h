// CoreCounters: what a core counts and anyone may read at any time.
#pragma once

#include "dataplane/base/counters.h"
#include "dataplane/base/drop_reason.h"
#include "dataplane/base/histogram.h"

namespace tutti::mailbox {

// Thread: written by the core, read by any.
struct alignas(64) CoreCounters {
  base::Counter packets_received;  // RTP and RTCP, before any check
  base::Counter packets_sent;
  base::Counter bytes_received;
  base::Counter bytes_sent;
  base::DropCounters drops;

  base::Counter ticks;        // conference ticks done, or left out
  base::Counter late_ticks;   // whose last packet left more than 5 ms after it was due, or never
  base::Counter ticks_moved;  // conferences that went to another sub-slot, after their talkers
  base::Counter frames_mixed;
  base::Counter frames_concealed;
  // Of other shares of its conferences. Missed: not there in time, as that share's core is late or stands
  // still, or too many voices to be added.
  base::Counter peer_ticks_mixed;
  base::Counter peer_ticks_missed;

  base::Gauge participants;   // attached
  base::Gauge conferences;    // open
  base::Gauge load_permille;  // of the last second: time in run_once over time passed
  // What 99 of 100 ticks of the last 5 to 10 s used of their budget; what is left to 1 000 is the
  // headroom.
  base::Gauge used_p99_permille;

  // The deadline histograms, in microseconds. The first is of work, the second of moments: a core that others
  // kept from its CPU is late and has not worked.
  base::Histogram tick_time_us;  // the work of a whole tick, of 20 000
  base::Histogram lateness_us;   // from when a sub-slot was due until its last packet left; late above 5 000
};

}  // namespace tutti::mailbox
