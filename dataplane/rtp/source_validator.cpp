#include "dataplane/rtp/source_validator.h"

namespace tutti::rtp {

void SourceValidator::start(SequenceNumber first) TUTTI_REALTIME {
  received_ = 1;
  suspect_ = kNoSuspect;
  highest_ = first_ = first.value();
}

// Of one that is not ahead of the highest, or too far.
SequenceVerdict SourceValidator::judge(SequenceNumber sequence_number, int ahead) TUTTI_REALTIME {
  if (ahead > 0 || ahead < -kMisorderMax) {
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
