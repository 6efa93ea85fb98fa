// Tones: what a core plays to conferences and to single participants, in lists of a few for each.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "dataplane/mailbox/tone.h"
#include "mixer/dsp/tone_generator.h"

namespace tutti::core {

// Names what is played to one, of all lanes; 0 is nothing. Its owner, a conference or a participant, keeps
// it.
using ToneList = std::uint16_t;

// Thread: the core.
class Tones {
 public:
  // Each step of a tone rises and falls so long: 5 ms.
  static constexpr std::uint32_t kEdgeSamples = 40;

  Tones() TUTTI_REALTIME;

  // Begins with the next add(); what there was in that lane ends with it. Nothing where there are too many.
  void play(ToneList& list, mailbox::ToneLane lane, const mailbox::Tone& tone) TUTTI_REALTIME;
  // Fades out with the next add().
  void stop(ToneList list, mailbox::ToneLane lane) TUTTI_REALTIME;
  // All of it, at once.
  void release(ToneList& list) TUTTI_REALTIME;

  // Once a tick: the next frame of everything in the list is added to `sum`; what is over leaves the list.
  void add(ToneList& list, base::SumFrame& sum) TUTTI_REALTIME;

  std::uint32_t playing() const TUTTI_REALTIME { return playing_; }

 private:
  struct Playing {
    mailbox::Tone tone;
    mailbox::ToneLane lane{};
    bool stopping = false;
    std::uint8_t step = 0;
    ToneList next = 0;
    std::uint32_t done = 0;  // samples of the step
    dsp::ToneGenerator generator{0.0, 0};
  };

  Playing& at(ToneList index) TUTTI_REALTIME { return pool_[index - 1U]; }
  static void begin_step(Playing& playing) TUTTI_REALTIME;
  static void render(Playing& playing, base::Frame& frame) TUTTI_REALTIME;

  std::array<Playing, mailbox::kTonesMax> pool_;
  ToneList free_ = 0;
  std::uint32_t playing_ = 0;
};

}  // namespace tutti::core
