#include "tools/analyser/g711.h"

#include <array>
#include <cstdlib>

#include "dataplane/base/check.h"

namespace tutti::analyser {
namespace {

// The value of a code, by the segment formula, on the scale of 16 bits.
int expand(Law law, unsigned code) {
  const bool mu = law == Law::kMu;
  const unsigned bits = mu ? ~code & 0xFFU : code ^ 0x55U;
  const int segment = static_cast<int>(bits >> 4 & 7U);
  const int step = static_cast<int>(bits & 15U);
  int magnitude = 0;
  if (mu) {
    magnitude = ((2 * step + 33) << segment) - 33;  // 14 bits
    magnitude *= 4;
  } else {
    magnitude = segment == 0 ? 2 * step + 1 : (2 * step + 33) << (segment - 1);  // 13 bits
    magnitude *= 8;
  }
  const bool negative = mu ? (bits & 0x80U) != 0 : (bits & 0x80U) == 0;
  return negative ? -magnitude : magnitude;
}

struct Tables {
  std::array<std::int16_t, 256> decode{};
  std::array<std::byte, 65'536> encode{};
};

// Every decision value of G.711 is half way between two output values, so the nearest output is the code.
Tables make(Law law) {
  Tables tables;
  for (unsigned code = 0; code < 256; ++code) {
    tables.decode[code] = static_cast<std::int16_t>(expand(law, code));
  }
  for (int sample = -32'768; sample <= 32'767; ++sample) {
    unsigned best = 0;
    int best_distance = 1 << 20;
    // The codes of one sign only; "positive" is the half with the top bit set in both laws.
    const unsigned half = sample >= 0 ? 0x80U : 0U;
    for (unsigned code = half; code < half + 128; ++code) {
      const int distance = std::abs(tables.decode[code] - sample);
      if (distance < best_distance) {
        best_distance = distance;
        best = code;
      }
    }
    tables.encode[static_cast<std::uint16_t>(sample + 32'768)] = static_cast<std::byte>(best);
  }
  return tables;
}

const Tables& tables_of(Law law) {
  static const Tables mu = make(Law::kMu);
  static const Tables a = make(Law::kA);
  return law == Law::kMu ? mu : a;
}

}  // namespace

std::byte encode_g711(Law law, std::int16_t sample) {
  return tables_of(law).encode[static_cast<std::uint16_t>(sample + 32'768)];
}

std::int16_t decode_g711(Law law, std::byte code) {
  return tables_of(law).decode[std::to_integer<std::size_t>(code)];
}

void encode_g711(Law law, SampleView samples, std::span<std::byte> codes) {
  CHECK(samples.size() == codes.size());
  const Tables& tables = tables_of(law);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    codes[i] = tables.encode[static_cast<std::uint16_t>(samples[i] + 32'768)];
  }
}

void decode_g711(Law law, std::span<const std::byte> codes, std::span<std::int16_t> samples) {
  CHECK(samples.size() == codes.size());
  const Tables& tables = tables_of(law);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    samples[i] = tables.decode[std::to_integer<std::size_t>(codes[i])];
  }
}

Samples through_g711(Law law, SampleView samples) {
  const Tables& tables = tables_of(law);
  Samples heard(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    heard[i] = tables.decode[std::to_integer<std::size_t>(
        tables.encode[static_cast<std::uint16_t>(samples[i] + 32'768)])];
  }
  return heard;
}

}  // namespace tutti::analyser
