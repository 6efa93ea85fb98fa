// Banner: what the server tells whoever started it, once: how to call in, and that it is ready.
#pragma once

#include <cstdint>
#include <string>

#include "dataplane/base/socket_address.h"
#include "signaling/server/cpu_set.h"

namespace tutti::server {

// How the server really runs: ports filled in, CPUs chosen.
struct ServerFacts {
  base::SocketAddress sip;
  base::SocketAddress media;  // its port means nothing
  std::uint16_t rtp_port_low = 0;
  std::uint16_t rtp_port_high = 0;
  base::SocketAddress http;  // not valid() = off
  CpuSet media_cpus;
  CpuSet control_cpus;
  std::string backend;
  bool realtime = false;  // every media thread has SCHED_FIFO
  int pid = 0;
};

// Some lines for people.
std::string banner(const ServerFacts& facts, std::string_view version);

// "tuttid ready sip=ADDR:PORT http=ADDR:PORT cores=LIST pid=N": one line for programs, the last of the start.
std::string ready_line(const ServerFacts& facts);

}  // namespace tutti::server
