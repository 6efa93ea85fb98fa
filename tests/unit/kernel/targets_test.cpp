// Every target that this processor runs gives scalar's bits: all inputs, all lengths, all alignments.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <numeric>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mixer/kernel/kernels.h"
#include "mixer/kernel/scalar_reference.h"
#include "tests/support/kernel_equality.h"

namespace tutti::kernel {

// The test's name is the same in each run.
static void PrintTo(const Kernels* kernels, std::ostream* out) {
  *out << kernels->name;
}

namespace {

// 64 codewords fill the widest vector there is; twice that, and one. And about one frame and two, which some
// do at once.
std::vector<std::size_t> lengths() {
  std::vector<std::size_t> all(2 * 64 + 2);
  std::iota(all.begin(), all.end(), std::size_t{0});
  for (const std::size_t frames : {160, 320})
    for (const std::size_t n : {frames - 1, frames, frames + 1, frames + 8, frames + 33}) all.push_back(n);
  return all;
}
constexpr std::uint32_t kSeed = 20'260;

std::vector<Pcm> all_samples() {
  std::vector<Pcm> all(65'536);
  std::iota(all.begin(), all.end(), std::numeric_limits<Pcm>::min());
  return all;
}

std::vector<Byte> all_codewords() {
  std::vector<Byte> all(256);
  std::iota(all.begin(), all.end(), Byte{0});
  return all;
}

class EveryTarget : public testing::TestWithParam<const Kernels*> {};

TEST_P(EveryTarget, ExpandsEveryCodeword) {
  const auto in = all_codewords();
  std::vector<Pcm> out(in.size());
  GetParam()->expand_ulaw(in.data(), out.data(), in.size());
  for (std::size_t i = 0; i < in.size(); ++i) ASSERT_EQ(out[i], scalar::expand_ulaw(in[i])) << "u-law " << i;
  GetParam()->expand_alaw(in.data(), out.data(), in.size());
  for (std::size_t i = 0; i < in.size(); ++i) ASSERT_EQ(out[i], scalar::expand_alaw(in[i])) << "A-law " << i;
}

TEST_P(EveryTarget, CompressesEverySample) {
  const auto in = all_samples();
  std::vector<Byte> out(in.size());
  GetParam()->compress_ulaw(in.data(), out.data(), in.size());
  for (std::size_t i = 0; i < in.size(); ++i)
    ASSERT_EQ(out[i], scalar::compress_ulaw(in[i])) << "u-law " << in[i];
  GetParam()->compress_alaw(in.data(), out.data(), in.size());
  for (std::size_t i = 0; i < in.size(); ++i)
    ASSERT_EQ(out[i], scalar::compress_alaw(in[i])) << "A-law " << in[i];
}

// N-1 by mix and excess is the definition, saturated (sum - own), wherever own can have been part of the sum.
TEST_P(EveryTarget, MixesEverySampleUnderEverySumNearTheRails) {
  const auto own = all_samples();
  std::vector<Sum> sums{0, 1, -1, 12'345, 1'000'000, -1'000'000, 2'147'450'880, -2'147'450'880};
  for (const Sum rail : {32'768, 65'536, 98'304}) {
    for (Sum near = -3; near <= 3; ++near) sums.insert(sums.end(), {rail + near, -rail + near});
  }
  std::vector<Pcm> mix(own.size()), excess(own.size()), mixed(own.size());
  std::vector<Byte> encoded(own.size());
  const Pcm* const from = own.data();
  Byte* const to = encoded.data();
  for (const Sum total : sums) {
    const std::vector<Sum> sum(own.size(), total);
    GetParam()->split(sum.data(), mix.data(), excess.data(), own.size());
    ASSERT_EQ(mix[0], scalar::saturate(total));
    GetParam()->mix_minus(mix.data(), excess.data(), own.data(), mixed.data(), own.size());
    for (std::size_t i = 0; i < own.size(); ++i) {
      const auto exact = std::clamp<std::int64_t>(std::int64_t{total} - own[i], -32'768, 32'767);
      ASSERT_EQ(mixed[i], exact) << total << " - " << own[i];
    }
    GetParam()->mix_minus_compress_ulaw(mix.data(), excess.data(), &from, &to, 1, own.size());
    for (std::size_t i = 0; i < own.size(); ++i) ASSERT_EQ(encoded[i], scalar::compress_ulaw(mixed[i]));
    GetParam()->mix_minus_compress_alaw(mix.data(), excess.data(), &from, &to, 1, own.size());
    for (std::size_t i = 0; i < own.size(); ++i) ASSERT_EQ(encoded[i], scalar::compress_alaw(mixed[i]));
  }
}

TEST_P(EveryTarget, GainsEverySample) {
  const auto in = all_samples();
  std::vector<Pcm> out(in.size());
  for (const int factor : {0, 1, 2'047, 2'048, 2'896, 4'095, 4'096, 4'097, 8'192, 32'767, 32'768, 65'535}) {
    const auto gain = static_cast<GainQ12>(factor);
    GetParam()->gain(in.data(), gain, out.data(), in.size());
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::int64_t exact = (std::int64_t{in[i]} * gain + 2'048) >> 12;
      ASSERT_EQ(out[i], std::clamp<std::int64_t>(exact, -32'768, 32'767)) << in[i] << " x " << gain;
    }
  }
}

TEST_P(EveryTarget, MeasuresTheRails) {
  for (const Pcm rail : {std::numeric_limits<Pcm>::min(), std::numeric_limits<Pcm>::max()}) {
    const std::vector<Pcm> in(100'000, rail);
    const auto square = static_cast<std::uint64_t>(std::int64_t{rail} * rail);
    EXPECT_EQ(GetParam()->energy(in.data(), in.size()), square * in.size());
    EXPECT_EQ(GetParam()->peak(in.data(), in.size()), rail < 0 ? 32'768 : 32'767);
  }
}

// Random input of every kind, rails included: a uniform one would hardly ever hold a small sample.
struct RandomInput {
  std::vector<Byte> codewords;
  std::vector<Pcm> samples, mix, excess;
  std::vector<Sum> sums;
  GainQ12 gain;

  RandomInput(std::mt19937& random, std::size_t n) : codewords(n), samples(n), mix(n), excess(n), sums(n) {
    for (auto& codeword : codewords) codeword = static_cast<Byte>(random());
    for (auto* values : {&samples, &mix, &excess}) {
      for (auto& value : *values) {
        value = static_cast<Pcm>(static_cast<Pcm>(random()) >> (random() % 16));
        if (random() % 8 == 0) value = random() % 2 == 0 ? Pcm{-32'768} : Pcm{32'767};
      }
    }
    for (auto& sum : sums) sum = static_cast<Sum>(random()) >> (random() % 32);
    gain = static_cast<GainQ12>(random() >> (random() % 16));
  }

  support::KernelInput view() const { return {codewords, samples, sums, mix, excess, gain}; }
};

TEST_P(EveryTarget, EqualsScalarAtEveryLengthAndAlignment) {
  std::mt19937 random(kSeed);
  RecordProperty("seed", static_cast<int>(kSeed));
  support::KernelEquality equality(*GetParam());
  for (const std::size_t n : lengths()) {
    for (std::size_t offset = 0; offset < 64; ++offset) {
      const RandomInput input(random, n);
      ASSERT_EQ(equality.first_difference(input.view(), offset), "")
          << "length " << n << ", offset " << offset << ", seed " << kSeed;
    }
  }
}

using Voices = std::vector<std::vector<Byte>>;

// Of one length, no two alike; now and then all of one sign, so that their sum leaves the rails far behind.
Voices random_voices(std::mt19937& random) {
  const auto lead = random() % 3;
  Voices voices(1 + random() % (random() % 4 == 0 ? 70 : 12), std::vector<Byte>(1 + random() % 330));
  for (auto& voice : voices) {
    for (auto& codeword : voice) {
      codeword = static_cast<Byte>(random());
      if (lead != 0) codeword = static_cast<Byte>((codeword & 0x7F) | (lead == 1 ? 0x80 : 0));
    }
  }
  return voices;
}

// What a target makes of them in a tick, as a core asks it: all are expanded and mixed, and what each hears
// is compressed; and then all of them added once more.
struct Tick {
  std::vector<std::vector<Pcm>> frames;
  std::vector<Pcm> mix, excess;
  Voices heard;
  std::vector<Sum> sum;

  Tick(const Kernels& kernels, bool alaw, const Voices& voices)
      : frames(voices.size(), std::vector<Pcm>(voices[0].size())),
        mix(voices[0].size()),
        excess(mix.size()),
        heard(voices.size(), std::vector<Byte>(mix.size())),
        sum(mix.size(), 77) {
    std::vector<const Byte*> in;
    std::vector<Pcm*> out;
    std::vector<Byte*> payloads;
    for (std::size_t i = 0; i < voices.size(); ++i) {
      in.push_back(voices[i].data());
      out.push_back(frames[i].data());
      payloads.push_back(heard[i].data());
    }
    const std::size_t count = voices.size(), n = mix.size();
    (alaw ? kernels.expand_mix_alaw : kernels.expand_mix_ulaw)(in.data(), out.data(), count, sum.data(),
                                                               mix.data(), excess.data(), n);
    (alaw ? kernels.mix_minus_compress_alaw : kernels.mix_minus_compress_ulaw)(
        mix.data(), excess.data(), out.data(), payloads.data(), count, n);
    (alaw ? kernels.expand_add_alaw : kernels.expand_add_ulaw)(in.data(), out.data(), count, sum.data(), n);
  }
};

// By the compiler that ships: clang, which fuzzes, has other bodies of the sums.
TEST_P(EveryTarget, MakesScalarsTickOfAnyNumberOfVoices) {
  std::mt19937 random(kSeed);
  RecordProperty("seed", static_cast<int>(kSeed));
  constexpr int kTicks = 2'000;
  for (int i = 0; i < kTicks; ++i) {
    const Voices voices = random_voices(random);
    const bool alaw = random() % 2 == 0;
    SCOPED_TRACE(testing::Message() << "tick " << i << ", seed " << kSeed << ": " << voices.size()
                                    << " voices of " << voices[0].size() << (alaw ? ", A-law" : ", u-law"));
    const Tick right(scalar::kKernels, alaw, voices);
    const Tick tried(*GetParam(), alaw, voices);
    ASSERT_TRUE(tried.frames == right.frames);
    ASSERT_TRUE(tried.mix == right.mix && tried.excess == right.excess);
    ASSERT_TRUE(tried.sum == right.sum);
    ASSERT_TRUE(tried.heard == right.heard);
  }
}

TEST_P(EveryTarget, CanBeChosen) {
  const std::string before(active_target());
  EXPECT_TRUE(use_target(GetParam()->name));
  EXPECT_EQ(active_target(), GetParam()->name);
  const std::array<Pcm, 3> in{100, -200, 300};
  std::array<Sum, 3> sum{1, 2, 3};
  add(in.data(), sum.data(), in.size());
  EXPECT_EQ(sum, (std::array<Sum, 3>{101, -198, 303}));
  EXPECT_TRUE(use_target(before));
}

INSTANTIATE_TEST_SUITE_P(Kernels, EveryTarget, testing::ValuesIn(supported().begin(), supported().end()),
                         [](const auto& tested) { return std::string(tested.param->name); });

TEST(Targets, TheBestOneRunsAndIsNamed) {
  std::string names;
  for (const Kernels* kernels : supported()) names += std::string(kernels->name) + " ";
  std::printf("[ targets  ] runs %s of: %s\n", std::string(active_target()).c_str(), names.c_str());
  RecordProperty("active_target", std::string(active_target()));
  ASSERT_FALSE(supported().empty());
  EXPECT_EQ(&active(), supported().front());
  EXPECT_EQ(supported().back(), &scalar::kKernels);
  EXPECT_FALSE(use_target("abacus"));
}

#if defined(__x86_64__)
TEST(Targets, AVectorUnitIsUsedWhereThereIsOne) {
  const auto has = [](std::string_view name) {
    return std::any_of(supported().begin(), supported().end(),
                       [&](const Kernels* k) { return k->name == name; });
  };
  // Highway's AVX2 also wants FMA, BMI and AES, which every such processor has; its AVX3 is AVX-512 F to VL.
  EXPECT_EQ(has("SSSE3"), __builtin_cpu_supports("ssse3") != 0);
  EXPECT_EQ(has("AVX2"), __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ(has("AVX3"), __builtin_cpu_supports("avx512bw") != 0);
}
#endif

}  // namespace
}  // namespace tutti::kernel
