// Capture: the G.711 calls in a pcap file: what each caller sent to a conference server and was sent by it.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "tools/analyser/samples.h"

namespace tutti::ctl {

// One direction of one caller.
struct CapturedStream {
  analyser::Samples samples;  // what was lost is silence
  std::int64_t start = 0;     // samples from the capture's first packet of RTP
  std::size_t packets = 0;

  analyser::Track track() const { return {samples, start}; }
};

struct CapturedCaller {
  // The From of its INVITE where that was captured, harmless and no longer than a line; else its media
  // address.
  std::string name;
  base::SocketAddress media;
  CapturedStream sent;
  CapturedStream heard;
};

// The server's media ports, by which the two ends of a stream are told apart; tuttid's own by default.
struct PortRange {
  std::uint16_t low = 16'384;
  std::uint16_t high = 32'767;
  bool holds(std::uint16_t port) const { return port >= low && port <= high; }
};

struct Capture {
  static constexpr std::size_t kCallersMax = 64;
  static constexpr std::int64_t kSamplesMax = 600 * analyser::kRateHz;  // of a stream: 10 minutes

  std::vector<CapturedCaller> callers;  // in the order of their first packet
  std::size_t rtp_packets = 0;
  std::size_t unplaced = 0;  // RTP of which neither end, or both, is the server's
};

// Reads pcap and pcapng of Ethernet, Linux cooked, loopback and raw IP. Up to 64 callers with the most
// packets, 10 minutes of each. A packet may be followed by 5 s of silence, so all streams together have no
// more than `samples_max`: what these callers say and hear. Errors: one sentence; more than that is one.
base::Result<Capture, std::string> read_capture(const std::string& file, const PortRange& server_ports,
                                                std::int64_t samples_max = 2 * Capture::kCallersMax *
                                                                           Capture::kSamplesMax);

// One packet's UDP payload and ends; nothing where it is none, or a fragment, or broken.
struct Datagram {
  base::SocketAddress from;
  base::SocketAddress to;
  std::span<const std::byte> payload;
};
std::optional<Datagram> find_datagram(std::span<const std::byte> ip_packet);

}  // namespace tutti::ctl
