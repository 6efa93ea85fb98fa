// The tripwire of the `asan` preset. The sanitizer has taken malloc's place and tells of each block; the
// locks of pthreads the linker takes from here, for the whole program, in place of glibc's.
#ifdef __SANITIZE_ADDRESS__

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

#include "dataplane/base/realtime.h"

namespace tutti::base {
namespace {

thread_local int depth = 0;

void trip_if_realtime(const char* what) noexcept {
  if (depth == 0) return;
  depth = 0;  // abort() itself may allocate
  constexpr char kMessage[] = "tripwire: called inside a core's turn: ";
  // write(2), because stdio may allocate; nothing can be done if it fails.
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, kMessage, sizeof(kMessage) - 1);
  written = ::write(STDERR_FILENO, what, std::strlen(what));
  written = ::write(STDERR_FILENO, "\n", 1);
  std::abort();
}

}  // namespace

RealtimeSection::RealtimeSection() noexcept {
  ++depth;
}
RealtimeSection::~RealtimeSection() {
  --depth;
}

}  // namespace tutti::base

extern "C" {

// Of each of the functions that allocate, and of each that frees a block; which one it was is not told.
void __sanitizer_malloc_hook(const volatile void* /*block*/, std::size_t /*size*/) {
  tutti::base::trip_if_realtime("malloc");
}
void __sanitizer_free_hook(const volatile void* /*block*/) {
  tutti::base::trip_if_realtime("free");
}

int pthread_mutex_lock(pthread_mutex_t* mutex) {
  tutti::base::trip_if_realtime("pthread_mutex_lock");
  static const auto real =
      reinterpret_cast<int (*)(pthread_mutex_t*)>(::dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  return real(mutex);
}
int pthread_rwlock_rdlock(pthread_rwlock_t* lock) {
  tutti::base::trip_if_realtime("pthread_rwlock_rdlock");
  static const auto real =
      reinterpret_cast<int (*)(pthread_rwlock_t*)>(::dlsym(RTLD_NEXT, "pthread_rwlock_rdlock"));
  return real(lock);
}
int pthread_rwlock_wrlock(pthread_rwlock_t* lock) {
  tutti::base::trip_if_realtime("pthread_rwlock_wrlock");
  static const auto real =
      reinterpret_cast<int (*)(pthread_rwlock_t*)>(::dlsym(RTLD_NEXT, "pthread_rwlock_wrlock"));
  return real(lock);
}

}  // extern "C"

#endif  // __SANITIZE_ADDRESS__
