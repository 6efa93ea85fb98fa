// QuietStreams: whose stream a tick need not touch: behind a closed gate, with nothing waiting that could
// open it. Only its clock must go on, by a frame taken and thrown away each tick: those are owed, and made up
// when the stream is at hand anyway or is asked.
//
// What is told and sent is the same as if each had been taken with its tick: between two packets, commands or
// reports nothing but ticks happens to a stream.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "dataplane/base/realtime.h"
#include "dataplane/core/participant.h"
#include "dataplane/core/slot_marks.h"
#include "dataplane/stream/payload_pool.h"
#include "mixer/dsp/speech_gate.h"

namespace tutti::core {

// Thread: the core.
class QuietStreams {
 public:
  // Each owes `owed_max` at most; 0: none is ever quiet. The marks, by slot, and the pool outlive it.
  QuietStreams(SlotMarks* marks, std::uint8_t owed_max, std::uint32_t conferences,
               stream::PayloadPool& payloads)
      : owed_max_(owed_max),
        marks_(marks),
        anybody_(std::make_unique<bool[]>(conferences)),
        payloads_(payloads) {}

  bool quiet(std::uint32_t slot) const TUTTI_REALTIME { return marks_[slot].quiet_since == era_; }
  // Whether one of that conference's members may be; who found that none is says so.
  bool anybody(std::uint32_t conference) const TUTTI_REALTIME { return anybody_[conference]; }
  void nobody(std::uint32_t conference) TUTTI_REALTIME { anybody_[conference] = false; }

  // How often one was woken who may have been quiet; round.
  std::uint32_t woken() const TUTTI_REALTIME { return woken_; }

  // The slot has a new tenant.
  void begin(std::uint32_t slot) TUTTI_REALTIME {
    marks_[slot].quiet_since = 0;
    ++woken_;
  }
  // Whether one, a member, is quiet from the next tick on, whose gate was closed in this one and whose frame
  // was thrown away.
  void look(Participant& participant, const dsp::SpeechGateOptions& gate) TUTTI_REALTIME {
    participant.quiet_peak = participant.inbound.peak_waiting();
    const bool is = owed_max_ != 0 && participant.gate.closed() && participant.slip == 0 &&
                    !opens(participant, participant.quiet_peak, gate);
    marks_[participant.handle.slot].quiet_since = is ? era_ : std::uint16_t{0};
    if (is) anybody_[participant.conference] = true;
  }

  // A tick of one who is quiet.
  void owe(Participant& participant) TUTTI_REALTIME {
    if (++participant.owed == owed_max_) make_up(participant);
  }
  // Before anything that is not a tick happens to the stream or the gate, or something of them is told.
  void make_up(Participant& participant) TUTTI_REALTIME {
    if (participant.owed != 0) make_up_all(participant);
  }
  // Nobody else does: told without a look at the participant.
  bool may_owe(std::uint32_t slot) const TUTTI_REALTIME { return marks_[slot].quiet_since != 0; }
  // The same where what was learned of it may no longer hold: the next tick looks at it.
  void wake(Participant& participant) TUTTI_REALTIME {
    make_up(participant);
    begin(participant.handle.slot);
  }
  // The same for all: the gate's options have changed.
  void wake_all() TUTTI_REALTIME {
    if (++era_ == 0) era_ = 1;
    ++woken_;
  }
  // A packet of that peak has come.
  void arrived(std::uint32_t slot, Participant& participant, std::uint16_t peak,
               const dsp::SpeechGateOptions& gate) TUTTI_REALTIME {
    if (!may_owe(slot)) return;
    participant.quiet_peak = std::max(participant.quiet_peak, peak);
    if (opens(participant, peak, gate)) begin(slot);
  }

 private:
  static bool opens(const Participant& participant, std::uint16_t peak,
                    const dsp::SpeechGateOptions& gate) TUTTI_REALTIME {
    return std::max(peak, participant.gain_in.of_peak(peak)) >= gate.threshold;
  }
  // As TalkerChoice::listen() and the tick would have done each; the gate was closed and stayed so.
  void make_up_all(Participant& participant) TUTTI_REALTIME {
    for (; participant.owed != 0; --participant.owed) {
      const std::uint16_t fallen = participant.fallen();
      if (participant.gain_in.of_peak(participant.quiet_peak) <= fallen) {
        participant.loudness = fallen;  // whatever the peaks are
      } else {
        participant.note_peak(participant.peak_ahead());
      }
      participant.inbound.skip(payloads_);
    }
  }

  const std::uint8_t owed_max_;
  SlotMarks* const marks_;
  const std::unique_ptr<bool[]> anybody_;  // by conference
  std::uint16_t era_ = 1;
  std::uint32_t woken_ = 0;
  stream::PayloadPool& payloads_;
};

}  // namespace tutti::core
