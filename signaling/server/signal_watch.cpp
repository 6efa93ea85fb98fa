#include "signaling/server/signal_watch.h"

#include <csignal>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "dataplane/base/check.h"

namespace tutti::server {
namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

int open_signals() {
  const sigset_t set = watched();
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

}  // namespace

void SignalWatch::block() {
  const sigset_t set = watched();
  CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
}

SignalWatch::SignalWatch(std::function<void(int)> on_signal)
    : signals_(open_signals()),
      end_(eventfd(0, EFD_CLOEXEC)),
      thread_([this, on_signal = std::move(on_signal)] { watch(on_signal); }) {
  CHECK(signals_ >= 0 && end_ >= 0);
}

SignalWatch::~SignalWatch() {
  CHECK(eventfd_write(end_, 1) == 0);
  thread_.join();
  close(signals_);
  close(end_);
}

void SignalWatch::watch(const std::function<void(int)>& on_signal) const {
  pthread_setname_np(pthread_self(), "signals");
  while (true) {
    pollfd polled[2] = {{signals_, POLLIN, 0}, {end_, POLLIN, 0}};
    if (poll(polled, 2, -1) < 0) continue;
    if (polled[1].revents != 0) return;
    signalfd_siginfo info;
    while (read(signals_, &info, sizeof info) == sizeof info) {
      on_signal(static_cast<int>(info.ssi_signo));
    }
  }
}

}  // namespace tutti::server
