// What an inbound stream gives: the frames, what a packet meant, the totals.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "mixer/codec/codec_id.h"

namespace tutti::stream {

// What one frame is made of.
enum class FrameKind : std::uint8_t {
  kSilence,    // all zero: nothing came, or concealment has faded out
  kAudio,      // received, at least in part; or fading out where the sender fell silent
  kConcealed,  // at least one sample stands in for a lost one
};

// What an accepted packet brought, or why it was refused. Plain members, so that it is in registers: a Result
// is written in pieces and read as a word, which waits for all stores before it.
struct Receipt {
  bool accepted = true;
  base::DropReason refused_for{};  // where not accepted
  char digit = 0;                  // a key was pressed; told once a press
  bool new_source = false;         // the first packet of an SSRC that is followed from now on
  // Refused for its payload type alone: the source's own, in its sequence. Comfort noise as a rule (RFC
  // 3389).
  bool of_source = false;
  std::uint16_t peak = 0;  // of its audio, of 32 767

  static constexpr Receipt refused(base::DropReason reason) TUTTI_REALTIME { return {false, reason}; }
  explicit operator bool() const TUTTI_REALTIME { return accepted; }
};

// A frame as it came, or none: whoever adds it to a sum can decode it on the way. Handed over in registers.
struct EncodedFrame {
  codec::CodecId codec = codec::CodecId::kPcmu;
  // base::kFrameSamples in the pool, valid until the next pop, skip or detach.
  const std::byte* payload = nullptr;

  explicit operator bool() const TUTTI_REALTIME { return payload != nullptr; }
};

// Of all the sources of this participant, one after the other.
struct InboundTotals {
  std::uint64_t packets_received = 0;  // valid RTP of a followed source, used or not
  std::uint64_t packets_lost = 0;
  std::uint64_t packets_dropped = 0;  // refused by receive()
  std::uint64_t frames_concealed = 0;
};

}  // namespace tutti::stream
