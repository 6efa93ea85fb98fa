#include "mixer/conference_mixer.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "mixer/kernel/kernels.h"

namespace tutti::mixer {
namespace {

using base::kFrameSamples;
using codec::CodecId;

const kernel::Byte* codewords(std::span<const std::byte> payload) {
  return reinterpret_cast<const kernel::Byte*>(payload.data());
}
kernel::Byte* codewords(std::span<std::byte> payload) {
  return reinterpret_cast<kernel::Byte*>(payload.data());
}

}  // namespace

void ConferenceMixer::begin_tick() TUTTI_REALTIME {
  sum_.samples.fill(0);
  contributors_ = 0;
}

void ConferenceMixer::count(std::uint32_t contributors) TUTTI_REALTIME {
  DCHECK(contributors <= kContributorsMax - contributors_);
  contributors_ += contributors;
}

void ConferenceMixer::add(const base::Frame& frame) TUTTI_REALTIME {
  count(1);
  kernel::add(frame.samples.data(), sum_.samples.data(), kFrameSamples);
}

void ConferenceMixer::add_encoded(CodecId codec, std::span<const std::byte> payload,
                                  base::Frame& own) TUTTI_REALTIME {
  count(1);
  const std::size_t n = std::min(payload.size(), kFrameSamples);
  switch (codec) {
    case CodecId::kPcmu:
      kernel::expand_add_ulaw(codewords(payload), own.samples.data(), sum_.samples.data(), n);
      break;
    case CodecId::kPcma:
      kernel::expand_add_alaw(codewords(payload), own.samples.data(), sum_.samples.data(), n);
      break;
  }
  std::fill(own.samples.begin() + n, own.samples.end(), std::int16_t{0});
}

void ConferenceMixer::add_sum(const base::SumFrame& sum, std::uint32_t contributors) TUTTI_REALTIME {
  count(contributors);
  kernel::add_sum(sum.samples.data(), sum_.samples.data(), kFrameSamples);
}

void ConferenceMixer::mix_minus(const base::Frame& own, base::Frame& out) const TUTTI_REALTIME {
  kernel::mix_minus(sum_.samples.data(), own.samples.data(), out.samples.data(), kFrameSamples);
}

std::size_t ConferenceMixer::mix_minus_encoded(CodecId codec, const base::Frame& own,
                                               std::span<std::byte> payload) const TUTTI_REALTIME {
  DCHECK(payload.size() >= kFrameSamples);
  switch (codec) {
    case CodecId::kPcmu:
      kernel::mix_minus_compress_ulaw(sum_.samples.data(), own.samples.data(), codewords(payload),
                                      kFrameSamples);
      break;
    case CodecId::kPcma:
      kernel::mix_minus_compress_alaw(sum_.samples.data(), own.samples.data(), codewords(payload),
                                      kFrameSamples);
      break;
  }
  return kFrameSamples;
}

void ConferenceMixer::full_mix(base::Frame& out) const TUTTI_REALTIME {
  kernel::saturate(sum_.samples.data(), out.samples.data(), kFrameSamples);
}

std::size_t ConferenceMixer::full_mix_encoded(CodecId codec,
                                              std::span<std::byte> payload) const TUTTI_REALTIME {
  DCHECK(payload.size() >= kFrameSamples);
  switch (codec) {
    case CodecId::kPcmu:
      kernel::saturate_compress_ulaw(sum_.samples.data(), codewords(payload), kFrameSamples);
      break;
    case CodecId::kPcma:
      kernel::saturate_compress_alaw(sum_.samples.data(), codewords(payload), kFrameSamples);
      break;
  }
  return kFrameSamples;
}

}  // namespace tutti::mixer
