#include "signaling/server/heap.h"

#include <cstddef>

extern "C" {

// jemalloc reads it before main. One arena: only one thread allocates for calls. A transaction's memory is
// free some 5 to 32 s after its last message; what is free for 5 s more goes back.
extern const char* malloc_conf;
const char* malloc_conf = "narenas:1,max_background_threads:1,dirty_decay_ms:5000,muzzy_decay_ms:0";

// Null in programs that are not linked with jemalloc.
[[gnu::weak]] int mallctl(const char* name, void* old_value, std::size_t* old_size, void* new_value,
                          std::size_t new_size);

}  // extern "C"

namespace tutti::server {

void give_back_free_memory() {
  if (mallctl == nullptr) return;
  bool on = true;
  // Refused, memory goes back only while some is asked for.
  static_cast<void>(mallctl("background_thread", nullptr, nullptr, &on, sizeof on));
}

}  // namespace tutti::server
