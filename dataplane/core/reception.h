// Reception: the part of a turn that takes what has arrived and hands it to its participant's stream.
#pragma once

#include <chrono>

#include "dataplane/base/clock.h"
#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "dataplane/core/core_state.h"
#include "dataplane/core/reporting.h"

namespace tutti::core {

// Thread: the core.
class Reception {
 public:
  // A key takes some 65 ms (ITU-T Q.24), a machine's 100; of one participant so many come at once behind a
  // gap of the network.
  static constexpr base::Duration kDigitEvery = std::chrono::milliseconds(50);
  static constexpr int kDigitsAtOnce = 20;

  Reception(CoreState& state, Reporting& reporting) : state_(state), reporting_(reporting) {}

  // Takes what is there, at most kBatches batches.
  void run() TUTTI_REALTIME;

 private:
  static constexpr int kBatches = 16;  // 4 096 packets: more than a sub-slot brings a full core

  void receive(const net::ReceivedPacket& packet) TUTTI_REALTIME;
  // `may`: it may receive, as far as it is known without a look.
  void receive_rtp(Participant& participant, const net::ReceivedPacket& packet, bool may) TUTTI_REALTIME;
  void receive_rtcp(Participant& participant, const net::ReceivedPacket& packet) TUTTI_REALTIME;
  void follow(Participant& participant, const net::ReceivedPacket& packet) TUTTI_REALTIME;
  void tell_digit(Participant& participant, char digit, base::Instant arrival) TUTTI_REALTIME;
  void drop(Participant& participant, base::DropReason reason) TUTTI_REALTIME;

  CoreState& state_;
  Reporting& reporting_;
};

}  // namespace tutti::core
