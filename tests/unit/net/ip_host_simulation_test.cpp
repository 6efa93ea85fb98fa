// An IpHost among a thousand neighbours who move, behind a link that loses frames, with floods of strangers
// and a thief who claims everybody's addresses. Virtual time, one seed a world.
#include <map>
#include <optional>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/net/ip_host.h"
#include "wire_bytes.h"

namespace tutti::net {
namespace {

using namespace std::chrono_literals;

constexpr MacAddress kHostMac{2, 0, 0, 0, 0, 1};
constexpr MacAddress kThiefMac{2, 0x66, 0, 0, 0, 0};
constexpr std::uint32_t kCount = 1'000;
constexpr base::Duration kStep = 10ms;

struct Neighbour {
  base::SocketAddress ip;
  MacAddress mac{};
  base::Instant moved_at{};
  bool told = true;  // everybody, when it moved
};

class SimulatedLan {
 public:
  struct Options {
    unsigned seed = 1;
    double loss = 0;  // each way
    bool forged_answers = false;
  };
  explicit SimulatedLan(const Options& options)
      : options_(options),
        random_(options.seed),
        host_(host_options(), [this](auto frame) { leave(frame); }) {
    for (std::uint32_t i = 0; i < kCount; ++i) {
      Neighbour made{.ip = *base::parse_ip(i % 2 == 0 ? "10.1.0.0" : "2001:db8::1:0")};
      const std::size_t last = i % 2 == 0 ? 3 : 15;
      made.ip.ip[last - 1] = static_cast<std::uint8_t>(i >> 8);
      made.ip.ip[last] = static_cast<std::uint8_t>(i);
      made.mac = next_mac();
      by_ip_[made.ip.ip] = i;
      neighbours_.push_back(made);
    }
    host_.start(now_);
  }

  // Everybody is sent to: each is asked for once a second.
  void step() {
    now_ += kStep;
    for (; !arriving_.empty() && arriving_.begin()->first <= now_; arriving_.erase(arriving_.begin())) {
      host_.handle(arriving_.begin()->second, now_);
    }
    host_.tick(now_);
    const std::uint32_t turn = static_cast<std::uint32_t>(now_.time_since_epoch() / kStep) % 100;
    for (std::uint32_t i = turn; i < kCount; i += 100) visit(i, host_.ask(neighbours_[i].ip, now_));
  }
  void run(base::Duration time) {
    for (const base::Instant until = now_ + time; now_ < until;) step();
  }

  void move_one(bool tell) {
    Neighbour& one = neighbours_[random_() % kCount];
    one.mac = next_mac();
    one.moved_at = now_;
    one.told = tell;
    if (tell) deliver(claim(one.ip, one.mac));
  }
  void steal_one() {
    const Neighbour& victim = neighbours_[random_() % kCount];
    deliver(claim(victim.ip, kThiefMac));
    deliver(question(victim.ip, kThiefMac));
    if (options_.forged_answers) deliver(answer(victim.ip, kThiefMac));
  }
  // Somebody with a new address asks for us, and tells everybody of his own.
  void stranger() {
    base::SocketAddress ip = *base::parse_ip(random_() % 2 == 0 ? "10.2.0.0" : "2001:db8::2:0:0");
    const std::size_t last = ip.family == base::AddressFamily::kIpv4 ? 3 : 15;
    ip.ip[last - 1] = static_cast<std::uint8_t>(random_());
    ip.ip[last] = static_cast<std::uint8_t>(random_() % 255);
    const MacAddress mac = next_mac();
    deliver(claim(ip, mac));
    deliver(question(ip, mac));
  }

  // Of all questions so far, from `since` of the world's time on.
  struct Figures {
    std::uint64_t asked = 0;
    std::uint64_t right = 0;
    std::uint64_t none = 0;
    std::uint64_t old = 0;  // an address that it has moved away from
    std::uint64_t stolen = 0;
    base::Duration longest{};  // that an old one was told after its neighbour had told everybody, or had not
    base::Duration longest_untold{};
  };
  Figures figures{};
  base::Instant now() const { return now_; }
  const IpHost& host() const { return host_; }
  std::uint64_t broadcasts() const { return broadcasts_; }
  std::size_t wrong() {
    std::size_t count = 0;
    for (const Neighbour& one : neighbours_) count += host_.ask(one.ip, now_) == one.mac ? 0 : 1;
    return count;
  }

