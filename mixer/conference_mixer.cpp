#include "mixer/conference_mixer.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "mixer/codec/codec.h"
#include "mixer/kernel/kernels.h"

namespace tutti::mixer {
namespace {

using base::kFrameSamples;
using codec::CodecId;

const kernel::Byte* codewords(std::span<const std::byte> payload) {
  return reinterpret_cast<const kernel::Byte*>(payload.data());
}

void expand_add(CodecId codec, const kernel::Byte* const* in, kernel::Pcm* const* out, std::size_t count,
                base::SumFrame& sum, std::size_t n) TUTTI_REALTIME {
  switch (codec) {
    case CodecId::kPcmu:
      return kernel::expand_add_ulaw(in, out, count, sum.samples.data(), n);
    case CodecId::kPcma:
      return kernel::expand_add_alaw(in, out, count, sum.samples.data(), n);
  }
}

void expand_mix(CodecId codec, const kernel::Byte* const* in, kernel::Pcm* const* out, std::size_t count,
                base::SumFrame& sum, base::Frame& mix, base::Frame& excess) TUTTI_REALTIME {
  const auto kernel = codec == CodecId::kPcmu ? kernel::expand_mix_ulaw : kernel::expand_mix_alaw;
  kernel(in, out, count, sum.samples.data(), mix.samples.data(), excess.samples.data(), kFrameSamples);
}

}  // namespace

void ConferenceMixer::begin_tick() TUTTI_REALTIME {
  contributors_ = 0;
  split_ = false;
  nothing_ = true;
}

void ConferenceMixer::clear_once() TUTTI_REALTIME {
  if (!nothing_) return;
  sum_.samples.fill(0);
  nothing_ = false;
}

void ConferenceMixer::count(std::uint32_t contributors) TUTTI_REALTIME {
  DCHECK(contributors <= kContributorsMax - contributors_);
  contributors_ += contributors;
  split_ = false;
}

void ConferenceMixer::split_once() TUTTI_REALTIME {
  if (split_) return;
  clear_once();
  kernel::split(sum_.samples.data(), mix_.samples.data(), excess_.samples.data(), kFrameSamples);
  split_ = true;
}

void ConferenceMixer::add(const base::Frame& frame) TUTTI_REALTIME {
  count(1);
  clear_once();
  kernel::add(frame.samples.data(), sum_.samples.data(), kFrameSamples);
}

void ConferenceMixer::add_encoded(CodecId codec, std::span<const std::byte> payload,
                                  base::Frame& own) TUTTI_REALTIME {
  count(1);
  clear_once();
  const std::size_t n = std::min(payload.size(), kFrameSamples);
  const kernel::Byte* const in = codewords(payload);
  kernel::Pcm* const out = own.samples.data();
  expand_add(codec, &in, &out, 1, sum_, n);
  std::fill(own.samples.begin() + n, own.samples.end(), std::int16_t{0});
}

void ConferenceMixer::add_encoded(CodecId codec, std::span<const std::uint8_t* const> payloads,
                                  std::span<std::int16_t* const> own) TUTTI_REALTIME {
  DCHECK(payloads.size() == own.size());
  count(static_cast<std::uint32_t>(payloads.size()));
  if (nothing_) {
    expand_mix(codec, payloads.data(), own.data(), payloads.size(), sum_, mix_, excess_);
    nothing_ = false;
    split_ = true;
  } else {
    expand_add(codec, payloads.data(), own.data(), payloads.size(), sum_, kFrameSamples);
  }
}

void ConferenceMixer::add_sum(const base::SumFrame& sum, std::uint32_t contributors) TUTTI_REALTIME {
  count(contributors);
  clear_once();
  kernel::add_sum(sum.samples.data(), sum_.samples.data(), kFrameSamples);
}

void ConferenceMixer::mix_minus(const base::Frame& own, base::Frame& out) TUTTI_REALTIME {
  split_once();
  kernel::mix_minus(mix_.samples.data(), excess_.samples.data(), own.samples.data(), out.samples.data(),
                    kFrameSamples);
}

void ConferenceMixer::mix_minus_encoded(CodecId codec, std::span<const std::int16_t* const> own,
                                        std::span<std::uint8_t* const> payloads) TUTTI_REALTIME {
  DCHECK(payloads.size() == own.size());
  split_once();
  const auto kernel =
      codec == CodecId::kPcmu ? kernel::mix_minus_compress_ulaw : kernel::mix_minus_compress_alaw;
  kernel(mix_.samples.data(), excess_.samples.data(), own.data(), payloads.data(), own.size(), kFrameSamples);
}

void ConferenceMixer::full_mix(base::Frame& out) TUTTI_REALTIME {
  split_once();
  out = mix_;
}

std::size_t ConferenceMixer::full_mix_encoded(CodecId codec, std::span<std::byte> payload) TUTTI_REALTIME {
  DCHECK(payload.size() >= kFrameSamples);
  split_once();
  return codec::encode(codec, mix_.samples, payload);
}

}  // namespace tutti::mixer
