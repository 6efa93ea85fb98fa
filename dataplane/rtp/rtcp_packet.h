// RtcpCompound: what arrived in one RTCP datagram, read packet by packet without a copy.
//
// Source: RFC 3550, sections 6.1, 6.4 to 6.7 and A.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/rtp/types.h"

namespace tutti::rtp {

// Others exist (feedback, extended reports); the reader passes over them.
enum class RtcpType : std::uint8_t {
  kSenderReport = 200,
  kReceiverReport = 201,
  kSourceDescription = 202,
  kBye = 203,
  kApplication = 204,
};

struct SenderInfo {
  std::uint64_t ntp = 0;   // 32.32 seconds since 1900
  RtpTimestamp timestamp;  // the same instant on the media clock
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;  // of payload
  bool operator==(const SenderInfo&) const = default;
};

struct ReportBlock {
  Ssrc source{};                         // whom it is about
  std::uint8_t fraction_lost = 0;        // since the last report, in 1/256
  std::int32_t cumulative_lost = 0;      // 24 bits; below zero where duplicates outweigh losses
  std::uint32_t highest_sequence = 0;    // with the number of wraps above the 16 bits
  std::uint32_t jitter = 0;              // in timestamp units
  std::uint32_t last_sender_report = 0;  // the middle 32 bits of its NTP time; 0 = none came
  std::uint32_t delay_since_last = 0;    // in 1/65 536 s
  bool operator==(const ReportBlock&) const = default;
};

// One packet of a compound. Owns nothing; every index below its count is safe to read.
class RtcpPacket {
 public:
  RtcpType type() const TUTTI_REALTIME { return type_; }
  // The sender of a report; the first leaver of a BYE. Zero where the packet names nobody.
  Ssrc ssrc() const TUTTI_REALTIME;
  // Of a sender report only.
  SenderInfo sender_info() const TUTTI_REALTIME;
  // Of a sender or receiver report; zero for other types.
  std::size_t report_count() const TUTTI_REALTIME;
  ReportBlock report(std::size_t index) const TUTTI_REALTIME;
  // Of a BYE; zero for other types.
  std::size_t bye_count() const TUTTI_REALTIME;
  Ssrc bye_source(std::size_t index) const TUTTI_REALTIME;

 private:
  friend class RtcpCompound;
  RtcpPacket(RtcpType type, std::uint8_t count, std::span<const std::byte> body)
      : type_(type), count_(count), body_(body) {}

  RtcpType type_;
  std::uint8_t count_;
  std::span<const std::byte> body_;  // after the common header
};

// A datagram that passed every check of A.2, and a cursor over its packets.
class RtcpCompound {
 public:
  // Reads any bytes whatever, each once.
  // Errors: kTruncated, kBadVersion, kMalformed (not a report first, or counts and lengths disagree).
  static base::Result<RtcpCompound, base::DropReason> parse(std::span<const std::byte> datagram)
      TUTTI_REALTIME;

  // The next packet of a known type; none at the end.
  std::optional<RtcpPacket> next() TUTTI_REALTIME;

 private:
  explicit RtcpCompound(std::span<const std::byte> rest) : rest_(rest) {}

  std::span<const std::byte> rest_;
};

}  // namespace tutti::rtp
