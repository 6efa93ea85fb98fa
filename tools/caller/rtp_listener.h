// RtpListener: what a caller hears: takes RTP packets, keeps a recording and a log; no socket, clock or
// thread.
#pragma once

#include <vector>

#include "tools/analyser/g711.h"
#include "tools/analyser/rtp_stream_check.h"

namespace tutti::caller {

struct RtpListenerConfig {
  analyser::Law law = analyser::Law::kMu;
  std::uint8_t payload_type = 0;
  std::size_t samples_max = 600 * analyser::kRateHz;  // 10 minutes; what comes later is logged no more
  bool keep_audio = true;
  bool keep_log = true;
};

// The recording is placed by RTP timestamps: lost packets are silence in it, late ones fall into their place.
// Thread: one at a time.
class RtpListener {
 public:
  explicit RtpListener(const RtpListenerConfig& config) : config_(config) {}

  void receive(std::span<const std::byte> packet, base::Instant arrival);

  bool heard_anything() const { return packets_ != 0; }
  base::Instant first_arrival() const { return first_arrival_; }
  base::Instant last_arrival() const { return last_arrival_; }
  std::uint64_t packets() const { return packets_; }
  std::uint64_t malformed() const { return malformed_; }            // not RTP
  std::uint64_t other_payloads() const { return other_payloads_; }  // RTP of another payload type

  analyser::SampleView audio() const { return audio_; }
  // The recording on the common time line, in which `origin` is sample 0.
  analyser::Track track(base::Instant origin) const;
  std::span<const analyser::RtpPacketRecord> log() const { return log_; }

 private:
  void place(const analyser::RtpPacketView& packet);

  RtpListenerConfig config_;
  analyser::Samples audio_;
  std::vector<analyser::RtpPacketRecord> log_;
  std::uint64_t packets_ = 0;
  std::uint64_t malformed_ = 0;
  std::uint64_t other_payloads_ = 0;
  base::Instant first_arrival_;
  base::Instant last_arrival_;
  std::uint32_t ssrc_ = 0;
  std::uint32_t base_timestamp_ = 0;  // of audio_[base_position_]
  std::int64_t base_position_ = 0;
};

}  // namespace tutti::caller
