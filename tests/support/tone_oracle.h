// ToneOracle: synthetic RTP callers, each with its own sine, and the verdict on who heard whom.
// For simulated networks: virtual time comes in from outside; no socket, no thread, and no code of the
// data plane under test.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tools/analyser/tone_hearing.h"
#include "tools/caller/rtp_listener.h"
#include "tools/caller/rtp_talker.h"

namespace tutti::test_support {

// One caller as a state machine. A test loop, at each virtual instant `now`:
//   while (caller.next_due() <= now) network.send(..., caller.next_packet());
//   for each packet that reached it: caller.receive(payload, arrival);
class SyntheticCaller {
 public:
  struct Config {
    std::optional<analyser::Tone> tone;  // none: sends silence
    analyser::Law law = analyser::Law::kMu;
    caller::RtpTalkerConfig rtp;
    base::Instant first_due;  // of the first packet; one each samples_per_packet / 8 000 Hz from then on
  };
  explicit SyntheticCaller(const Config& config);

  // Instant::max() before join() and after leave().
  base::Instant next_due() const;
  // The packet due; moves on to the next. Owns: valid until the next call.
  std::span<const std::byte> next_packet();
  void receive(std::span<const std::byte> payload, base::Instant arrival);

  // The moments between which it is in the call and sends.
  void join(base::Instant now);
  void leave(base::Instant now);
  bool present() const { return joined_ && !left_; }
  // True when it was in the call for all of [from, to); for none of it.
  bool present_throughout(base::Instant from, base::Instant to) const;
  bool absent_throughout(base::Instant from, base::Instant to) const;

  // Goes on sending packets, of silence.
  void mute();
  bool muted() const { return muted_; }

  const std::optional<analyser::Tone>& tone() const { return tone_; }
  const caller::RtpListener& heard() const { return listener_; }
  std::uint64_t packets_sent() const { return talker_.packets(); }
  std::uint32_t ssrc() const { return talker_.ssrc(); }
  // Sequence, timestamps, 20 ms spacing of what came back.
  analyser::RtpStreamReport received_stream() const;

 private:
  std::optional<analyser::Tone> tone_;
  base::Duration spacing_;
  caller::RtpTalker talker_;
  caller::RtpListener listener_;
  analyser::RtpExpectation expectation_;
  base::Instant first_due_;
  base::Instant joined_at_;
  base::Instant left_at_;
  std::uint64_t due_ = 0;  // packets made since first_due_
  bool joined_ = false;
  bool left_ = false;
  bool muted_ = false;
};

struct ToneOracleConfig {
  std::size_t callers = 3;
  std::uint64_t seed = 1;  // SSRCs, first sequence numbers and timestamps, phases within the 20 ms
  bool both_laws = false;  // every second caller speaks PCMA
  bool join_all = true;    // all are in the call from time zero on
  base::Instant start;     // time zero
};

class ToneOracle {
 public:
  explicit ToneOracle(const ToneOracleConfig& config);

  std::size_t size() const { return callers_.size(); }
  SyntheticCaller& caller(std::size_t i) { return *callers_[i]; }
  const SyntheticCaller& caller(std::size_t i) const { return *callers_[i]; }
  // The earliest packet due among all; Instant::max() when nobody sends.
  base::Instant next_due() const;

  // Who heard whom in [from, to): all who were in the call throughout hear each other and not themselves;
  // whoever was out throughout, or is muted, is heard by nobody; whoever came or went meanwhile is not
  // judged. Leave some 200 ms after a join or leave before `from`; judge a second or more.
  analyser::HearingMatrix judge(base::Instant from, base::Instant to,
                                const analyser::HearingThresholds& thresholds = {}) const;

  // EXPECT_TRUE(oracle.everyone_hears_the_others(from, to)): failure prints the wrong cells and the matrix.
  ::testing::AssertionResult everyone_hears_the_others(
      base::Instant from, base::Instant to, const analyser::HearingThresholds& thresholds = {}) const;
  // Every stream that came back is in sequence, its timestamps step by 20 ms and no wait exceeds `gap`.
  ::testing::AssertionResult streams_are_steady(base::Duration gap = std::chrono::milliseconds(60)) const;

  // When `listener` heard `talker`, as virtual time.
  std::vector<std::pair<base::Instant, base::Instant>> heard_intervals(std::size_t listener,
                                                                       std::size_t talker) const;

 private:
  ToneOracleConfig config_;
  std::vector<std::unique_ptr<SyntheticCaller>> callers_;
};

}  // namespace tutti::test_support
