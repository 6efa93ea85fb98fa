// RtpStreamCheck: is a received RTP stream what a phone expects: in sequence, in time, unbroken?
// Parses RTP by itself, strictly, sharing nothing with dataplane/rtp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dataplane/base/clock.h"
#include "tools/analyser/samples.h"

namespace tutti::analyser {

struct RtpPacketView {
  bool marker = false;
  std::uint8_t payload_type = 0;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  std::span<const std::byte> payload;
};

// Version 2, all lengths inside the packet, nothing else looked at. None: not RTP. Source: RFC 3550,
// section 5.1.
std::optional<RtpPacketView> parse_rtp_strictly(std::span<const std::byte> packet);

// One received packet, as kept in a log.
struct RtpPacketRecord {
  base::Instant arrival;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  std::uint16_t sequence = 0;
  std::uint16_t payload_bytes = 0;
  std::uint8_t payload_type = 0;
  bool marker = false;
};

struct RtpExpectation {
  std::uint8_t payload_type = 0;
  std::uint32_t timestamp_step = 160;  // 8 000 Hz x 20 ms
  std::uint16_t payload_bytes = 160;   // G.711: a byte a sample
  base::Duration spacing = base::kTick;
  base::Duration gap = std::chrono::milliseconds(60);  // a longer wait between two packets is a gap
};

struct RtpStreamReport {
  std::uint64_t packets = 0;
  std::uint64_t lost = 0;  // sequence numbers that never came
  std::uint64_t duplicates = 0;
  std::uint64_t reordered = 0;         // came after a later one
  std::uint64_t timestamp_breaks = 0;  // step of the timestamp not that of the sequence number
  std::uint64_t ssrc_changes = 0;
  std::uint64_t wrong_payload_type = 0;
  std::uint64_t wrong_size = 0;
  std::uint64_t gaps = 0;    // waits longer than RtpExpectation::gap
  std::uint64_t bursts = 0;  // pairs less than a quarter of the spacing apart
  double jitter_ms = 0.0;    // RFC 3550, section 6.4.1, at the end
  double jitter_ms_max = 0.0;
  double spacing_ms_mean = 0.0;
  double spacing_ms_p99 = 0.0;
  double spacing_ms_max = 0.0;

  // Nothing is lost, doubled, out of order, broken or of the wrong form; waits are left to the reader.
  bool continuous() const;
  // What is wrong, in words; empty when continuous() and without gaps.
  std::string faults() const;
};

RtpStreamReport check_rtp_stream(std::span<const RtpPacketRecord> log, const RtpExpectation& expectation);

}  // namespace tutti::analyser
