// Timeline: a sender's audio in which every stretch of bytes is found in one place only, and the packets
// cut from it: what comes out of a buffer tells where it was put in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/rtp/rtp_packet.h"
#include "mixer/codec/codec_id.h"

namespace tutti::stream {

inline constexpr rtp::PayloadType kPcmu{0};
inline constexpr rtp::PayloadType kPcma{8};
inline constexpr rtp::PayloadType kEvents{101};

class Timeline {
 public:
  Timeline(std::uint16_t first_number, std::uint32_t first_timestamp, rtp::Ssrc ssrc = rtp::Ssrc{1})
      : number_(first_number), timestamp_(first_timestamp), ssrc_(ssrc) {}

  // The byte that stands for the sample at `position`; never 0x00, 0x7F or 0xFF, so that none is silence.
  static std::byte content(std::int64_t position) {
    auto x = static_cast<std::uint64_t>(position) * 0x9E3779B97F4A7C15U;
    x ^= x >> 29;
    x *= 0xBF58476D1CE4E5B9U;
    return static_cast<std::byte>(1 + (x >> 33) % 126);
  }

  // Packet `n` of the stream, with the samples from `position` on. Valid until the next call.
  rtp::RtpPacket packet(int n, std::int64_t position, std::size_t samples) {
    for (std::size_t i = 0; i < samples; ++i) {
      bytes_[i] = content(position + static_cast<std::int64_t>(i));
    }
    rtp::RtpPacket packet;
    packet.header.payload_type = kPcmu;
    packet.header.sequence_number = rtp::SequenceNumber(static_cast<std::uint16_t>(number_ + n));
    packet.header.timestamp = rtp::RtpTimestamp(timestamp_ + static_cast<std::uint32_t>(position));
    packet.header.ssrc = ssrc_;
    packet.payload = std::span(bytes_).first(samples);
    return packet;
  }

  // Where these bytes stand, looked for from `from` up to `to`.
  static std::optional<std::int64_t> find(std::span<const std::byte> bytes, std::int64_t from,
                                          std::int64_t to) {
    // Far more is looked for than is sent: the bytes around are made once.
    static thread_local Stretch made;
    const std::int64_t end = to + static_cast<std::int64_t>(bytes.size()) - 1;
    if (from < made.from || end > made.from + static_cast<std::int64_t>(made.bytes.size())) {
      made.from = from;
      made.bytes.resize(static_cast<std::size_t>(end - from) + 100'000);
      for (std::size_t i = 0; i < made.bytes.size(); ++i) {
        made.bytes[i] = content(from + static_cast<std::int64_t>(i));
      }
    }
    const std::byte* const first = made.bytes.data() + (from - made.from);
    const void* const found = memmem(first, static_cast<std::size_t>(end - from), bytes.data(), bytes.size());
    if (found == nullptr) return std::nullopt;
    return from + (static_cast<const std::byte*>(found) - first);
  }

 private:
  struct Stretch {
    std::int64_t from = 0;
    std::vector<std::byte> bytes;
  };

  std::uint16_t number_;
  std::uint32_t timestamp_;
  rtp::Ssrc ssrc_;
  std::array<std::byte, 2'048> bytes_{};
};

}  // namespace tutti::stream
