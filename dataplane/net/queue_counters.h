// QueueCounters: what a core's pair of queues of a card has done, beyond what every PacketPort counts.
#pragma once

#include "dataplane/base/counters.h"
#include "dataplane/base/histogram.h"

namespace tutti::net {

// Thread: the core writes, any reads.
struct QueueCounters {
  base::Counter polls;            // of the receive queue
  base::Counter empty_polls;      // that brought nothing
  base::Histogram bursts;         // packets of those that brought some
  base::Counter handed_over;      // came on this queue, were another core's
  base::Counter taken_over;       // from another core's queue
  base::Counter hand_over_full;   // lost on the way: drops of kOverrun as well
  base::Counter exceptions;       // to the slow path
  base::Counter exceptions_lost;  // it had no room
  base::Counter queue_full;       // times that not all that was sent found room: what was left is sent later
  base::Counter held;             // sent while the neighbour's MAC was not known: to leave when it answers
  base::Counter no_next_hop;      // of those, what did not: drops of kSendFailed as well
  base::Counter no_buffers;       // times that none was free to write a packet into
  base::Gauge longest_sleep_ns;   // what it allows itself before it looks at its receive queue again
};

}  // namespace tutti::net
