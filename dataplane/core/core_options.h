// CoreOptions: what a media core is made with.
#pragma once

#include <cstdint>

#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"
#include "dataplane/mailbox/handles.h"
#include "mixer/dsp/speech_gate.h"

namespace tutti::core {

class RingDirectory;

struct CoreOptions {
  // Which of the process's cores it is, and where it finds the others' shares of its conferences; outlives
  // the core. None: it is alone.
  std::uint32_t index = 0;
  RingDirectory* rings = nullptr;
  mailbox::CoreCapacity capacity;
  // Kept between a packet's arrival and the tick that plays it; late packets make it grow.
  base::Duration jitter_delay = std::chrono::milliseconds(40);
  dsp::SpeechGateOptions gate;
  // How many ticks may pass by the stream of one who is quiet before one of them looks after it
  // (QuietStreams); 0: each does. What is heard and told is the same.
  std::uint8_t owed_ticks_max = 8;
  // A conference's tick moves to just behind its talkers' packets.
  bool follow_talkers = true;
  // Read within a turn to know how long it took; none: a turn takes no time (virtual time).
  base::Instant (*clock)() = nullptr;
  // The CPU time that the core's thread has used, in turns and in the port's sleep between them, which must
  // not spin then; none: what `clock` passes in turns is taken for it.
  base::Duration (*work_clock)() = nullptr;
  // The wall clock of RTCP's sender reports.
  std::uint64_t (*ntp_clock)() = &base::ntp_now;
};

}  // namespace tutti::core
