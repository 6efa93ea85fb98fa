// Prefetch: asks for a cache line that will be needed some hundred nanoseconds from now.
//
// In assembly, because to GCC a function that does nothing but __builtin_prefetch has no effect: what calls
// it before it is inlined loses the call (docs/decisions/0032-a-core-over-dpdk-in-virtual-time.md).
#pragma once

#include "dataplane/base/realtime.h"

namespace tutti::base {

// To be read, or written where nobody else has it. Any address will do, one that is not mapped too. Into the
// first-level cache, from which it is used before long: what is fetched ahead together is some 6 kB. (Zen 4
// had fewer lines on their way there than into the second: 0032; Zen 5 is the faster for it: 0044.)
inline void prefetch(const void* at) TUTTI_REALTIME {
#if defined(__x86_64__)
  asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(at)));
#else
  __builtin_prefetch(at);
#endif
}

// To be written: the line is taken from the core that has it now, not when it is written.
inline void prefetch_to_write(const void* at) TUTTI_REALTIME {
#if defined(__x86_64__)
  asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(at)));
#else
  __builtin_prefetch(at, 1);
#endif
}

}  // namespace tutti::base
