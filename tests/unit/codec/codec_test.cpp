#include "mixer/codec/codec.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "mixer/kernel/scalar_reference.h"

namespace tutti::codec {
namespace {

constexpr CodecId kAll[] = {CodecId::kPcmu, CodecId::kPcma};

TEST(Codec, PropertiesAreThoseOfTheProfile) {
  EXPECT_EQ(properties(CodecId::kPcmu).encoding_name, "PCMU");
  EXPECT_EQ(properties(CodecId::kPcmu).static_payload_type, 0);
  EXPECT_EQ(properties(CodecId::kPcma).encoding_name, "PCMA");
  EXPECT_EQ(properties(CodecId::kPcma).static_payload_type, 8);
  for (const CodecId codec : kAll) {
    EXPECT_EQ(properties(codec).rtp_clock_hz, 8'000u);
    EXPECT_EQ(properties(codec).sample_rate_hz, 8'000u);
    EXPECT_EQ(properties(codec).bytes_per_10ms, 80u);
  }
}

TEST(Codec, DecodesEachLawByItsOwnRule) {
  std::array<std::byte, 256> payload;
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<std::byte>(i);
  std::array<std::int16_t, 256> out;
  ASSERT_EQ(decode(CodecId::kPcmu, payload, out), 256u);
  for (std::size_t i = 0; i < out.size(); ++i) {
    EXPECT_EQ(out[i], kernel::scalar::expand_ulaw(static_cast<kernel::Byte>(i)));
  }
  ASSERT_EQ(decode(CodecId::kPcma, payload, out), 256u);
  for (std::size_t i = 0; i < out.size(); ++i) {
    EXPECT_EQ(out[i], kernel::scalar::expand_alaw(static_cast<kernel::Byte>(i)));
  }
}

TEST(Codec, EncodesWhatDecodesToTheSame) {
  std::vector<std::int16_t> samples(160);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = static_cast<std::int16_t>(static_cast<int>(i) * 409 - 32'000);
  }
  for (const CodecId codec : kAll) {
    std::vector<std::byte> once(samples.size()), twice(samples.size());
    std::vector<std::int16_t> decoded(samples.size());
    ASSERT_EQ(encode(codec, samples, once), samples.size());
    ASSERT_EQ(decode(codec, once, decoded), samples.size());
    ASSERT_EQ(encode(codec, decoded, twice), samples.size());
    EXPECT_EQ(once, twice);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      EXPECT_NEAR(decoded[i], samples[i], 16 + std::abs(samples[i]) / 32.0)
          << properties(codec).encoding_name;
    }
  }
}

TEST(Codec, SilenceIsWhatZeroEncodesToAndTheLeastThatDecodes) {
  const std::vector<std::int16_t> zeros(160, 0);
  for (const CodecId codec : kAll) {
    std::vector<std::byte> payload(160);
    encode(codec, zeros, payload);
    EXPECT_EQ(payload, std::vector<std::byte>(160, properties(codec).silence));
    std::vector<std::int16_t> decoded(160);
    decode(codec, payload, decoded);
    EXPECT_EQ(decoded, std::vector<std::int16_t>(160, codec == CodecId::kPcmu ? 0 : 8));  // A-law has no zero
  }
}

TEST(Codec, StopsAtTheShorterSide) {
  const std::vector<std::byte> payload(480, std::byte{0x12});
  std::array<std::int16_t, 170> room;
  for (const CodecId codec : kAll) {
    room.fill(77);
    EXPECT_EQ(decode(codec, payload, std::span(room).first<160>()), 160u);
    EXPECT_TRUE(std::all_of(room.begin() + 160, room.end(), [](std::int16_t s) { return s == 77; }));
    EXPECT_EQ(decode(codec, std::span(payload).first(33), room), 33u);
    EXPECT_EQ(decode(codec, {}, room), 0u);
    std::array<std::byte, 10> bytes{};
    EXPECT_EQ(encode(codec, room, bytes), 10u);
    EXPECT_EQ(encode(codec, room, {}), 0u);
  }
}

TEST(Codec, PeakIsThatOfTheDecodedPayload) {
  for (const CodecId codec : kAll) {
    EXPECT_EQ(peak(codec, {}), codec == CodecId::kPcmu ? 0 : 8);
    for (int i = 0; i < 256; ++i) {
      // One codeword among quieter ones, at the place that its value says.
      std::vector<std::byte> payload(160, properties(codec).silence);
      payload[i % 160] = static_cast<std::byte>(i);
      std::vector<std::int16_t> decoded(160);
      decode(codec, payload, decoded);
      const auto loudest = std::max_element(decoded.begin(), decoded.end(),
                                            [](int a, int b) { return std::abs(a) < std::abs(b); });
      EXPECT_EQ(peak(codec, payload), std::abs(int{*loudest})) << i;
      std::vector<std::byte> copy(160);
      EXPECT_EQ(copy_and_peak(codec, payload, copy.data()), std::abs(int{*loudest})) << i;
      EXPECT_EQ(copy, payload);
    }
  }
}

}  // namespace
}  // namespace tutti::codec
