// Numbers in network order, read and written at an offset that the caller has checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/check.h"
#include "dataplane/base/realtime.h"

namespace tutti::rtp {

inline std::uint8_t read_u8(std::span<const std::byte> in, std::size_t at) TUTTI_REALTIME {
  DCHECK(at < in.size());
  return std::to_integer<std::uint8_t>(in[at]);
}

inline std::uint16_t read_u16(std::span<const std::byte> in, std::size_t at) TUTTI_REALTIME {
  return static_cast<std::uint16_t>(read_u8(in, at) << 8 | read_u8(in, at + 1));
}

inline std::uint32_t read_u32(std::span<const std::byte> in, std::size_t at) TUTTI_REALTIME {
  return std::uint32_t{read_u16(in, at)} << 16 | read_u16(in, at + 2);
}

inline void write_u8(std::span<std::byte> out, std::size_t at, std::uint8_t value) TUTTI_REALTIME {
  DCHECK(at < out.size());
  out[at] = std::byte{value};
}

inline void write_u16(std::span<std::byte> out, std::size_t at, std::uint16_t value) TUTTI_REALTIME {
  write_u8(out, at, static_cast<std::uint8_t>(value >> 8));
  write_u8(out, at + 1, static_cast<std::uint8_t>(value & 0xFF));
}

inline void write_u32(std::span<std::byte> out, std::size_t at, std::uint32_t value) TUTTI_REALTIME {
  write_u16(out, at, static_cast<std::uint16_t>(value >> 16));
  write_u16(out, at + 2, static_cast<std::uint16_t>(value & 0xFFFF));
}

inline void write_u64(std::span<std::byte> out, std::size_t at, std::uint64_t value) TUTTI_REALTIME {
  write_u32(out, at, static_cast<std::uint32_t>(value >> 32));
  write_u32(out, at + 4, static_cast<std::uint32_t>(value & 0xFFFF'FFFF));
}

}  // namespace tutti::rtp
