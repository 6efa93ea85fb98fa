// Kernel equality: one target's kernels against the scalar reference on the same input, bit for bit.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "mixer/kernel/scalar_reference.h"
#include "tests/support/kernel_runs.h"
#include "tests/support/mix_minus_compress_equality.h"
#include "tests/support/placed_array.h"

namespace tutti::support {

// Input for every kernel, all of one length.
struct KernelInput {
  std::span<const kernel::Byte> codewords;
  std::span<const kernel::Pcm> samples;
  std::span<const kernel::Sum> sums;
  std::span<const kernel::Pcm> mix;
  std::span<const kernel::Pcm> excess;
  kernel::GainQ12 gain = kernel::kUnityGain;
};

// Runs all kernels of `candidate` on `input` with arrays placed `offset` (inputs) and `offset + 1` (outputs)
// elements behind a boundary; the name of the first that differs from scalar, or nothing.
class KernelEquality {
 public:
  explicit KernelEquality(const kernel::Kernels& candidate) : candidate_(candidate) {}

  std::string_view first_difference(const KernelInput& input, std::size_t offset) {
    using kernel::Byte;
    using kernel::Pcm;
    using kernel::Sum;
    const kernel::Kernels& right = kernel::scalar::kKernels;
    const kernel::Kernels& tried = candidate_;
    const std::size_t n = input.samples.size();
    const auto gain = input.gain;
    auto codewords = placed(input.codewords, offset);
    auto samples = placed(input.samples, offset);
    auto sums = placed(input.sums, offset);
    auto mix = placed(input.mix, offset);
    auto excess = placed(input.excess, offset);
    const Byte* c = codewords->data();
    const Pcm* p = samples->data();
    const Sum* s = sums->data();
    const Pcm* m = mix->data();
    const Pcm* e = excess->data();

    const auto pcm_out = [&](auto run) { return same<Pcm>(n, offset, {}, run, right, tried); };
    const auto byte_out = [&](auto run) { return same<Byte>(n, offset, {}, run, right, tried); };
    const auto sum_in_out = [&](auto run) { return same<Sum>(n, offset, input.sums, run, right, tried); };

    if (!pcm_out([&](auto& k, Pcm* out) { k.expand_ulaw(c, out, n); })) return "expand_ulaw";
    if (!pcm_out([&](auto& k, Pcm* out) { k.expand_alaw(c, out, n); })) return "expand_alaw";
    if (!byte_out([&](auto& k, Byte* out) { k.compress_ulaw(p, out, n); })) return "compress_ulaw";
    if (!byte_out([&](auto& k, Byte* out) { k.compress_alaw(p, out, n); })) return "compress_alaw";
    if (!sum_in_out([&](auto& k, Sum* out) { k.add(p, out, n); })) return "add";
    if (!sum_in_out([&](auto& k, Sum* out) { k.add_sum(s, out, n); })) return "add_sum";
    if (!pcm_out([&](auto& k, Pcm* out) { k.saturate(s, out, n); })) return "saturate";
    if (!pcm_out([&](auto& k, Pcm* out) { k.gain(p, gain, out, n); })) return "gain";
    if (!pcm_out([&](auto& k, Pcm* out) { k.scale_mix(s, p, gain, out, n); })) return "scale_mix";
    if (!pcm_out([&](auto& k, Pcm* out) { k.scale_mix(s, nullptr, gain, out, n); }))
      return "scale_mix, all of it";
    if (right.energy(p, n) != tried.energy(p, n)) return "energy";
    if (right.peak(p, n) != tried.peak(p, n)) return "peak";
    if (right.closest_lag(p, n / 4, n / 2, n - n / 2) != tried.closest_lag(p, n / 4, n / 2, n - n / 2)) {
      return "closest_lag";
    }
    for (const Byte inversions : {Byte{0x7F}, Byte{0x55}, Byte{0}}) {
      if (right.greatest(c, inversions, n) != tried.greatest(c, inversions, n)) return "greatest";
      if (!byte_out([&](auto& k, Byte* out) { k.copy_greatest(c, out, inversions, n); })) {
        return "copy_greatest";
      }
    }
    // Mix and excess of any kind, whether or not split() could have made them.
    if (!pcm_out([&](auto& k, Pcm* out) { k.mix_minus(m, e, p, out, n); })) return "mix_minus";
    const std::string_view unlike = mix_minus_compress_difference(right, tried, {m, e, p}, n, offset);
    if (!unlike.empty()) return unlike;

    // Two outputs each: one is compared, the other is the array beside it, compared next.
    PlacedArray<Pcm> beside(offset + 1, n);
    Pcm* const b = beside.data();
    PlacedArray<Pcm> unused(0, n);
    auto others = placed(input.codewords, offset + 2);
    std::reverse(others->data(), others->data() + n);
    // So many that none, one and two fours are full.
    constexpr std::size_t kMost = 9;
    std::array<const Byte*, kMost> in;
    std::array<Pcm*, kMost> own;
    std::array<std::unique_ptr<PlacedArray<Pcm>>, kMost> frames;
    for (std::size_t i = 0; i < kMost; ++i) {
      in[i] = i % 3 == 1 ? others->data() : c;
      frames[i] = std::make_unique<PlacedArray<Pcm>>(offset + 1 + 2 * i, n);
      own[i] = frames[i]->data();
    }
    for (const std::size_t talkers : {std::size_t{1}, std::size_t{3}, std::size_t{4}, kMost}) {
      const auto equal = [&](auto expand_add, auto expand) {
        const auto all = [&](auto& k, Sum* out) { (k.*expand_add)(in.data(), own.data(), talkers, out, n); };
        if (!sum_in_out(all)) return false;
        for (std::size_t i = 0; i < talkers; ++i) {
          if (!holds(own[i], n, [&](Pcm* out) { (right.*expand)(in[i], out, n); })) return false;
        }
        return true;
      };
      if (!equal(&kernel::Kernels::expand_add_ulaw, &kernel::Kernels::expand_ulaw)) return "expand_add_ulaw";
      if (!equal(&kernel::Kernels::expand_add_alaw, &kernel::Kernels::expand_alaw)) return "expand_add_alaw";
      // Three outputs: the mix, the excess, then the sum, with the other two out of the way.
      PlacedArray<Sum> total(offset, n);
      const auto mixed = [&](auto expand_mix) {
        const auto first = [&](auto& k, Pcm* out) {
          (k.*expand_mix)(in.data(), own.data(), talkers, total.data(), out, unused.data(), n);
        };
        const auto second = [&](auto& k, Pcm* out) {
          (k.*expand_mix)(in.data(), own.data(), talkers, total.data(), unused.data(), out, n);
        };
        const auto third = [&](auto& k, Sum* out) {
          (k.*expand_mix)(in.data(), own.data(), talkers, out, unused.data(), b, n);
        };
        return pcm_out(first) && pcm_out(second) && sum_in_out(third) && total.canaries_live();
      };
      if (!mixed(&kernel::Kernels::expand_mix_ulaw)) return "expand_mix_ulaw";
      if (!mixed(&kernel::Kernels::expand_mix_alaw)) return "expand_mix_alaw";
    }
    if (!pcm_out([&](auto& k, Pcm* out) { k.split(s, out, b, n); })) return "split";
    if (!holds(b, n, [&](Pcm* out) { right.split(s, unused.data(), out, n); })) return "split's excess";
    PlacedArray<Byte> copy(offset, n);
    if (right.greatest(c, 0x7F, n) != tried.copy_greatest(c, copy.data(), 0x7F, n))
      return "copy_greatest's peak";
    const bool live = std::all_of(frames.begin(), frames.end(), [](auto& f) { return f->canaries_live(); });
    if (!live || !beside.canaries_live()) return "writes beyond the second output";
    // In place.
    const auto pcm_in_out = [&](auto run) { return same<Pcm>(n, offset, input.samples, run, right, tried); };
    if (!pcm_in_out([&](auto& k, Pcm* out) { k.mix_minus(m, e, out, out, n); })) return "mix_minus in place";
    if (!pcm_in_out([&](auto& k, Pcm* out) { k.gain(out, gain, out, n); })) return "gain in place";

    if (!codewords->canaries_live() || !samples->canaries_live() || !sums->canaries_live()) return "input";
    return {};
  }

 private:
  const kernel::Kernels& candidate_;
};

}  // namespace tutti::support
