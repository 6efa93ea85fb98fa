// G.711 on two whole vectors at a time, where a target has a shorter way for them than for one after the
// other. Elsewhere a law is as it was.

#if defined(TUTTI_MIXER_KERNEL_G711_PAIRS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TUTTI_MIXER_KERNEL_G711_PAIRS_INL_H_
#undef TUTTI_MIXER_KERNEL_G711_PAIRS_INL_H_
#else
#define TUTTI_MIXER_KERNEL_G711_PAIRS_INL_H_
#endif

#include <hwy/highway.h>

#include "mixer/kernel/g711_avx2-inl.h"
#include "mixer/kernel/g711_avx512-inl.h"
#include "mixer/kernel/g711_vbmi-inl.h"

#undef TUTTI_EXPANDS_PAIRS
#define TUTTI_EXPANDS_PAIRS (HWY_TARGET == HWY_AVX2)
#undef TUTTI_COMPRESSES_PAIRS
#define TUTTI_COMPRESSES_PAIRS (HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3_DL)

#if !TUTTI_COMPRESSES_PAIRS
HWY_BEFORE_NAMESPACE();
namespace tutti::kernel::HWY_NAMESPACE {

using UlawByPairs = Ulaw;
using AlawByPairs = Alaw;

}  // namespace tutti::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif  // TUTTI_MIXER_KERNEL_G711_PAIRS_INL_H_
