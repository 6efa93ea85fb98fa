// Marks of the real-time side, and the tripwire that holds them.
//
// A function marked TUTTI_REALTIME may be called from a media core: bounded, no allocation, no lock,
// no log, no exception. A function without the mark may not.
#pragma once

#define TUTTI_REALTIME noexcept

namespace tutti::base {

// While one of these lives, this thread is inside a core's turn. Under the `asan` preset malloc, free and
// the locks of pthreads abort then, naming themselves; elsewhere it costs nothing.
// Thread: nests, and belongs to the thread that made it.
class RealtimeSection {
 public:
#ifdef __SANITIZE_ADDRESS__  // by GCC; clang's fuzzers have no turns
  RealtimeSection() noexcept;
  ~RealtimeSection();
#else
  RealtimeSection() noexcept {}
  ~RealtimeSection() {}
#endif
  RealtimeSection(const RealtimeSection&) = delete;
  RealtimeSection& operator=(const RealtimeSection&) = delete;
};

}  // namespace tutti::base
