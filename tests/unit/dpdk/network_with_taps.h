// A network namespace for one test, with interfaces that are made of this process's frames.
#pragma once

#include <functional>
#include <thread>

#include <sched.h>
#include <unistd.h>

namespace tutti::dpdk {

// Runs `body` in a thread that has a network of its own, which ends with it. False where this user or kernel
// has no namespaces, or no taps: then nothing has run.
inline bool in_a_network_with_taps(const std::function<void()>& body) {
  bool could = false;
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) != 0 || ::access("/dev/net/tun", R_OK | W_OK) != 0) return;
    could = true;
    body();
  }).join();
  return could;
}

}  // namespace tutti::dpdk
