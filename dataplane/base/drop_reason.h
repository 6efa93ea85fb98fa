// DropReason: why a packet from outside was not used; one counter each, never a log line.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/base/counters.h"

namespace tutti::base {

enum class DropReason : std::uint8_t {
  kTruncated,           // shorter than its own headers say
  kBadVersion,          // RTP or RTCP version is not 2
  kMalformed,           // lengths inside contradict each other
  kUnknownEndpoint,     // arrived for a participant that has just left
  kStranger,            // from a source other than the latched one
  kUnknownPayloadType,  // not negotiated
  kProbation,           // a new SSRC that has not proven itself (RFC 3550, A.1)
  kDuplicate,           // this sequence number was here already
  kLate,                // its moment has passed
  kTooFarAhead,         // beyond the jitter buffer's reach
  kBufferFull,          // no payload block left
  kWrongDirection,      // the negotiated direction expects no media
  kOversize,            // more than a frame's worth of payload, or more than a receive buffer
  kSendFailed,          // the network refused a packet of ours
  kBadChecksum,         // IP or UDP
  kOverrun,             // the core came too late: no room was left to keep it for it
  // Of the link, before it is known whose a packet is; never one participant's.
  kFragment,       // of an IP packet
  kOtherProtocol,  // Ethernet or IP carries what nobody here reads
  kForeignVlan,    // not of our VLAN, or tagged twice
  kForeignMac,     // to another station, or to a group that we are not in
  kRateLimited,    // more questions than are answered; of a core more keys than anybody presses
  kCount
};

inline constexpr std::size_t kDropReasons = static_cast<std::size_t>(DropReason::kCount);
// The first ones, of which a participant may have its own.
inline constexpr std::size_t kParticipantDropReasons = static_cast<std::size_t>(DropReason::kFragment);

// The reason in snake_case, as metrics spell it.
std::string_view to_string(DropReason reason);

// Thread: one writer, any reader.
class DropCounters {
 public:
  void add(DropReason reason, std::uint64_t amount = 1) TUTTI_REALTIME {
    counters_[static_cast<std::size_t>(reason)].add(amount);
    total_.add(amount);
  }
  std::uint64_t value(DropReason reason) const TUTTI_REALTIME {
    return counters_[static_cast<std::size_t>(reason)].value();
  }
  // Of all reasons. Tells who asks often that nothing is new.
  std::uint64_t total() const TUTTI_REALTIME { return total_.value(); }

 private:
  std::array<Counter, kDropReasons> counters_;
  Counter total_;
};

}  // namespace tutti::base
