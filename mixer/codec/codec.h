// Codec: payload to samples and back, by the codec's id.
//
// G.711 keeps nothing from one packet to the next, so these are plain functions. A codec with state will
// bring a Decoder and an Encoder object beside them, made outside the core; rates and sizes are asked of
// properties() already, so that callers assume neither 8 kHz nor a byte a sample.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/base/realtime.h"
#include "mixer/codec/codec_id.h"

namespace tutti::codec {

struct CodecProperties {
  std::string_view encoding_name;    // as a=rtpmap spells it
  std::uint32_t rtp_clock_hz;        // of RTP timestamps; not always the sampling rate (G.722)
  std::uint32_t sample_rate_hz;      // of decoded audio
  std::uint16_t bytes_per_10ms;      // payload
  std::uint8_t static_payload_type;  // RFC 3551, table 4
  std::byte silence;                 // a payload filled with it is digital silence
};

// By CodecId. A codeword of a zero sample: u-law +0 is all ones, A-law's smallest step is 1101 0101.
// Source: RFC 3551, 4.5.14 and 6.
inline constexpr std::array<CodecProperties, 2> kProperties{{
    {"PCMU", 8'000, 8'000, 80, 0, std::byte{0xFF}},
    {"PCMA", 8'000, 8'000, 80, 8, std::byte{0xD5}},
}};
inline const CodecProperties& properties(CodecId codec) TUTTI_REALTIME {
  return kProperties[static_cast<std::size_t>(codec)];
}

// Decodes until the payload or the room ends; returns the samples written.
std::size_t decode(CodecId codec, std::span<const std::byte> payload,
                   std::span<std::int16_t> out) TUTTI_REALTIME;

// Encodes until the samples or the room end; returns the bytes written.
std::size_t encode(CodecId codec, std::span<const std::int16_t> samples,
                   std::span<std::byte> out) TUTTI_REALTIME;

// The greatest magnitude that the payload decodes to, 0 to 32 767, found without decoding it.
std::uint16_t peak(CodecId codec, std::span<const std::byte> payload) TUTTI_REALTIME;

// The same, and copies it to `out`. Shapes: as many bytes.
std::uint16_t copy_and_peak(CodecId codec, std::span<const std::byte> payload, std::byte* out) TUTTI_REALTIME;

}  // namespace tutti::codec
