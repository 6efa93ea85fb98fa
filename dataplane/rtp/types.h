// RTP's numbers as types: what wraps compares by serial arithmetic, what identifies does not add.
//
// Source: RFC 3550, sections 5.1 and A.1.
#pragma once

#include <cstdint>

namespace tutti::rtp {

enum class Ssrc : std::uint32_t {};

// 0 to 127.
enum class PayloadType : std::uint8_t {};
// Stands where none is agreed.
inline constexpr PayloadType kNoPayloadType{0xFF};

// 16 bits, wraps; `a - b` is the signed distance from b to a (-32 768 to 32 767).
class SequenceNumber {
 public:
  constexpr SequenceNumber() = default;
  constexpr explicit SequenceNumber(std::uint16_t value) : value_(value) {}
  constexpr std::uint16_t value() const { return value_; }
  constexpr bool operator==(const SequenceNumber&) const = default;
  constexpr SequenceNumber operator+(int steps) const {
    return SequenceNumber(static_cast<std::uint16_t>(value_ + steps));
  }
  constexpr int operator-(SequenceNumber other) const {
    return static_cast<std::int16_t>(static_cast<std::uint16_t>(value_ - other.value_));
  }

 private:
  std::uint16_t value_ = 0;
};

// 32 bits in units of the codec's clock, wraps; `a - b` is the signed distance from b to a.
class RtpTimestamp {
 public:
  constexpr RtpTimestamp() = default;
  constexpr explicit RtpTimestamp(std::uint32_t value) : value_(value) {}
  constexpr std::uint32_t value() const { return value_; }
  constexpr bool operator==(const RtpTimestamp&) const = default;
  constexpr RtpTimestamp operator+(std::int32_t steps) const {
    return RtpTimestamp(value_ + static_cast<std::uint32_t>(steps));
  }
  constexpr std::int32_t operator-(RtpTimestamp other) const {
    return static_cast<std::int32_t>(value_ - other.value_);
  }

 private:
  std::uint32_t value_ = 0;
};

}  // namespace tutti::rtp
