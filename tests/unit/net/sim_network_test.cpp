#include "dataplane/net/sim_network.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/net/sim_host.h"

namespace tutti::net {
namespace {

using base::Duration;
using base::Instant;
using base::SocketAddress;
using std::chrono::milliseconds;
using testing::ElementsAre;

constexpr std::uint64_t kSeed = 20'240'607;

// Numbered packets from one host to another, 20 ms apart.
class SimNetworkTest : public testing::Test {
 protected:
  SimNetworkTest() { printf("seed %llu\n", static_cast<unsigned long long>(kSeed)); }

  void send(int count, std::size_t bytes = 172, Duration apart = milliseconds(20)) {
    for (int i = 0; i < count; ++i) {
      std::vector<std::byte> payload(bytes);
      std::memcpy(payload.data(), &i, sizeof(i));
      sent_at_.push_back(network_.now());
      from_->send(source_.port, destination_, payload);
      network_.advance_to(network_.now() + apart);
    }
    network_.advance_to(network_.now() + std::chrono::seconds(10));
  }

  struct Arrived {
    int number;
    Instant at;
  };
  std::vector<Arrived> arrived() {
    std::vector<Arrived> all;
    while (const auto datagram = to_->receive(destination_.port)) {
      int number = 0;
      std::memcpy(&number, datagram->payload.data(), sizeof(number));
      all.push_back({number, datagram->arrival});
    }
    return all;
  }