 private:
  static IpHostOptions host_options() {
    IpHostOptions made{.mac = kHostMac};
    made.addresses = {*base::parse_ip("10.0.0.1"), *base::parse_ip("2001:db8::1")};
    made.ipv4.prefix_bits = 8;
    made.neighbours = kCount;  // not one more
    return made;
  }
  MacAddress next_mac() {
    ++macs_;
    return {2,
            1,
            static_cast<std::uint8_t>(macs_ >> 24),
            static_cast<std::uint8_t>(macs_ >> 16),
            static_cast<std::uint8_t>(macs_ >> 8),
            static_cast<std::uint8_t>(macs_)};
  }
  base::SocketAddress our_ip(const base::SocketAddress& like) const {
    return *base::parse_ip(like.family == base::AddressFamily::kIpv4 ? "10.0.0.1" : "2001:db8::1");
  }

  static Bytes arp(const ArpPacket& packet, const MacAddress& to) {
    Bytes frame(14 + ArpPacket::kBytes);
    write_ethernet_head({.mac = packet.sender_mac}, to, EtherType::kArp, frame.data());
    write_arp_packet(packet, &frame[14]);
    return frame;
  }
  static Bytes ndp(const NdpPacket& packet, const base::SocketAddress& from, const base::SocketAddress& to) {
    Bytes frame(14 + NdpPacket::kBytesMax);
    const MacAddress to_mac = to.ip[0] == 0xFF ? group_mac(to) : kHostMac;
    write_ethernet_head({.mac = *packet.mac}, to_mac, EtherType::kIpv6, frame.data());
    frame.resize(14 + write_ndp_packet(packet, from, to, &frame[14]));
    return frame;
  }
  // Told to everybody, unasked.
  static Bytes claim(const base::SocketAddress& ip, const MacAddress& mac) {
    if (ip.family == base::AddressFamily::kIpv4) {
      return arp({.sender_mac = mac, .sender_ip = ip, .target_ip = ip}, kBroadcastMac);
    }
    return ndp({.kind = NdpPacket::Kind::kAdvertisement, .target = ip, .mac = mac, .overrides = true}, ip,
               all_nodes());
  }
  // As if to speak to us.
  Bytes question(const base::SocketAddress& ip, const MacAddress& mac) const {
    const base::SocketAddress us = our_ip(ip);
    if (ip.family == base::AddressFamily::kIpv4) {
      return arp({.sender_mac = mac, .sender_ip = ip, .target_ip = us}, kBroadcastMac);
    }
    return ndp({.target = us, .mac = mac}, ip, solicited_node(us));
  }
  Bytes answer(const base::SocketAddress& ip, const MacAddress& mac) const {
    const base::SocketAddress us = our_ip(ip);
    if (ip.family == base::AddressFamily::kIpv4) {
      return arp({.kind = ArpPacket::Kind::kReply,
                  .sender_mac = mac,
                  .sender_ip = ip,
                  .target_mac = kHostMac,
                  .target_ip = us},
                 kHostMac);
    }
    return ndp({.kind = NdpPacket::Kind::kAdvertisement,
                .target = ip,
                .mac = mac,
                .solicited = true,
                .overrides = true},
               ip, us);
  }

  bool lost() { return std::uniform_real_distribution<>(0, 1)(random_) < options_.loss; }
  void deliver(Bytes frame) {
    if (!lost()) arriving_.emplace(now_ + std::chrono::milliseconds(random_() % 40), std::move(frame));
  }
  // A frame of the host's: whoever it asks for answers, if it reaches him.
  void leave(std::span<const std::byte> frame) {
    EthernetStation everybody;
    for (std::size_t i = 0; i < 6; ++i) everybody.mac[i] = std::to_integer<std::uint8_t>(frame[i]);
    if (is_group(everybody.mac)) ++broadcasts_;
    const auto read = parse_ethernet_frame(frame, everybody);
    ASSERT_TRUE(read);
    std::optional<base::SocketAddress> target;
    if (read->type == EtherType::kArp) {
      const auto packet = parse_arp_packet(read->payload);
      if (packet->kind == ArpPacket::Kind::kRequest) target = packet->target_ip;
    } else {
      const auto ip = parse_ip_packet(read->payload, Checksums::kUnknown);
      const auto packet = parse_ndp_packet(*ip, *parse_icmp_packet(*ip));
      if (packet->kind == NdpPacket::Kind::kSolicitation) target = packet->target;
    }
    if (!target) return;
    const auto found = by_ip_.find(target->ip);
    if (found == by_ip_.end() || lost()) return;
    const Neighbour& one = neighbours_[found->second];
    if (is_group(everybody.mac) || everybody.mac == one.mac) deliver(answer(one.ip, one.mac));
  }

