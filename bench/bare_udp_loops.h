// BareLoop: the least that a media core can do: take a packet from a UDP socket, send one from it, for
// thousands of sockets. One way to do it each; bare-udp measures them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace tutti::bare {

inline constexpr std::size_t kPacketBytes = 172;  // RTP's header and 20 ms of G.711
inline constexpr unsigned kSubSlots = 8;          // of a tick of 20 ms; the loop wakes for each

// Thread: made anywhere, then one thread's, the same that calls begin() first.
class BareLoop {
 public:
  virtual ~BareLoop() = default;
  virtual void begin() {}
  // Takes what has come, or in loops that read each socket once a tick, what has come at the sockets of
  // this sub-slot; sends one packet for each.
  virtual void turn(unsigned sub_slot) = 0;

  std::uint64_t received = 0;
  std::uint64_t refused = 0;  // sends that the kernel did not take
};

struct BareLoopKind {
  const char* name;
  const char* about;
  enum class Sockets : std::uint8_t {
    kEach,     // one for each peer, connected to it
    kShared,   // one unconnected for all
    kSteered,  // the same, but each peer sends to a port of its own: kSteeredPorts and so on
  };
  Sockets sockets;
  bool connected;  // receives and sends through connected sockets alone: may be the fastest of them
  // `sockets` are bound and connected; one for all is not. Null where the host does not allow it.
  std::function<std::unique_ptr<BareLoop>(std::span<const int> sockets)> make;
};

// Ports that nobody binds, below the kernel's own choice.
inline constexpr std::uint16_t kSteeredPorts = 10'000;
inline constexpr std::uint16_t kSteeredPortsMost = 10'000;

// Null where the host allows no BPF program.
std::unique_ptr<BareLoop> make_lookup(std::span<const int> sockets);

// In the order of the table in docs/decisions/0004-io-uring-multishot.md.
const std::vector<BareLoopKind>& bare_loop_kinds();

}  // namespace tutti::bare
