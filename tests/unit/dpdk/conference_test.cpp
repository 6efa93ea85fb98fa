// A whole core over DPDK's port and over the simulated network: the same packets in, the same packets out,
// bit for bit.
#include <map>

#include <gtest/gtest.h>

#include "dataplane/core/media_core.h"
#include "dataplane/net/sim_host.h"
#include "dataplane/net/sim_network.h"
#include "dataplane/rtp/rtp_packet.h"
#include "near_host.h"
#include "virtual_clock.h"

namespace tutti::dpdk {
namespace {

constexpr std::uint32_t kCallers = 10;
constexpr auto kDuration = std::chrono::seconds(4);

// What both networks are to the conference.
struct Network {
  virtual ~Network() = default;
  virtual net::PacketPort& port() = 0;
  virtual net::EndpointAllocator& allocator() = 0;
  virtual base::SocketAddress open() = 0;
  virtual void send(const base::SocketAddress& from, const base::SocketAddress& to,
                    std::string_view payload) = 0;
  virtual std::optional<std::string> receive(const base::SocketAddress& at) = 0;
  virtual void advance() {}
};

class Simulated final : public Network {
 public:
  net::PacketPort& port() override { return *port_; }
  net::EndpointAllocator& allocator() override { return allocator_; }
  base::SocketAddress open() override { return host_->open(next_++); }
  void send(const base::SocketAddress& from, const base::SocketAddress& to,
            std::string_view payload) override {
    host_->send(from.port, to, std::as_bytes(std::span(payload)));
  }
  std::optional<std::string> receive(const base::SocketAddress& at) override {
    const auto datagram = host_->receive(at.port);
    if (!datagram) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(datagram->payload.data()), datagram->payload.size());
  }
  void advance() override { network_.advance_to(virtual_now); }

