// RtpTalker: makes a caller's RTP packets, one at a time, without a socket, a clock or a thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tools/analyser/g711.h"

namespace tutti::caller {

// Fills the next frame of what a caller says; called once a packet, in order.
using SampleSource = std::function<void(std::span<std::int16_t> frame)>;

// Silence: digital zero.
SampleSource silence_source();

struct RtpTalkerConfig {
  analyser::Law law = analyser::Law::kMu;
  std::uint8_t payload_type = 0;
  std::uint32_t ssrc = 1;
  std::uint16_t first_sequence = 0;
  std::uint32_t first_timestamp = 0;
  std::size_t samples_per_packet = 160;  // 20 ms
};

// Thread: one at a time.
class RtpTalker {
 public:
  RtpTalker(const RtpTalkerConfig& config, SampleSource source);

  // The next packet, header and payload; the marker is on the first and after a skip. Source: RFC 3550,
  // section 5.1. Owns: valid until the next call.
  std::span<const std::byte> next_packet();
  // Lets a packet's time pass without a packet: the timestamp advances, the sequence number does not.
  void skip();

  std::uint64_t packets() const { return packets_; }
  std::uint64_t samples() const { return samples_; }  // sent or skipped
  std::uint32_t timestamp() const { return config_.first_timestamp + static_cast<std::uint32_t>(samples_); }
  std::size_t samples_per_packet() const { return config_.samples_per_packet; }
  std::uint32_t ssrc() const { return config_.ssrc; }
  void set_source(SampleSource source) { source_ = std::move(source); }

 private:
  RtpTalkerConfig config_;
  SampleSource source_;
  std::uint64_t packets_ = 0;
  std::uint64_t samples_ = 0;
  bool marker_ = true;
  std::vector<std::byte> packet_;
  std::vector<std::int16_t> frame_;
};

}  // namespace tutti::caller
