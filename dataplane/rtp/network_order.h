// Numbers in network order, read and written at an offset that the caller has checked.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "dataplane/base/check.h"
#include "dataplane/base/realtime.h"

namespace tutti::rtp {

inline constexpr bool kLittle = std::endian::native == std::endian::little;

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

// One store each: who reads it at once, in whatever pieces, need not wait for several.
template <typename Value>
inline void write_in_order(std::span<std::byte> out, std::size_t at, Value value) TUTTI_REALTIME {
  constexpr std::size_t kBytes = sizeof(Value);
  DCHECK(at + kBytes <= out.size());
  std::memcpy(out.data() + at, &value, kBytes);
}

inline void write_u8(std::span<std::byte> out, std::size_t at, std::uint8_t value) TUTTI_REALTIME {
  write_in_order(out, at, value);
}

inline void write_u16(std::span<std::byte> out, std::size_t at, std::uint16_t value) TUTTI_REALTIME {
  write_in_order(out, at, kLittle ? std::uint16_t{__builtin_bswap16(value)} : value);
}

inline void write_u32(std::span<std::byte> out, std::size_t at, std::uint32_t value) TUTTI_REALTIME {
  write_in_order(out, at, kLittle ? std::uint32_t{__builtin_bswap32(value)} : value);
}

inline void write_u64(std::span<std::byte> out, std::size_t at, std::uint64_t value) TUTTI_REALTIME {
  write_in_order(out, at, kLittle ? std::uint64_t{__builtin_bswap64(value)} : value);
}

}  // namespace tutti::rtp
