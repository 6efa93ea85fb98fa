// KeyDetector: telephone-event packets in, each press once out, however many of its packets are lost.
//
// Source: RFC 4733, sections 2.5.1.2 (retransmitted ends) and 2.5.1.3 (long events in segments).
#pragma once

#include <cstdint>

#include "dataplane/base/realtime.h"
#include "dataplane/rtp/telephone_event.h"
#include "dataplane/rtp/types.h"

namespace tutti::stream {

class KeyDetector {
 public:
  // The digit that begins with this packet, or 0.
  char receive(rtp::RtpTimestamp timestamp, const rtp::TelephoneEvent& event) TUTTI_REALTIME;

 private:
  rtp::RtpTimestamp start_;  // of the event heard last: all its packets carry it
  std::uint8_t event_ = 0;
  bool any_ : 1 = false;
  bool ended_ : 1 = false;
};
static_assert(sizeof(KeyDetector) == 8);

}  // namespace tutti::stream
