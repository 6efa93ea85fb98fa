// Tap: an interface of the kernel's, of an MTU of 1 500, that stands for DPDK's port: with the card's MAC and
// our addresses, so that SIP can be bound to them; what the kernel sends through it is ours to send.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/dpdk/local_addresses.h"
#include "dataplane/dpdk/slow_path.h"
#include "dataplane/net/ethernet_frame.h"

namespace tutti::dpdk {

struct TapOptions {
  std::string name = "tutti%d";  // the kernel puts the first free number there
  net::EthernetStation station;  // frames of its VLAN on the wire have a tag, the kernel's have none
  std::vector<LocalAddresses::Address> addresses;
  std::vector<base::SocketAddress> gateways;  // behind every other default route that the host has
};

// Thread: made and ended by signaling; take() and next() the slow path's. The interface ends with it.
class Tap final : public ExceptionSink {
 public:
  // Up, with its addresses, when it returns.
  // Errors: one sentence: no /dev/net/tun, not permitted, an address that another interface has.
  static base::Result<std::unique_ptr<Tap>, std::string> open(const TapOptions& options);
  ~Tap() override;
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  const std::string& name() const { return name_; }

  // What the kernel has no room for is lost, as on any interface.
  void take(std::span<const std::byte> frame) override;
  std::size_t next(std::span<std::byte> frame) override;

 private:
  Tap(int file, std::string name, net::VlanId vlan);

  const int file_;
  const std::string name_;
  const net::VlanId vlan_;
};

}  // namespace tutti::dpdk
