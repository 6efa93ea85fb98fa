// Hex to bytes, for tables of packets.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace tutti::rtp {

// "80 00" -> {0x80, 0x00}; spaces are skipped.
inline std::vector<std::byte> bytes(std::string_view hex) {
  std::vector<std::byte> out;
  int digits = 0;
  unsigned value = 0;
  for (const char c : hex) {
    if (c == ' ') continue;
    const auto digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) throw std::invalid_argument("not hex");
    value = value << 4 | static_cast<unsigned>(digit);
    if (++digits % 2 == 0) {
      out.push_back(static_cast<std::byte>(value & 0xFF));
      value = 0;
    }
  }
  if (digits % 2 != 0) throw std::invalid_argument("half a byte");
  return out;
}

}  // namespace tutti::rtp
