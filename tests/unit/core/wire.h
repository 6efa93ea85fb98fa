// Wire: one core over the simulated network and raw packets at its other end, for tests of what goes
// over the wire and when.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/rtp/rtcp_packet.h"
#include "dataplane/rtp/rtp_packet.h"
#include "tests/sim/simulated_host.h"

namespace tutti::core {

// Virtual time in steps of 0.5 ms.
class Wire {
 public:
  explicit Wire(const sim::SimulatedHostConfig& config = {}) : server(config) {}

  void run_for(base::Duration duration) {
    const base::Instant end = server.network().now() + duration;
    while (server.network().now() < end) {
      server.network().advance_to(server.network().now() + std::chrono::microseconds(500));
      server.run_cores();
    }
  }
  // Time passes while the core stands still, as under a stopped virtual machine.
  void stall_for(base::Duration duration) { server.network().advance_to(now() + duration); }
  base::Instant now() { return server.network().now(); }
  const mailbox::CoreCounters& counters() { return server.core(0).counters(); }
  std::uint64_t drops(base::DropReason reason) { return counters().drops.value(reason); }

  sim::SimulatedHost server;
};

struct ReceivedRtp {
  base::Instant arrival;
  rtp::RtpHeader header;
  std::vector<std::byte> payload;
};

// A caller's end of the wire: RTP on port 20 000, RTCP on 20 001.
class WireCaller {
 public:
  static constexpr std::uint16_t kRtpPort = 20'000;
  static constexpr std::uint16_t kRtcpPort = 20'001;

  WireCaller(Wire& wire, const std::string& ip, std::uint32_t ssrc = 0xCA11E4)
      : wire_(wire), host_(wire.server.network().make_host(*base::parse_ip(ip))), ssrc_(ssrc) {
    rtp_ = host_->open(kRtpPort);
    rtcp_ = host_->open(kRtcpPort);
  }

  mailbox::MediaParameters media() const { return sim::SimulatedHost::media_for(rtp_); }

  // The next packet in sequence: 20 ms of u-law, all of one byte (0x80 is full scale, 0xFF silence).
  void send_rtp(const base::SocketAddress& to, std::uint8_t fill = 0xA0, std::uint8_t payload_type = 0) {
    std::array<std::byte, rtp::kRtpHeaderBytes + 160> packet;
    packet.fill(std::byte{fill});
    rtp::write_rtp_header(packet, {rtp::PayloadType{payload_type}, false, rtp::SequenceNumber(sequence_),
                                   rtp::RtpTimestamp(timestamp_), rtp::Ssrc{ssrc_}});
    ++sequence_;
    timestamp_ += 160;
    host_->send(kRtpPort, to, packet);
  }
  // Sends nothing for so many samples: its timestamps go on, its sequence numbers do not.
  void pause(std::uint32_t samples) { timestamp_ += samples; }
  void send_raw(const base::SocketAddress& to, std::span<const std::byte> bytes,
                std::uint16_t from = kRtpPort) {
    host_->send(from, to, bytes);
  }
  // A telephone-event packet (payload type 101) of the event that began at the present timestamp.
  void send_event(const base::SocketAddress& to, std::uint8_t event, bool end, std::uint16_t duration) {
    std::array<std::byte, rtp::kRtpHeaderBytes + 4> packet;
    rtp::write_rtp_header(packet, {rtp::PayloadType{101}, false, rtp::SequenceNumber(sequence_++),
                                   rtp::RtpTimestamp(timestamp_), rtp::Ssrc{ssrc_}});
    packet[12] = std::byte{event};
    packet[13] = std::byte{static_cast<std::uint8_t>(end ? 0x8A : 0x0A)};
    packet[14] = std::byte{static_cast<std::uint8_t>(duration >> 8)};
    packet[15] = std::byte{static_cast<std::uint8_t>(duration)};
    host_->send(kRtpPort, to, packet);
  }

  // One packet a tick for so long.
  void talk(const base::SocketAddress& to, base::Duration duration, std::uint8_t fill = 0xA0) {
    for (base::Duration done{0}; done < duration; done += base::kTick) {
      send_rtp(to, fill);
      wire_.run_for(base::kTick);
    }
  }

  // What came since the last call. RTCP that came to the RTP port is left in `muxed_rtcp`.
  std::vector<ReceivedRtp> take_rtp() {
    std::vector<ReceivedRtp> packets;
    while (auto datagram = host_->receive(kRtpPort)) {
      if (rtp::is_rtcp(datagram->payload)) {
        muxed_rtcp.push_back(*datagram);
        continue;
      }
      const auto rtp = rtp::parse_rtp(datagram->payload);
      CHECK(rtp.has_value());
      packets.push_back({datagram->arrival, rtp->header, {rtp->payload.begin(), rtp->payload.end()}});
    }
    return packets;
  }
  std::vector<net::SimDatagram> take_rtcp() {
    std::vector<net::SimDatagram> packets;
    while (auto datagram = host_->receive(kRtcpPort)) packets.push_back(*datagram);
    return packets;
  }

  net::SimHost& host() { return *host_; }
  const base::SocketAddress& rtp() const { return rtp_; }
  std::uint32_t ssrc() const { return ssrc_; }
  std::vector<net::SimDatagram> muxed_rtcp;

 private:
  Wire& wire_;
  std::unique_ptr<net::SimHost> host_;
  base::SocketAddress rtp_;
  base::SocketAddress rtcp_;
  const std::uint32_t ssrc_;
  std::uint16_t sequence_ = 65'530;  // wraps soon
  std::uint32_t timestamp_ = 0xFFFF'FF00U;
};

inline bool all_bytes_are(const std::vector<std::byte>& payload, std::uint8_t value) {
  for (const auto byte : payload) {
    if (byte != std::byte{value}) return false;
  }
  return !payload.empty();
}

inline constexpr std::uint8_t kMuSilence = 0xFF;

}  // namespace tutti::core
