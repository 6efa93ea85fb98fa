// A library that is not this build's tutti-dpdk.so: OTHER_BUILD's, or one that does not say. Whoever goes on
// to call its entry has not looked.
#include <cstdlib>

#ifdef OTHER_BUILD
extern "C" __attribute__((visibility("default"))) const char* tutti_bypass_build() {
  return OTHER_BUILD;
}
#endif

extern "C" __attribute__((visibility("default"))) void tutti_make_bypass() {
  std::abort();
}
