// StreamCounter: one received RTP stream in a few words: what came of what was due, and when; no log.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/base/clock.h"
#include "dataplane/base/tick.h"
#include "tools/analyser/rtp_stream_check.h"

namespace tutti::load {

// Counts from open() on, over a number of packets' time. What belongs to that time is told by RTP timestamps,
// not by arrival, so that jitter at either end counts nobody in or out.
// Thread: one at a time.
class StreamCounter {
 public:
  // The first packet that arrives at `from` or later is the first of `packets` due.
  void open(base::Instant from, std::uint32_t packets);
  void receive(const analyser::RtpPacketView& packet, base::Instant arrival);
  // Nothing more is waited for; a stream that had ended before has a gap until `now`.
  void close(base::Instant now);

  // Of the packets due, each counted once.
  std::uint64_t received() const { return received_; }
  std::uint64_t duplicates() const { return duplicates_; }
  // Numbers that were left out up to the last packet that came; the rest of what is missing was never sent.
  std::uint64_t lost() const;
  std::uint64_t reordered() const { return reordered_; }  // came after a later one
  std::uint64_t restarts() const { return restarts_; }    // another SSRC, or a jump of the numbers
  // Waits longer than 60 ms, and the longest wait, the one for the first packet among them.
  std::uint64_t gaps() const { return gaps_; }
  base::Duration longest_gap() const { return longest_gap_; }
  // Came more than 20 ms later than the stream's most punctual packet before it.
  std::uint64_t late() const { return late_; }
  // Mean over the packets of the interarrival jitter. Source: RFC 3550, section 6.4.1.
  double jitter_ms() const;

  static constexpr base::Duration kGap = std::chrono::milliseconds(60);
  static constexpr base::Duration kLate = base::kTick;

 private:
  static constexpr std::uint32_t kSamplesPerPacket = 160;  // 20 ms
  static constexpr std::uint32_t kSeenBits = 64;           // how far back a duplicate is known

  void start(const analyser::RtpPacketView& packet, base::Instant arrival);
  void wait(base::Instant arrival);
  bool count(std::uint32_t number);

  base::Instant from_;
  base::Instant last_arrival_;
  base::Instant first_arrival_;  // of this start
  std::uint32_t due_ = 0;        // packets
  std::uint32_t offset_ = 0;     // packets of the time measured before this start
  std::int64_t next_ = 0;        // behind the last packet of the time measured that is counted
  bool opened_ = false;
  bool started_ = false;
  std::uint32_t ssrc_ = 0;
  std::uint32_t first_timestamp_ = 0;
  std::uint16_t first_sequence_ = 0;
  std::uint32_t newest_ = 0;       // number of the newest packet since this start
  std::uint64_t seen_ = 0;         // bit n: packet newest_ - n came
  std::uint64_t lost_before_ = 0;  // of earlier starts
  std::uint64_t unique_ = 0;       // since this start
  base::Duration least_transit_{};
  base::Duration last_transit_{};
  double jitter_ns_ = 0.0;
  double jitter_sum_ns_ = 0.0;
  std::uint64_t jitters_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t duplicates_ = 0;
  std::uint64_t reordered_ = 0;
  std::uint64_t restarts_ = 0;
  std::uint64_t gaps_ = 0;
  std::uint64_t late_ = 0;
  base::Duration longest_gap_{};
};

}  // namespace tutti::load
