// PersonalMix: what one hears whom something sets apart from everyone: hold music, a coach, a tone that is
// played to it alone.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "dataplane/core/core_state.h"
#include "dataplane/core/listener_classes.h"
#include "mixer/codec/codec_id.h"
#include "mixer/conference_mixer.h"
#include "mixer/dsp/gain.h"
#include "mixer/hold_music.h"

namespace tutti::core {

// Thread: the core.
class PersonalMix {
 public:
  PersonalMix(CoreState& state, mixer::ConferenceMixer& mixer)
      : state_(state), mixer_(mixer), music_(mixer::HoldMusic::shared()) {}

  // The frame of this tick, to be asked for once a tick: of the mix without `own` where it is in it, through
  // `gain`, and of what is the participant's alone, which has no gain. Encoded into `place`, unless there is
  // one already: music alone is what everyone who waits hears.
  std::span<const std::byte> hear(Participant& participant, const base::Frame* own, dsp::GainRamp gain,
                                  const TickWheel::Turn& turn,
                                  std::span<std::byte, ListenerClasses::kFrameBytes> place) TUTTI_REALTIME;

 private:
  void add_mix(Participant& participant, const base::Frame* own, dsp::GainRamp gain,
               const TickWheel::Turn& turn) TUTTI_REALTIME;

  CoreState& state_;
  mixer::ConferenceMixer& mixer_;     // of the conference that is being mixed
  mixer::ConferenceMixer with_them_;  // and of its coaches' voices
  const mixer::HoldMusic& music_;
  base::Frame part_;
  base::SumFrame heard_;
};

}  // namespace tutti::core
