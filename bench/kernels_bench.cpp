// What each kernel costs for one frame, target by target, beside the look-up tables it replaces.
//
// Time is for 160 samples, but ..._8_... is for 8 x 160. `table/...` is scalar code with G.711 by
// look-up, as most servers have it.

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include <benchmark/benchmark.h>

#include "dataplane/base/tick.h"
#include "mixer/conference_mixer.h"
#include "mixer/dsp/level.h"
#include "mixer/kernel/kernels.h"
#include "mixer/kernel/scalar_reference.h"
#include "mixer/mix_ring.h"

namespace {

using tutti::base::kFrameSamples;
using tutti::kernel::Byte;
using tutti::kernel::Kernels;
using tutti::kernel::Pcm;
using tutti::kernel::Sum;
namespace scalar = tutti::kernel::scalar;

constexpr std::size_t kN = kFrameSamples;
constexpr std::size_t kTalkers = 8;

// One frame of everything, random with a fixed seed.
struct Arrays {
  alignas(64) std::array<Byte, kN> codewords;
  alignas(64) std::array<Pcm, kN> samples;
  alignas(64) std::array<Pcm, 280> history;  // of which concealment looks for the pitch
  alignas(64) std::array<Sum, kN> sum;
  alignas(64) std::array<Pcm, kN> mix;
  alignas(64) std::array<Pcm, kN> excess;
  alignas(64) std::array<Pcm, kN> samples_out{};
  alignas(64) std::array<Byte, kN> codewords_out{};

  struct Talker {
    alignas(64) std::array<Byte, kN> codewords;
    alignas(64) std::array<Pcm, kN> own;
    alignas(64) std::array<Byte, kN> heard;
  };
  std::array<Talker, kTalkers> talkers;