 private:
  net::SimNetwork network_{{.socket_queue = 4'096}};
  const std::unique_ptr<net::PacketPort> port_ = network_.make_port({.endpoints = 16});
  const std::unique_ptr<net::SimHost> host_ = network_.make_host(*base::parse_ip("10.9.0.2"));
  net::EndpointAllocator allocator_{
      network_.endpoint_factory(),
      {{*base::parse_ip("10.0.0.1")}, NearHost::kFirstPort, NearHost::kLastPort}};
  std::uint16_t next_ = 40'000;  // as FarHost's
};

class Cable final : public Network {
 public:
  net::PacketPort& port() override { return host_.port(); }
  net::EndpointAllocator& allocator() override { return host_.allocator(); }
  base::SocketAddress open() override { return host_.far().open(); }
  void send(const base::SocketAddress& from, const base::SocketAddress& to,
            std::string_view payload) override {
    ASSERT_TRUE(host_.far().send(from, to, payload));
  }
  std::optional<std::string> receive(const base::SocketAddress& at) override {
    auto datagram = host_.far().receive(at);
    if (!datagram) return std::nullopt;
    return std::move(datagram->payload);
  }

 private:
  NearHost host_{{.clock = &tell_virtual_now}};
};

// What each caller was sent, RTP and RTCP, by its port.
std::map<std::uint16_t, std::vector<std::string>> conference(Network& network) {
  virtual_now = base::Instant(std::chrono::seconds(1));
  network.advance();
  mailbox::Mailbox mailbox(256);
  core::CoreOptions options;
  options.capacity = {16, 4};
  options.ntp_clock = &no_wall_clock;
  core::MediaCore core(options, network.port(), mailbox);
  const mailbox::ConferenceHandle room{0, 1};
  EXPECT_TRUE(mailbox.post(mailbox::OpenConference{room, 0, 0}));
  struct Caller {
    base::SocketAddress rtp, rtcp, server;
    net::Endpoint endpoint;
    std::uint16_t sequence = 0;
    base::Instant next;
  };
  std::vector<Caller> callers;
  for (std::uint32_t i = 0; i < kCallers; ++i) {
    Caller& caller = callers.emplace_back();
    caller.rtp = network.open();
    caller.rtcp = network.open();
    caller.endpoint = *network.allocator().open(true);
    caller.next = virtual_now + std::chrono::milliseconds(2 * i);
    mailbox::AttachParticipant attach;
    attach.participant = {i, i + 1};
    attach.conference = room;
    attach.endpoint = caller.endpoint.handles;
    attach.media.remote_rtp = caller.rtp;
    attach.media.remote_rtcp = caller.rtcp;
    attach.media.codecs = {mailbox::CodecMapping{rtp::PayloadType{0}, codec::CodecId::kPcmu},
                           mailbox::CodecMapping{rtp::PayloadType{8}, codec::CodecId::kPcma}};
    attach.media.codec_count = 2;
    attach.ssrc = rtp::Ssrc{1'000 + i};
    EXPECT_TRUE(mailbox.post(attach));
  }
  net::SimRandom random(20'261'126);
  base::Instant due = virtual_now;
  const base::Instant end = virtual_now + kDuration;
  std::map<std::uint16_t, std::vector<std::string>> sent;
  for (; virtual_now < end; virtual_now += kStep) {
    if (virtual_now < due) continue;
    network.advance();
    // What comes within a turn comes at its moment: the one port tells when a packet came, the other when it
    // was taken.
    for (Caller& caller : callers) {
      if (virtual_now < caller.next) continue;
      caller.next +=
          base::kTick + std::chrono::microseconds(500 * (random.next() % 5)) - std::chrono::milliseconds(1);
      std::array<std::byte, rtp::kRtpHeaderBytes + 160> packet;
      const std::uint16_t sequence = caller.sequence++;
      for (std::byte& byte : packet) byte = static_cast<std::byte>(random.next());
      rtp::write_rtp_header(packet, {rtp::PayloadType{static_cast<std::uint8_t>(sequence % 50 < 40 ? 0 : 8)},
                                     false, rtp::SequenceNumber(sequence), rtp::RtpTimestamp(sequence * 160U),
                                     rtp::Ssrc{static_cast<std::uint32_t>(7'000 + caller.rtp.port)}});
      if (random.next() % 20 == 0) continue;  // lost
      network.send(caller.rtp, caller.endpoint.rtp,
                   {reinterpret_cast<const char*>(packet.data()), packet.size()});
    }
    network.advance();
    {
      const base::RealtimeSection turn;
      due = core.run_once(virtual_now);
    }
    std::array<mailbox::CoreEvent, 64> events;
    while (mailbox.drain(events) > 0) {
    }
    for (const Caller& caller : callers) {
      for (const auto& at : {caller.rtp, caller.rtcp}) {
        while (auto datagram = network.receive(at)) sent[at.port].push_back(std::move(*datagram));
      }
    }
  }
  EXPECT_EQ(network.port().counters().drops.total(), 0u);
  for (std::uint32_t i = 0; i < kCallers; ++i) {
    EXPECT_TRUE(mailbox.post(mailbox::DetachParticipant{{i, i + 1}}));
  }
  for (const base::Instant last = virtual_now + base::kTick * 5; virtual_now < last; virtual_now += kStep) {
    network.advance();
    core.run_once(virtual_now);
  }
  for (const Caller& caller : callers) network.allocator().close(caller.endpoint);
  return sent;
}

TEST(DpdkConferenceTest, SendsBitForBitWhatTheSimulatedNetworksDoes) {
  Simulated simulated;
  const auto expected = conference(simulated);
  Cable cable;
  const auto sent = conference(cable);
  std::size_t rtp = 0;
  ASSERT_EQ(sent.size(), expected.size());
  for (const auto& [port, packets] : expected) {
    ASSERT_EQ(sent.count(port), 1u);
    const auto& got = sent.at(port);
    ASSERT_EQ(got.size(), packets.size()) << "to port " << port;
    for (std::size_t i = 0; i < packets.size(); ++i)
      ASSERT_EQ(got[i], packets[i]) << "packet " << i << " to " << port;
    rtp += packets.size();
  }
  EXPECT_GT(rtp, kCallers * 150u);
}

}  // namespace
}  // namespace tutti::dpdk
