// SourceValidator: whether the sequence numbers of one SSRC make sense, and how far they have come.
//
// Source: RFC 3550, appendix A.1. Who may become a source is decided above: this one trusts its first packet.
#pragma once

#include <cstdint>

#include "dataplane/base/realtime.h"
#include "dataplane/rtp/types.h"

namespace tutti::rtp {

enum class SequenceVerdict : std::uint8_t {
  kValid,
  kRestarted,  // two in a row from far away: the source began anew, and so did the counts
  kSuspect,    // far away, alone so far: not to be used
};

class SourceValidator {
 public:
  static constexpr int kDropoutMax = 3'000;  // 60 s at 20 ms
  static constexpr int kMisorderMax = 100;

  // Begins with a packet that counts as received.
  void start(SequenceNumber first) TUTTI_REALTIME;
  SequenceVerdict update(SequenceNumber sequence_number) TUTTI_REALTIME;

  // Wraps in the upper 16 bits.
  std::uint32_t highest() const TUTTI_REALTIME { return highest_; }
  // Packets sent so far, as their numbers tell.
  std::uint32_t expected() const TUTTI_REALTIME { return highest() - first_ + 1; }
  std::uint32_t received() const TUTTI_REALTIME { return received_; }

 private:
  static constexpr std::uint32_t kNoSuspect = UINT32_MAX;

  [[gnu::noinline]] SequenceVerdict judge(SequenceNumber sequence_number, int ahead) TUTTI_REALTIME;

  std::uint32_t highest_ = 0;  // the number, and above it how often numbers began anew; wraps
  std::uint32_t received_ = 0;
  std::uint32_t suspect_ = kNoSuspect;  // the number that would confirm a restart
  std::uint16_t first_ = 0;
};

// As a rule it is the next one; what is not goes the longer way.
inline SequenceVerdict SourceValidator::update(SequenceNumber sequence_number) TUTTI_REALTIME {
  const int ahead = sequence_number - SequenceNumber(static_cast<std::uint16_t>(highest_));
  if (ahead <= 0 || ahead >= kDropoutMax) return judge(sequence_number, ahead);
  highest_ += static_cast<std::uint32_t>(ahead);
  suspect_ = kNoSuspect;
  ++received_;
  return SequenceVerdict::kValid;
}

}  // namespace tutti::rtp
