// NextHops: to which MAC address a frame for an IP address goes; asked of the kernel off the core, kept where
// the core reads it without waiting.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "dataplane/base/realtime.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/udp_frame.h"

namespace tutti::net {

// The interface that an address of this host belongs to.
struct LocalInterface {
  int index = 0;
  bool loopback = false;
  MacAddress mac{};
};
// None: no address of ours, or the interface is no Ethernet. 127.0.0.0/8 is loopback's.
std::optional<LocalInterface> find_interface(const base::SocketAddress& ip);

// The kernel's answer of this moment, over netlink: route, then neighbour. None: the way leads through
// another interface, or the neighbour is not known (a packet through a socket makes the kernel ask for it).
class NextHopQuery {
 public:
  explicit NextHopQuery(const LocalInterface& interface);
  ~NextHopQuery();
  NextHopQuery(const NextHopQuery&) = delete;
  NextHopQuery& operator=(const NextHopQuery&) = delete;

  std::optional<MacAddress> ask(const base::SocketAddress& to);

 private:
  const LocalInterface interface_;
  int socket_ = -1;
};

// A place for each endpoint. Its own thread asks for what is new within kNewEvery, for all anew each kAgain:
// a neighbour that moves, or a route that changes, is followed then.
class NextHops {
 public:
  static constexpr auto kNewEvery = std::chrono::milliseconds(20);
  static constexpr auto kAgain = std::chrono::seconds(1);

  // Thread: not the core's, as of the destructor.
  NextHops(const LocalInterface& interface, std::uint32_t places);
  ~NextHops();
  NextHops(const NextHops&) = delete;
  NextHops& operator=(const NextHops&) = delete;

  // Thread of these: the core's.
  void set(std::uint32_t place, const base::SocketAddress& to) TUTTI_REALTIME;
  void clear(std::uint32_t place) TUTTI_REALTIME;
  // None: not known yet, or no more; send by other ways.
  std::optional<MacAddress> find(std::uint32_t place) const TUTTI_REALTIME;

 private:
  // A sequence lock: `version` is 0 while the core writes. An answer names the version that it is for.
  struct Place {
    std::atomic<std::uint64_t> answer{0};  // version in the upper 16 bits, then the MAC; 0: none
    std::atomic<std::uint64_t> ip_high{0};
    std::atomic<std::uint64_t> ip_low{0};
    std::atomic<std::uint16_t> version{0};
    std::atomic<std::uint8_t> family{0};
    std::uint16_t last_version = 0;  // the core's
  };

  void run();
  void answer_all(bool again);
  // The version and what is asked; none while nothing is.
  std::optional<std::pair<std::uint16_t, base::SocketAddress>> read(const Place& place) const;

  const std::uint32_t count_;
  const std::unique_ptr<Place[]> places_;
  // The thread's.
  NextHopQuery query_;
  const std::unique_ptr<std::uint16_t[]> answered_;  // the version, by place
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace tutti::net
