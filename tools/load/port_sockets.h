// PortSockets: a UDP socket a caller, each with a port of its own.
#pragma once

#include <string>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"

namespace tutti::load {

class PortSockets {
 public:
  // Errors: one sentence; descriptors that do not suffice are one.
  static base::Result<PortSockets, std::string> open(std::size_t count, const base::SocketAddress& local_ip);
  PortSockets(PortSockets&&) noexcept = default;
  PortSockets& operator=(PortSockets&&) = delete;
  ~PortSockets();

  std::size_t size() const { return descriptors_.size(); }
  int descriptor(std::size_t index) const { return descriptors_[index]; }
  base::SocketAddress address(std::size_t index) const;

 private:
  PortSockets() = default;
  std::vector<int> descriptors_;
};

// The clock of the kernel's arrival stamps, ahead of CLOCK_MONOTONIC.
base::Duration realtime_ahead();

}  // namespace tutti::load
