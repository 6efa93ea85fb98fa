// Reporting: what a core says of its participants unasked: who talks, as it happens; of each its voice 5
// times a second and its stream with every eighth packet. Each is told when what it reads is at hand anyway.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/clock.h"
#include "dataplane/base/prefetch.h"
#include "dataplane/base/realtime.h"
#include "dataplane/core/core_state.h"

namespace tutti::core {

// Thread: the core.
class Reporting {
 public:
  // Who has not been heard in so many reports behind the gate's own 500 ms does not talk any more: 400 to
  // 600 ms.
  static constexpr std::uint8_t kQuietReports = 3;

  explicit Reporting(CoreState& state) : state_(state) {}

  void begin(const Participant& participant, base::Instant now) TUTTI_REALTIME {
    state_.reports.begin(participant.handle, now);
  }
  // After a tick of its conference's beat, in which it had its part.
  [[gnu::noinline]] void report_voice(Participant& participant, base::Instant now) TUTTI_REALTIME;
  // When a packet of it was taken: the first, and then every eighth, is told with flush(), when what telling
  // reads has come from memory.
  void note_packet(Participant& participant, std::uint32_t slot, base::Instant arrival) TUTTI_REALTIME {
    if (participant.inbound.packets_received() % 8 != 1) return;
    if (noted_count_ == noted_.size()) flush();
    noted_[noted_count_++] = {&participant, arrival};
    base::prefetch(&participant.handle);
    base::prefetch(&participant.recent_loss);
    participant.inbound.prefetch_totals();
    state_.reports.prefetch(slot);
  }
  // After a batch of packets, before anything else happens to who sent them.
  void flush() TUTTI_REALTIME {
    for (std::size_t i = 0; i < noted_count_; ++i) report_stream(*noted_[i].participant, noted_[i].arrival);
    noted_count_ = 0;
  }

  // It does talk, and it was not told. Told when there is room: talk never takes that of what must be told.
  void begin_to_talk(Participant& participant) TUTTI_REALTIME;
  // What a command did to it silences it. The caller has seen room for an event.
  void end_talk(Participant& participant) TUTTI_REALTIME;

 private:
  void report_stream(Participant& participant, base::Instant arrival) TUTTI_REALTIME;
  void tell(Participant& participant, bool talking) TUTTI_REALTIME;
  bool room() const TUTTI_REALTIME { return state_.outbox.room() > state_.outbox.capacity() / 2; }

  struct Noted {
    Participant* participant = nullptr;
    base::Instant arrival;
  };

  CoreState& state_;
  std::array<Noted, 32> noted_;
  std::size_t noted_count_ = 0;
};

}  // namespace tutti::core
