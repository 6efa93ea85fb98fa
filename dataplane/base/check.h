// CHECK and DCHECK: our own mistakes end the process with the place and the condition.
//
// Never on bytes from outside: those are a Result (signaling) or a DropReason (data plane).
#pragma once

namespace tutti::base {

// Prints file, line and condition to standard error and aborts. Owns nothing, allocates nothing.
[[noreturn]] void check_failed(const char* file, int line, const char* condition) noexcept;

}  // namespace tutti::base

#define CHECK(condition)                                     \
  (__builtin_expect(!!(condition), 1) ? static_cast<void>(0) \
                                      : ::tutti::base::check_failed(__FILE__, __LINE__, #condition))

#ifdef NDEBUG
#define DCHECK(condition) static_cast<void>(sizeof(!(condition)))
#else
#define DCHECK(condition) CHECK(condition)
#endif