  SimNetwork network_{{.seed = kSeed, .socket_queue = 16'000}};
  std::unique_ptr<SimHost> from_ = network_.make_host(*base::parse_ip("10.0.0.1"));
  std::unique_ptr<SimHost> to_ = network_.make_host(*base::parse_ip("10.0.0.2"));
  SocketAddress source_ = from_->open();
  SocketAddress destination_ = to_->open();
  std::vector<Instant> sent_at_;
};

TEST_F(SimNetworkTest, APerfectNetworkDeliversAtOnceAndInOrder) {
  send(100);
  const auto all = arrived();
  ASSERT_EQ(all.size(), 100u);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(all[static_cast<std::size_t>(i)].number, i);
    EXPECT_EQ(all[static_cast<std::size_t>(i)].at, sent_at_[static_cast<std::size_t>(i)]);
  }
  EXPECT_EQ(network_.statistics().delivered, 100u);
  EXPECT_EQ(network_.packets_in_use(), 0u);
}

TEST_F(SimNetworkTest, APacketLeavesWhenItIsToldTo) {
  const std::array<std::byte, 4> payload{};
  from_->send(source_.port, destination_, payload, Instant(milliseconds(30)));
  from_->send(source_.port, destination_, payload, Instant(milliseconds(10)));
  EXPECT_EQ(network_.next_event(), Instant(milliseconds(10)));
  network_.advance_to(Instant(milliseconds(29)));
  EXPECT_EQ(to_->receive(destination_.port)->arrival, Instant(milliseconds(10)));
  EXPECT_EQ(to_->receive(destination_.port), std::nullopt);
  network_.advance_to(Instant(milliseconds(30)));
  EXPECT_EQ(to_->receive(destination_.port)->source, source_);
  EXPECT_EQ(network_.next_event(), std::nullopt);
}

TEST_F(SimNetworkTest, LosesTheShareItIsTold) {
  from_->set_uplink({.loss = 0.1});
  send(10'000);
  // Binomial: 1 000 lost, deviation 30; five of them.
  EXPECT_NEAR(static_cast<double>(arrived().size()), 9'000, 150);
  EXPECT_EQ(network_.statistics().lost + network_.statistics().delivered, 10'000u);
}

TEST_F(SimNetworkTest, DuplicatesTheShareItIsTold) {
  to_->set_downlink({.duplication = 0.05});
  send(10'000);
  EXPECT_NEAR(static_cast<double>(arrived().size()), 10'500, 5 * 22);
}

TEST_F(SimNetworkTest, UplinkAndDownlinkDelaysAddUp) {
  from_->set_uplink({.delay = milliseconds(30)});
  to_->set_downlink({.delay = milliseconds(12)});
  from_->set_downlink({.delay = milliseconds(500)});  // the other way
  send(10);
  const auto all = arrived();
  ASSERT_EQ(all.size(), 10u);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].at - sent_at_[i], milliseconds(42));
}

TEST_F(SimNetworkTest, JitterSpreadsEvenlyAndLetsPacketsOvertake) {
  from_->set_uplink({.delay = milliseconds(20), .jitter = milliseconds(50)});
  send(5'000);
  auto all = arrived();
  ASSERT_EQ(all.size(), 5'000u);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](auto& a, auto& b) { return a.at < b.at; }));
  EXPECT_FALSE(std::is_sorted(all.begin(), all.end(), [](auto& a, auto& b) { return a.number < b.number; }));
  double sum_ms = 0;
  for (const Arrived& each : all) {
    const Duration transit = each.at - sent_at_[static_cast<std::size_t>(each.number)];
    EXPECT_GE(transit, milliseconds(20));
    EXPECT_LT(transit, milliseconds(70));
    sum_ms += static_cast<double>(transit.count()) / 1e6;
  }
  EXPECT_NEAR(sum_ms / 5'000, 45, 5 * 14.4 / std::sqrt(5'000));  // uniform: deviation 50 ms / sqrt(12)
}

TEST_F(SimNetworkTest, RateSpacesABurstAndDropsWhatWouldWaitTooLong) {
  // 1 000 B at 800 kbit/s take 10 ms each; a queue of 45 ms holds the one on the wire and those that start
  // within 45 ms.
  from_->set_uplink({.rate_bps = 800'000, .queue = milliseconds(45)});
  send(10, 1'000, Duration(0));
  std::vector<std::pair<int, Duration>> all;
  for (const Arrived& each : arrived()) all.emplace_back(each.number, each.at - Instant{});
  EXPECT_THAT(all, ElementsAre(std::pair(0, milliseconds(10)), std::pair(1, milliseconds(20)),
                               std::pair(2, milliseconds(30)), std::pair(3, milliseconds(40)),
                               std::pair(4, milliseconds(50))));
  EXPECT_EQ(network_.statistics().lost, 5u);
}

TEST_F(SimNetworkTest, CountsWhatNobodyTakes) {
  const std::array<std::byte, 4> payload{};
  from_->send(source_.port, destination_.with_port(9), payload);
  from_->send(source_.port, *base::parse_ip("10.9.9.9", 9), payload);
  network_.advance_to(Instant(milliseconds(1)));
  EXPECT_EQ(network_.statistics().to_nobody, 2u);
  // A port that closes while a packet is on its way.
  from_->set_uplink({.delay = milliseconds(5)});
  from_->send(source_.port, destination_, payload);
  to_->close(destination_.port);
  network_.advance_to(Instant(milliseconds(10)));
  EXPECT_EQ(network_.statistics().to_nobody, 3u);
  EXPECT_EQ(network_.packets_in_use(), 0u);
}

TEST_F(SimNetworkTest, AFullSocketLosesWhatComesAfter) {
  SimNetwork network{{.seed = kSeed, .socket_queue = 3}};
  const auto host = network.make_host(*base::parse_ip("10.0.0.1"));
  const SocketAddress address = host->open();
  const std::array<std::byte, 4> payload{};
  for (int i = 0; i < 5; ++i) host->send(address.port, address, payload);
  network.advance_to(Instant(milliseconds(1)));
  int received = 0;
  while (host->receive(address.port)) ++received;
  EXPECT_EQ(received, 3);
  EXPECT_EQ(network.statistics().queue_full, 2u);
}

// Everything at once, written down byte by byte.
std::string history(std::uint64_t seed, bool with_another_host) {
  SimNetwork network{{.seed = seed}};
  std::unique_ptr<SimHost> other;
  if (with_another_host) other = network.make_host(*base::parse_ip("10.0.0.7"));
  const auto server = network.make_host(*base::parse_ip("10.0.0.1"));
  const SocketAddress to = server->open(5'000);
  std::ostringstream text;
  std::vector<std::unique_ptr<SimHost>> hosts;
  for (int i = 0; i < 5; ++i) {
    hosts.push_back(network.make_host(*base::parse_ip("10.0.1." + std::to_string(i))));
    hosts.back()->open(4'000);
    hosts.back()->set_uplink({.loss = 0.1,
                              .duplication = 0.1,
                              .delay = milliseconds(i),
                              .jitter = milliseconds(40),
                              .rate_bps = 80'000});
  }
  if (other) other->open();
  for (int tick = 0; tick < 100; ++tick) {
    for (const auto& host : hosts) host->send(4'000, to, std::as_bytes(std::span(&tick, 1)));
    if (other) other->send(20'000, to.with_port(1), std::as_bytes(std::span(&tick, 1)));
    network.advance_to(network.now() + milliseconds(20));
    while (const auto datagram = server->receive(5'000)) {
      int number = 0;
      std::memcpy(&number, datagram->payload.data(), sizeof(number));
      text << base::to_string(datagram->source) << ' ' << datagram->arrival.time_since_epoch().count() << ' '
           << number << '\n';
    }
  }
  return text.str();
}

TEST(SimNetworkDeterminism, TheSameSeedGivesTheSameBytesAndAnotherSeedOthers) {
  printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  const std::string first = history(kSeed, false);
  EXPECT_GT(first.size(), 1'000u);
  EXPECT_EQ(history(kSeed, false), first);
  EXPECT_NE(history(kSeed + 1, false), first);
}

TEST(SimNetworkDeterminism, AnotherHostLeavesTheLuckOfTheOthersAsItWas) {
  EXPECT_EQ(history(kSeed, true), history(kSeed, false));
}

}  // namespace
}  // namespace tutti::net
