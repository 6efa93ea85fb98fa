// FramePump: the far end of a cable, for benches: sends frames of many flows as fast as may be, and lets fall
// what comes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "dataplane/base/socket_address.h"
#include "dataplane/net/mac_address.h"

namespace tutti::dpdk {

// Thread: one.
class FramePump {
 public:
  // Each frame carries so many bytes.
  FramePump(const std::string& port, const net::MacAddress& from, const net::MacAddress& to,
            std::size_t payload_bytes);
  ~FramePump();
  FramePump(const FramePump&) = delete;
  FramePump& operator=(const FramePump&) = delete;

  void add(const base::SocketAddress& from, const base::SocketAddress& to);
  // The next ones, one of each flow in turn; returns how many found room.
  std::size_t send(std::size_t count);
  // What has come back.
  std::size_t discard();

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace tutti::dpdk
