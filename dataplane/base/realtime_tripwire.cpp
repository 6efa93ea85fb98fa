// The tripwire of the `rt` preset: the linker takes these in place of glibc's for the whole program.
#ifdef TUTTI_RT_TRIPWIRE

#include <cerrno>
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
  constexpr char kMessage[] = "rt tripwire: called inside a core's turn: ";
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

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);

void* malloc(std::size_t size) {
  tutti::base::trip_if_realtime("malloc");
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  tutti::base::trip_if_realtime("calloc");
  return __libc_calloc(count, size);
}
void* realloc(void* block, std::size_t size) {
  tutti::base::trip_if_realtime("realloc");
  return __libc_realloc(block, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  tutti::base::trip_if_realtime("aligned_alloc");
  return __libc_memalign(alignment, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  tutti::base::trip_if_realtime("memalign");
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  tutti::base::trip_if_realtime("posix_memalign");
  *block = __libc_memalign(alignment, size);
  return *block == nullptr ? ENOMEM : 0;
}
void free(void* block) {
  if (block != nullptr) tutti::base::trip_if_realtime("free");
  __libc_free(block);
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

#endif  // TUTTI_RT_TRIPWIRE
