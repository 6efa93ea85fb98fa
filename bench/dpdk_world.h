// DpdkWorld: a server's side of a cable, as production has it but for SIP: device, port, mailbox, rooms,
// everyone's endpoint.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/room_plan.h"
#include "dataplane/core/core_options.h"
#include "dataplane/core/ring_directory.h"
#include "dataplane/dpdk/device.h"
#include "dataplane/dpdk/dpdk_port.h"
#include "dataplane/dpdk/local_endpoints.h"
#include "dataplane/mailbox/mailbox.h"
#include "dataplane/net/endpoint_allocator.h"

namespace tutti::bench {

// Thread: one; the mailbox and the port belong to who uses them.
class DpdkWorld {
 public:
  struct Options {
    RoomPlan plan;
    std::string device;
    std::uint32_t ring = 0;  // packets that the cable holds each way
    dpdk::DpdkPort::Clock clock = &base::monotonic_now;
  };
  // Everyone's commands are in the mailbox. The process ends, with a sentence, where the device does not
  // open.
  explicit DpdkWorld(const Options& options);

  core::CoreOptions core_options();
  // To be ended before the world. Once.
  std::unique_ptr<dpdk::DpdkPort> make_port();
  mailbox::Mailbox& mailbox() { return mailbox_; }
  const dpdk::Device& device() const { return *device_; }
  // Whom each caller calls: RTP; RTCP is at the next port.
  const std::vector<base::SocketAddress>& servers() const { return servers_; }

  // Takes what the core tells, to nowhere.
  void drain_events();

 private:
  void post_all(const std::vector<net::Endpoint>& endpoints);

  const RoomPlan plan_;
  const dpdk::DpdkPort::Clock clock_;
  const net::PortLimits limits_;
  const std::unique_ptr<dpdk::Device> device_;
  const dpdk::LocalAddresses addresses_;
  dpdk::Exchange exchange_;
  dpdk::LocalEndpoints factory_;
  net::EndpointAllocator allocator_;
  core::RingDirectory directory_;
  mailbox::Mailbox mailbox_;
  std::vector<base::SocketAddress> servers_;
};

}  // namespace tutti::bench
