// CableCallers: the far end of a cable, for benches: so many G.711 callers, each with its own place in the 20
// ms, and what comes back to them, counted; of a few of them kept.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/base/socket_address.h"
#include "dataplane/net/mac_address.h"
#include "tests/support/voices.h"

namespace tutti::dpdk {

// Thread: one; the counts are read when it rests.
class CableCallers {
 public:
  // What a kept caller heard.
  struct Heard {
    std::uint32_t caller = 0;
    std::uint16_t sequence = 0;  // of the packet
    std::uint64_t period = 0;    // of the callers at that moment: their packets have numbers up to this one
    test_support::Voices::Payload payload;
  };
  struct Counts {
    std::uint64_t sent = 0;
    std::uint64_t refused = 0;  // there was no room in the ring, or no buffer: lost, as a card would lose it
    std::uint64_t rtp = 0;
    std::uint64_t rtcp = 0;
    std::uint64_t strange = 0;  // to nobody, or no G.711 packet of 20 ms
  };

  // `port` is a device's name, with arguments where DPDK does not know it yet; its link is waited for. So
  // many buffers are sent and received with, all that are under way. `voices` outlive it.
  CableCallers(const std::string& port, const net::MacAddress& from, const net::MacAddress& to,
               const test_support::Voices& voices, std::uint32_t buffers);
  ~CableCallers();  // what still waits is let fall
  CableCallers(const CableCallers&) = delete;
  CableCallers& operator=(const CableCallers&) = delete;

  // Where the i-th caller is: its RTP address; RTCP is the next port.
  static base::SocketAddress address(std::uint32_t i);
  // The next caller, at address(size()), calls `server`. Who does not talk sends silence.
  void add(const base::SocketAddress& server, bool talks);
  // After the last: each gets a place in the 20 ms, in no order. What is kept is of these.
  void begin(std::uint64_t seed, const std::vector<std::uint32_t>& kept);

  // Sends those that are due: until so many packets were sent since begin(), all callers together, one of
  // each in 20 ms.
  void send_until(std::uint64_t packets);
  std::uint64_t packets() const;
  // A burst of what has come back; how many.
  std::size_t receive();
  // Counting begins anew, and keeping.
  void measure();
  void keep_no_more();
  const Counts& counts() const;
  const std::vector<Heard>& heard() const;
  // The voice of a caller's packet with that number.
  static std::size_t voice(std::uint32_t caller, std::uint64_t number) {
    return test_support::Voices::of(0, caller, number);
  }

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace tutti::dpdk