  Arrays() {
    std::mt19937 random(1);
    for (auto& talker : talkers) {
      for (auto& codeword : talker.codewords) codeword = static_cast<Byte>(random());
      for (auto& sample : talker.own) sample = static_cast<Pcm>(random());
    }
    for (auto& sample : history) sample = static_cast<Pcm>(random());
    for (auto& codeword : codewords) codeword = static_cast<Byte>(random());
    for (auto& sample : samples) sample = static_cast<Pcm>(random());
    for (auto& value : sum) value = static_cast<Sum>(random()) >> 14;
    scalar::split(sum.data(), mix.data(), excess.data(), kN);
  }
};

// The classic: 256 entries one way, 65 536 the other.
struct Tables {
  std::array<Pcm, 256> expand;
  std::array<Byte, 65'536> compress;
  Tables() {
    for (std::size_t i = 0; i < expand.size(); ++i) expand[i] = scalar::expand_ulaw(static_cast<Byte>(i));
    for (std::size_t i = 0; i < compress.size(); ++i)
      compress[i] = scalar::compress_ulaw(static_cast<Pcm>(i));
  }
};
const Tables& tables() {
  static const Tables both;
  return both;
}

void table_expand(Arrays& a) {
  const auto& table = tables().expand;
  for (std::size_t i = 0; i < kN; ++i) a.samples_out[i] = table[a.codewords[i]];
}
void table_compress(Arrays& a) {
  const auto& table = tables().compress;
  for (std::size_t i = 0; i < kN; ++i) a.codewords_out[i] = table[static_cast<std::uint16_t>(a.samples[i])];
}
void table_expand_add(Arrays& a) {
  const auto& table = tables().expand;
  for (std::size_t i = 0; i < kN; ++i) {
    a.samples_out[i] = table[a.codewords[i]];
    a.sum[i] += a.samples_out[i];
  }
}
void table_mix_minus_compress(Arrays& a) {
  const auto& table = tables().compress;
  for (std::size_t i = 0; i < kN; ++i) {
    a.codewords_out[i] =
        table[static_cast<std::uint16_t>(std::clamp(a.sum[i] - a.samples[i], -32'768, 32'767))];
  }
}

template <typename Run>
void measure(const std::string& name, Run run) {
  benchmark::RegisterBenchmark(name.c_str(), [run](benchmark::State& state) {
    const auto arrays = std::make_unique<Arrays>();
    run(*arrays);
    for (auto _ : state) {
      run(*arrays);
      benchmark::ClobberMemory();
    }
  });
}

// Of several talkers, each with codewords and a frame of its own, in the first cache.
template <typename ExpandAdd>
void expand_add(const ExpandAdd& kernel, Arrays& a, std::size_t talkers) {
  std::array<const Byte*, kTalkers> in;
  std::array<Pcm*, kTalkers> own;
  for (std::size_t i = 0; i < kTalkers; ++i) {
    in[i] = a.talkers[i].codewords.data();
    own[i] = a.talkers[i].own.data();
  }
  kernel(in.data(), own.data(), talkers, a.sum.data(), kN);
}

// What so many of them hear.
template <typename MixMinusCompress>
void mix_minus_compress(const MixMinusCompress& kernel, Arrays& a, std::size_t listeners) {
  std::array<const Pcm*, kTalkers> own;
  std::array<Byte*, kTalkers> out;
  for (std::size_t i = 0; i < kTalkers; ++i) {
    own[i] = a.talkers[i].own.data();
    out[i] = a.talkers[i].heard.data();
  }
  kernel(a.mix.data(), a.excess.data(), own.data(), out.data(), listeners, kN);
}

void measure_target(const Kernels& k) {
  const std::string target = std::string(k.name) + "/";
  measure(target + "expand_ulaw",
          [&k](Arrays& a) { k.expand_ulaw(a.codewords.data(), a.samples_out.data(), kN); });
  measure(target + "expand_alaw",
          [&k](Arrays& a) { k.expand_alaw(a.codewords.data(), a.samples_out.data(), kN); });
  measure(target + "compress_ulaw",
          [&k](Arrays& a) { k.compress_ulaw(a.samples.data(), a.codewords_out.data(), kN); });
  measure(target + "compress_alaw",
          [&k](Arrays& a) { k.compress_alaw(a.samples.data(), a.codewords_out.data(), kN); });
  measure(target + "add", [&k](Arrays& a) { k.add(a.samples.data(), a.sum.data(), kN); });
  measure(target + "add_sum", [&k](Arrays& a) { k.add_sum(a.sum.data(), a.sum.data(), kN); });
  measure(target + "saturate", [&k](Arrays& a) { k.saturate(a.sum.data(), a.samples_out.data(), kN); });
  measure(target + "split", [&k](Arrays& a) { k.split(a.sum.data(), a.mix.data(), a.excess.data(), kN); });
  measure(target + "mix_minus", [&k](Arrays& a) {
    k.mix_minus(a.mix.data(), a.excess.data(), a.samples.data(), a.samples_out.data(), kN);
  });
  measure(target + "gain", [&k](Arrays& a) { k.gain(a.samples.data(), 2'896, a.samples_out.data(), kN); });
  measure(target + "energy", [&k](Arrays& a) { benchmark::DoNotOptimize(k.energy(a.samples.data(), kN)); });
  measure(target + "greatest",
          [&k](Arrays& a) { benchmark::DoNotOptimize(k.greatest(a.codewords.data(), 0x7F, kN)); });
  measure(target + "scale_mix",
          [&k](Arrays& a) { k.scale_mix(a.sum.data(), a.samples.data(), 2'896, a.samples_out.data(), kN); });
  measure(target + "copy_greatest", [&k](Arrays& a) {
    benchmark::DoNotOptimize(k.copy_greatest(a.codewords.data(), a.codewords_out.data(), 0x7F, kN));
  });
  measure(target + "peak", [&k](Arrays& a) { benchmark::DoNotOptimize(k.peak(a.samples.data(), kN)); });
  measure(target + "closest_lag",
          [&k](Arrays& a) { benchmark::DoNotOptimize(k.closest_lag(a.history.data(), 40, 120, kN)); });
  measure(target + "expand_add_ulaw", [&k](Arrays& a) { expand_add(k.expand_add_ulaw, a, 1); });
  measure(target + "expand_add_alaw", [&k](Arrays& a) { expand_add(k.expand_add_alaw, a, 1); });
  measure(target + "expand_add_8_ulaw", [&k](Arrays& a) { expand_add(k.expand_add_ulaw, a, 8); });
  measure(target + "expand_add_8_alaw", [&k](Arrays& a) { expand_add(k.expand_add_alaw, a, 8); });
  measure(target + "expand_mix_8_ulaw", [&k](Arrays& a) {
    expand_add(
        [&](auto in, auto own, std::size_t talkers, Sum* sum, std::size_t n) {
          k.expand_mix_ulaw(in, own, talkers, sum, a.mix.data(), a.excess.data(), n);
        },
        a, 8);
  });
  for (const std::size_t listeners : {std::size_t{1}, kTalkers}) {
    const std::string many = listeners == 1 ? "" : "8_";
    measure(target + "mix_minus_compress_" + many + "ulaw",
            [&k, listeners](Arrays& a) { mix_minus_compress(k.mix_minus_compress_ulaw, a, listeners); });
    measure(target + "mix_minus_compress_" + many + "alaw",
            [&k, listeners](Arrays& a) { mix_minus_compress(k.mix_minus_compress_alaw, a, listeners); });
  }
}

// A conference of 8 that all talk, in cache: decode, add, mix-minus, encode. Time is for one participant.
void conference_of_8(benchmark::State& state) {
  constexpr std::size_t kParticipants = 8;
  std::array<std::array<Byte, kN>, kParticipants> in, out;
  std::array<tutti::base::Frame, kParticipants> own;
  std::array<const Byte*, kParticipants> payloads;
  std::array<Byte*, kParticipants> encoded;
  std::array<Pcm*, kParticipants> decoded;
  std::array<const Pcm*, kParticipants> spoken;
  for (std::size_t i = 0; i < kParticipants; ++i) {
    payloads[i] = in[i].data();
    encoded[i] = out[i].data();
    spoken[i] = decoded[i] = own[i].samples.data();
  }
  std::mt19937 random(1);
  for (auto& payload : in) {
    for (auto& byte : payload) byte = static_cast<Byte>(random());
  }
  tutti::mixer::ConferenceMixer mixer;
  using tutti::codec::CodecId;
  for (auto _ : state) {
    mixer.begin_tick();
    mixer.add_encoded(CodecId::kPcmu, payloads, decoded);
    mixer.mix_minus_encoded(CodecId::kPcmu, spoken, encoded);
    benchmark::ClobberMemory();
  }
  state.counters["ns_per_participant"] =
      benchmark::Counter(static_cast<double>(state.iterations() * kParticipants) * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(conference_of_8)->Name("mixer/conference_of_8");

void ring_publish(benchmark::State& state) {
  const auto ring = std::make_unique<tutti::mixer::MixRing>();
  const tutti::base::SumFrame sum;
  tutti::mixer::MixPart part;
  part.contributors = static_cast<std::uint32_t>(state.range(0));
  std::uint64_t tick = 0;
  for (auto _ : state) ring->publish(tick++, part, sum);
}
BENCHMARK(ring_publish)->Name("mixer/ring_publish")->ArgName("talkers")->Arg(0)->Arg(1);

void ring_read(benchmark::State& state) {
  const auto ring = std::make_unique<tutti::mixer::MixRing>();
  tutti::base::SumFrame sum;
  tutti::mixer::MixPart part;
  part.contributors = static_cast<std::uint32_t>(state.range(0));
  ring->publish(0, part, sum);
  for (auto _ : state) {
    benchmark::DoNotOptimize(ring->read(0, part, sum));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(ring_read)->Name("mixer/ring_read")->ArgName("talkers")->Arg(0)->Arg(1);

void level(benchmark::State& state) {
  const Arrays arrays;
  for (auto _ : state) benchmark::DoNotOptimize(tutti::dsp::level_dbov(arrays.samples));
}
BENCHMARK(level)->Name("mixer/level_dbov");

}  // namespace

int main(int argc, char** argv) {
  for (const Kernels* kernels : tutti::kernel::supported()) measure_target(*kernels);
  measure("table/expand_ulaw", table_expand);
  measure("table/compress_ulaw", table_compress);
  measure("table/expand_add_ulaw", table_expand_add);
  measure("table/mix_minus_compress_ulaw", table_mix_minus_compress);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::AddCustomContext("target", std::string(tutti::kernel::active_target()));
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
