// DpdkWorld: a server's side of a cable of memory and its callers, as production has it but for SIP: device,
// port, mailbox, rooms, everyone's endpoint.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/core/core_options.h"
#include "dataplane/core/ring_directory.h"
#include "dataplane/dpdk/device.h"
#include "dataplane/dpdk/dpdk_port.h"
#include "dataplane/dpdk/local_endpoints.h"
#include "dataplane/mailbox/mailbox.h"
#include "dataplane/net/endpoint_allocator.h"
#include "tests/support/cable_callers.h"
#include "tests/support/crossed_rings.h"

namespace tutti::bench {

struct WorldOptions {
  std::uint32_t participants = 0;  // whole rooms of 8
  bool one_room = false;           // 4 of them talk; else rooms of 8, all talking
  dpdk::DpdkPort::Clock clock = &base::monotonic_now;
  std::uint32_t ring = 16'384;  // packets under way each way
  std::uint32_t transmit_buffers = 1'024;
};

// Thread: one; the mailbox, the port and the callers belong to who uses them.
class DpdkWorld {
 public:
  explicit DpdkWorld(const WorldOptions& options);

  core::CoreOptions core_options();
  // To be ended before the world. Once.
  std::unique_ptr<dpdk::DpdkPort> make_port();
  mailbox::Mailbox& mailbox() { return mailbox_; }
  dpdk::CableCallers& callers() { return callers_; }
  const test_support::Voices& voices() const { return voices_; }

  // Of the callers that are listened to, and who else talks in the room of one.
  const std::vector<std::uint32_t>& sample() const { return sample_; }
  std::vector<std::uint32_t> talkers_beside(std::uint32_t caller) const;
  std::uint32_t share_size() const { return share_size_; }

  // Takes what the core tells, to nowhere.
  void drain_events();
  // So that the device's buffers are all back.
  void end();

 private:
  // Of one room: in shares far apart, where it has as many.
  std::uint32_t talker(std::uint32_t i) const { return i * (participants_ / kTalkers); }
  bool talks(std::uint32_t i) const { return !one_room_ || i % (participants_ / kTalkers) == 0; }
  void post_all(const std::vector<net::Endpoint>& endpoints);

  static constexpr std::uint32_t kRoom = 8;
  static constexpr std::uint32_t kTalkers = 4;
  static constexpr std::uint32_t kShare = 256;  // as signaling has it: FocusConfig::share_participants

  const std::uint32_t participants_;
  const bool one_room_;
  const std::uint32_t share_size_;
  const std::uint32_t conferences_;
  const dpdk::DpdkPort::Clock clock_;
  const net::PortLimits limits_;
  const test_support::Voices voices_{1};
  dpdk::CrossedRings rings_;
  const std::unique_ptr<dpdk::Device> device_;
  dpdk::CableCallers callers_;
  const dpdk::LocalAddresses addresses_;
  dpdk::Exchange exchange_;
  dpdk::LocalEndpoints factory_;
  net::EndpointAllocator allocator_;
  core::RingDirectory directory_;
  mailbox::Mailbox mailbox_;
  std::vector<std::uint32_t> sample_;
};

}  // namespace tutti::bench
