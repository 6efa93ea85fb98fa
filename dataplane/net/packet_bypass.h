// PacketBypass: the packets of all cores on a card that no kernel drives, as a whole: its ports, its
// addresses' endpoints, and who answers for them. What --backend dpdk loads (docs/decisions/0031-dpdk.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/endpoint_factory.h"
#include "dataplane/net/ip_host.h"
#include "dataplane/net/packet_port.h"
#include "dataplane/net/queue_counters.h"

namespace tutti::net {

struct BypassOptions {
  std::string device;  // a PCI address, or a virtual device: "net_af_packet0,iface=eth1"
  std::vector<base::SocketAddress> addresses;  // ours alone; their ports are not used
  std::uint8_t prefix_ipv4 = 24;
  std::uint8_t prefix_ipv6 = 64;
  base::SocketAddress gateway_ipv4;  // not valid(): there is none
  base::SocketAddress gateway_ipv6;
  VlanId vlan = kNoVlan;
  bool kernel_beside = false;  // what is no media is the kernel's, by an interface that has the addresses

  std::uint16_t cores = 1;
  std::uint16_t first_port = 0;  // of the range that endpoints are opened in, as EndpointAllocator has it
  std::uint16_t last_port = 0;
  PortLimits limits;  // of each core

  std::uint16_t mtu = 1'500;
  std::uint16_t receive_descriptors = 2'048;  // of each core's queue
  std::uint16_t transmit_descriptors = 1'024;
  bool promiscuous = false;
  bool huge_pages = true;
  std::uint32_t memory_mb = 0;         // 0: as much as the packets' buffers need
  std::vector<int> cpus;               // for DPDK's own threads, none a core's; empty: where the caller runs
  std::vector<std::string> arguments;  // further ones for DPDK's EAL
};

enum class BypassLogLevel : std::uint8_t { kError, kWarning, kInfo };
// Called by any thread but a core's.
using BypassLog = std::function<void(BypassLogLevel, std::string_view)>;

// Thread: signaling, but the ports and what counts.
class PacketBypass {
 public:
  // All ports are gone.
  virtual ~PacketBypass() = default;

  // Once for each core, before start(). It must not outlive this.
  virtual std::unique_ptr<PacketPort> make_port(std::uint16_t core) = 0;
  // From now on it answers ARP, and finds neighbours.
  virtual void start() = 0;
  // And no more: before the first port ends.
  virtual void stop() = 0;
  virtual EndpointFactory& endpoints() = 0;

  // Lines for the log: the device and how its packets come to their cores.
  virtual std::vector<std::string> description() const = 0;
  // What is wrong with the link at this moment, in a sentence; empty when it is up.
  virtual std::string complaint() const = 0;

  // While the core's port lives. Thread: any may read.
  struct Queue {
    const QueueCounters* counters = nullptr;
    const PacketPort::Counters* port = nullptr;
    std::size_t receive_buffers = 0;
    std::size_t receive_buffers_free = 0;
    std::size_t transmit_buffers = 0;
    std::size_t transmit_buffers_free = 0;
  };
  virtual Queue queue(std::uint16_t core) const = 0;
  // Of the thread beside the cores: what it sent or lost, what a kernel beside us took and gave, and how it
  // found the link.
  struct SlowPath {
    std::uint64_t frames_sent = 0;
    std::uint64_t frames_lost = 0;
    std::uint64_t to_kernel = 0;
    std::uint64_t from_kernel = 0;
    std::size_t buffers = 0;
    std::size_t buffers_free = 0;
    bool link_up = true;
    std::uint64_t link_downs = 0;  // times that it went down
  };
  virtual SlowPath slow_path() const = 0;
  virtual const IpHost::Counters& host_counters() const = 0;
  virtual const NeighbourTable::Counters& neighbour_counters() const = 0;
  // The driver's own counters, by its names.
  virtual std::vector<std::pair<std::string, std::uint64_t>> device_counters() const = 0;
};

// Loads this program's library, beside it or in ../lib/tutti, or that one, and has it make one; once in a
// process. Errors: one sentence that says what to do: also where the library is of another build than the
// program.
base::Result<std::unique_ptr<PacketBypass>, std::string> load_bypass(
    const BypassOptions& options, BypassLog log, const std::filesystem::path& library = {});

// Names the version, the headers of base and net, the compiler and its flags: program and library speak to
// each other in C++, and understand each other only where all these are equal.
std::string_view bypass_build();

// What the library has: its bypass_build(), and what fills in one of the two.
inline constexpr const char* kBypassLibrary = "tutti-dpdk.so";
inline constexpr const char* kBypassBuild = "tutti_bypass_build";
using BypassBuild = const char* (*)();
inline constexpr const char* kBypassEntry = "tutti_make_bypass";
using BypassEntry = void (*)(const BypassOptions& options, const BypassLog& log,
                             std::unique_ptr<PacketBypass>& made, std::string& error);

}  // namespace tutti::net
