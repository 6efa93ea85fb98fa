// G.711 for the judge: tables made from the recommendation's formulas, sharing nothing with mixer/kernel,
// so that an error there is not repeated here.
//
// Source: ITU-T G.711, tables 1a to 2b.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tools/analyser/samples.h"

namespace tutti::analyser {

enum class Law : std::uint8_t { kMu, kA };

// RFC 3551's static payload types: 0 is PCMU, 8 is PCMA.
inline constexpr std::uint8_t payload_type(Law law) {
  return law == Law::kMu ? 0 : 8;
}

std::byte encode_g711(Law law, std::int16_t sample);
std::int16_t decode_g711(Law law, std::byte code);

// Shapes: both of the same length.
void encode_g711(Law law, SampleView samples, std::span<std::byte> codes);
void decode_g711(Law law, std::span<const std::byte> codes, std::span<std::int16_t> samples);

// What the far end decodes of `samples`: one encode and one decode.
Samples through_g711(Law law, SampleView samples);

}  // namespace tutti::analyser
