#include "dataplane/rtp/source_validator.h"

namespace tutti::rtp {

void SourceValidator::start(SequenceNumber first) TUTTI_REALTIME {
  cycles_ = 0;
  received_ = 1;
  suspect_ = kNoSuspect;
  highest_ = first;
  first_ = first.value();
}

SequenceVerdict SourceValidator::update(SequenceNumber sequence_number) TUTTI_REALTIME {
  const int ahead = sequence_number - highest_;
  if (ahead > 0 && ahead < kDropoutMax) {
    if (sequence_number.value() < highest_.value()) cycles_ += 1U << 16;
    highest_ = sequence_number;
  } else if (ahead > 0 || ahead < -kMisorderMax) {
    if (suspect_ != sequence_number.value()) {
      suspect_ = (sequence_number + 1).value();
      return SequenceVerdict::kSuspect;
    }
    start(sequence_number);
    return SequenceVerdict::kRestarted;
  }
  // Late or twice counts as received: that is what cumulative_lost is made from.
  suspect_ = kNoSuspect;
  ++received_;
  return SequenceVerdict::kValid;
}

}  // namespace tutti::rtp
