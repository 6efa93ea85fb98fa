// Interposition: functions of ours that the library calls in place of its own, as the program's symbols come
// before a shared library's.
#pragma once

#include <dlfcn.h>

namespace tutti::sip {

// The library's own function of a name that we define, too.
template <typename Function>
Function* library_function(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// True when the library calls `ours` by this name; false in a program whose linker bound it otherwise.
template <typename Function>
bool is_interposed(const char* name, Function* ours) {
  return dlsym(RTLD_DEFAULT, name) == reinterpret_cast<void*>(ours) &&
         library_function<Function>(name) != nullptr;
}

}  // namespace tutti::sip
