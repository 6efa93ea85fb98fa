#include "dataplane/stream/key_detector.h"

namespace tutti::stream {

char KeyDetector::receive(rtp::RtpTimestamp timestamp, const rtp::TelephoneEvent& event) TUTTI_REALTIME {
  constexpr std::int32_t kLongAgo = 80'000;  // 10 s: no packet of an older event is still on its way
  if (any_) {
    const std::int32_t later = timestamp - start_;
    if (later <= 0 && later > -kLongAgo) {
      if (later == 0) ended_ = ended_ || event.end;
      return '\0';
    }
    // A key held for more than 8 s: the next segment begins where the longest duration ended, which is said
    // in one packet only and may be lost.
    const bool held = !ended_ && event.event == event_ && later == UINT16_MAX;
    if (held) {
      start_ = timestamp;
      ended_ = event.end;
      return '\0';
    }
  }
  any_ = true;
  start_ = timestamp;
  event_ = event.event;
  ended_ = event.end;
  return rtp::digit_of(event);
}

}  // namespace tutti::stream
