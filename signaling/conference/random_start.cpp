#include "signaling/conference/random_start.h"

#include <cerrno>
#include <cstddef>
#include <string_view>

#include <sys/random.h>

#include "dataplane/base/check.h"

namespace tutti::conference {
namespace {

template <typename T>
T draw() {
  T value;
  // Up to 256 bytes come whole once the kernel's pool is seeded; a signal may interrupt only before that.
  ssize_t got = 0;
  do {
    got = ::getrandom(&value, sizeof(value), 0);
  } while (got < 0 && errno == EINTR);
  CHECK(got == static_cast<ssize_t>(sizeof(value)));
  return value;
}

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

RandomStart draw_random_start() {
  struct Bits {
    std::uint32_t ssrc;
    std::uint32_t timestamp;
    std::uint16_t sequence_number;
    std::array<std::uint8_t, 16> cname;  // six bits of each are used: 96
  };
  const Bits bits = draw<Bits>();
  RandomStart start;
  start.ssrc = rtp::Ssrc{bits.ssrc};
  start.sequence_number = rtp::SequenceNumber(bits.sequence_number);
  start.timestamp = rtp::RtpTimestamp(bits.timestamp);
  for (std::size_t i = 0; i < start.cname.size(); ++i) start.cname[i] = kBase64[bits.cname[i] & 63U];
  return start;
}

std::uint64_t draw_session_id() {
  return draw<std::uint32_t>() >> 1;
}

std::string draw_conference_id() {
  constexpr std::string_view kHex = "0123456789abcdef";
  auto bytes = draw<std::array<std::uint8_t, 16>>();
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x40U);  // version 4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);  // variant 10
  std::string id = "conf_";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += kHex[bytes[i] >> 4U];
    id += kHex[bytes[i] & 15U];
  }
  return id;
}

}  // namespace tutti::conference