  void visit(std::uint32_t index, std::optional<MacAddress> told) {
    const Neighbour& one = neighbours_[index];
    ++figures.asked;
    if (!told) {
      ++figures.none;
    } else if (*told == one.mac) {
      ++figures.right;
    } else if (*told == kThiefMac) {
      ++figures.stolen;
    } else {
      ++figures.old;
      base::Duration& longest = one.told ? figures.longest : figures.longest_untold;
      longest = std::max(longest, now_ - one.moved_at);
    }
  }

  const Options options_;
  std::mt19937 random_;
  base::Instant now_{};
  std::uint32_t macs_ = 0;
  std::vector<Neighbour> neighbours_;
  std::map<std::array<std::uint8_t, 16>, std::uint32_t> by_ip_;
  std::multimap<base::Instant, Bytes> arriving_;
  std::uint64_t broadcasts_ = 0;
  IpHost host_;
};

class IpHostSimulation : public testing::TestWithParam<unsigned> {};

TEST_P(IpHostSimulation, NeverLosesAThousandNeighbours) {
  SimulatedLan world({.seed = GetParam()});
  world.run(2s);  // a thousand questions to everybody, a thousand of them a second
  EXPECT_EQ(world.wrong(), 0u);
  world.figures = {};
  world.run(90s);
  EXPECT_EQ(world.figures.right, world.figures.asked);
  EXPECT_EQ(world.host().neighbours().size(), kCount);
  EXPECT_LE(world.broadcasts(), kCount + 10) << "those who are known are asked alone";
}

TEST_P(IpHostSimulation, FollowsWhoMoves) {
  SimulatedLan world({.seed = GetParam()});
  world.run(3s);
  world.figures = {};
  for (int i = 0; i < 1'500; ++i) {
    if (i % 10 == 0) world.move_one(i % 20 == 0);
    world.run(4 * kStep);
  }
  const auto& seen = world.figures;
  EXPECT_EQ(seen.none, 0u);
  EXPECT_GT(seen.old, 0u);
  // Asked at once, a second later everybody, and the grace of the old one; what is on its way takes 40 ms.
  // Asked anew after kReprobe where nobody was told, and up to a second later as each is used once a second.
  EXPECT_LE(seen.longest, NeighbourTable::kRetry + NeighbourTable::kGrace + 200ms);
  EXPECT_LE(seen.longest_untold,
            NeighbourTable::kReprobe + 1s + NeighbourTable::kRetry + NeighbourTable::kGrace + 200ms);
  world.run(25s);
  EXPECT_EQ(world.wrong(), 0u);
}

TEST_P(IpHostSimulation, IsNotMovedByAThief) {
  SimulatedLan world({.seed = GetParam(), .forged_answers = true});
  world.run(3s);
  world.figures = {};
  for (int i = 0; i < 6'000; ++i) {
    for (int thefts = 0; thefts < 5; ++thefts) world.steal_one();
    world.step();
  }
  EXPECT_EQ(world.figures.right, world.figures.asked);
  EXPECT_EQ(world.host().neighbours().counters().moved.value(), 0u);
  EXPECT_GT(world.host().neighbours().counters().contested.value(), 30'000u);
}

TEST_P(IpHostSimulation, LivesWithLossMovesThievesAndFloods) {
  SimulatedLan world({.seed = GetParam(), .loss = 0.05});
  world.run(10s);
  world.figures = {};
  for (int i = 0; i < 9'000; ++i) {
    if (i % 40 == 0) world.move_one(i % 80 == 0);
    world.steal_one();
    for (int strangers = 0; strangers < 10; ++strangers) world.stranger();
    world.step();
  }
  const auto& seen = world.figures;
  EXPECT_EQ(seen.stolen, 0u) << "a claim alone is never believed";
  EXPECT_EQ(world.host().neighbours().size(), kCount) << "strangers take no place";
  EXPECT_EQ(world.host().neighbours().counters().refused.value(), 0u);
  EXPECT_GE(static_cast<double>(seen.right + seen.old), 0.98 * static_cast<double>(seen.asked));
  EXPECT_GE(static_cast<double>(seen.right), 0.9 * static_cast<double>(seen.asked));
  world.run(40s);
  EXPECT_LE(world.wrong(), 10u);
}

INSTANTIATE_TEST_SUITE_P(Seed, IpHostSimulation, testing::Values(1u, 20261126u, 77u));

}  // namespace
}  // namespace tutti::net
