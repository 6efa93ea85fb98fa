#include "dataplane/dpdk/frame_reader.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "dataplane/net/sim_link.h"
#include "far_host.h"

namespace tutti::dpdk {
namespace {

using base::DropReason;
using Kind = FrameReader::Kind;

const base::SocketAddress kIpv4 = *base::parse_ip("10.0.0.1", 20'000);
const base::SocketAddress kOtherIpv4 = *base::parse_ip("192.0.2.1", 20'002);  // ends in the same byte
const base::SocketAddress kIpv6 = *base::parse_ip("2001:db8::1", 20'004);
const base::SocketAddress kPeer = *base::parse_ip("10.9.0.2", 4'000);
const base::SocketAddress kPeer6 = *base::parse_ip("2001:db8:9::2", 4'000);

const ReceivedSums kIpv4sSum{ReceivedSums::kIpv4};
const ReceivedSums kUdpsSum{ReceivedSums::kUdp};
const ReceivedSums kAllSums{ReceivedSums::kIpv4 | ReceivedSums::kUdp};

class FrameReaderTest : public testing::TestWithParam<net::VlanId> {
 protected:
  static FrameReader::Reading read(const FrameReader& reader, const std::string& frame,
                                   ReceivedSums sums = ReceivedSums()) {
    return reader.read(std::as_bytes(std::span(frame)), sums);
  }
  // The short way and the strict one.
  void expect_same(const std::string& frame, ReceivedSums sums) {
    const auto bytes = std::as_bytes(std::span(frame));
    const auto fast = reader_.read(bytes, sums);
    const auto strict = reader_.read_strictly(bytes, sums);
    ASSERT_EQ(fast.kind, strict.kind);
    ++seen_[static_cast<std::size_t>(fast.kind)];
    if (fast.kind == Kind::kDrop) {
      ASSERT_EQ(fast.reason, strict.reason);
    }
    if (fast.kind != Kind::kMedia) return;
    ASSERT_EQ(fast.family, strict.family);
    ASSERT_EQ(fast.to, strict.to);
    ASSERT_EQ(fast.source(), strict.source());
    ASSERT_TRUE(fast.is_from(strict.source()));
    ASSERT_EQ(fast.payload.data(), strict.payload.data());
    ASSERT_EQ(fast.payload.size(), strict.payload.size());
    ASSERT_GE(fast.payload.data(), bytes.data());
    ASSERT_LE(fast.payload.data() + fast.payload.size(), bytes.data() + bytes.size());
  }

  const LocalAddresses addresses_{{{kIpv4, 24}, {kOtherIpv4, 24}, {kIpv6, 64}}, {}, {}};
  const Exchange exchange_{addresses_, {.first_port = 20'000, .last_port = 20'999}};
  const FrameReader reader_{{.mac = kNearMac, .vlan = GetParam(), .groups = {}}, exchange_};
  std::array<std::size_t, 4> seen_{};
};

TEST_P(FrameReaderTest, TellsAddressPortSourceAndPayload) {
  const std::array cases{std::pair{kPeer, kIpv4}, std::pair{kPeer, kOtherIpv4}, std::pair{kPeer6, kIpv6}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto& [from, to] = cases[i];
    const std::string frame = udp_frame(from, to, "payload", GetParam());
    const auto reading = read(reader_, frame);
    ASSERT_EQ(reading.kind, Kind::kMedia);
    EXPECT_EQ(reading.to.address, i);
    EXPECT_EQ(reading.to.port, to.port);
    EXPECT_EQ(reading.source(), from);
    EXPECT_TRUE(reading.is_from(from));
    EXPECT_FALSE(reading.is_from(from.with_port(4'001)));
    EXPECT_FALSE(reading.is_from(to.with_port(4'000)));
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(reading.payload.data()), reading.payload.size()),
              "payload");
    expect_same(frame, ReceivedSums());
  }
}

TEST_P(FrameReaderTest, LeavesOutThePaddingOfTheLink) {
  const auto reading = read(reader_, udp_frame(kPeer, kIpv4, "x", GetParam()) + std::string(17, 'p'));
  ASSERT_EQ(reading.kind, Kind::kMedia);
  EXPECT_EQ(reading.payload.size(), 1u);
}

TEST_P(FrameReaderTest, LeavesOtherPortsAndAddressesToOthers) {
  EXPECT_EQ(read(reader_, udp_frame(kPeer, kIpv4.with_port(5'060), "x", GetParam())).kind, Kind::kOther);
  EXPECT_EQ(read(reader_, udp_frame(kPeer, kPeer.with_port(20'000), "x", GetParam())).kind, Kind::kOther);
}

TEST_P(FrameReaderTest, TrustsTheCard) {
  std::string frame = udp_frame(kPeer, kIpv4, "payload", GetParam());
  frame.back() = '?';
  EXPECT_EQ(read(reader_, frame).reason, DropReason::kBadChecksum);
  EXPECT_EQ(read(reader_, frame, kAllSums).kind, Kind::kMedia);
  EXPECT_EQ(read(reader_, frame, kUdpsSum).kind, Kind::kMedia);
  EXPECT_EQ(read(reader_, frame, kIpv4sSum).reason, DropReason::kBadChecksum);
  // IPv4's own is looked at where the card has not.
  frame[frame.size() - 7 - 8 - 20 + 8] = '?';  // the hop limit
  EXPECT_EQ(read(reader_, frame, kUdpsSum).reason, DropReason::kBadChecksum);
  EXPECT_EQ(read(reader_, frame, kAllSums).kind, Kind::kMedia);
}

TEST_P(FrameReaderTest, TrustsTheCardWithIpv6ThatHasUdpsSumAlone) {
  std::string frame = udp_frame(kPeer6, kIpv6, "payload", GetParam());
  frame.back() = '?';
  EXPECT_EQ(read(reader_, frame).reason, DropReason::kBadChecksum);
  EXPECT_EQ(read(reader_, frame, kIpv4sSum).reason, DropReason::kBadChecksum);
  EXPECT_EQ(read(reader_, frame, kUdpsSum).kind, Kind::kMedia);
  EXPECT_EQ(read(reader_, frame, kAllSums).kind, Kind::kMedia);
  // But not where there is none, which IPv6 forbids.
  frame[frame.size() - 7 - 2] = frame[frame.size() - 7 - 1] = 0;
  EXPECT_EQ(read(reader_, frame, kAllSums).reason, DropReason::kBadChecksum);
}

TEST_P(FrameReaderTest, ReadsATagThatTheCardHasTakenOut) {
  const std::string frame = udp_frame(kPeer, kIpv4, "payload");
  const auto bytes = std::as_bytes(std::span(frame));
  const auto tag = static_cast<std::uint16_t>(0xA000 | GetParam());
  EXPECT_EQ(reader_.read(bytes, ReceivedSums(), tag).kind, Kind::kMedia);
  EXPECT_EQ(reader_.read(bytes, ReceivedSums(), std::uint16_t{99}).reason, DropReason::kForeignVlan);
}

TEST_P(FrameReaderTest, KnowsWhatIsOfANeighbour) {
  std::string arp = udp_frame(kPeer, kIpv4, "x", GetParam());
  arp.replace(GetParam() == net::kNoVlan ? 12 : 16, 2, "\x08\x06");
  EXPECT_EQ(read(reader_, arp).kind, Kind::kNeighbour);
  std::string icmpv6 = udp_frame(kPeer6, kIpv6, "x", GetParam());
  const std::size_t ip = GetParam() == net::kNoVlan ? 14 : 18;
  icmpv6[ip + 6] = 58;
  EXPECT_EQ(read(reader_, icmpv6).kind, Kind::kOther);  // a router may have forwarded it
  icmpv6[ip + 7] = '\xFF';
  EXPECT_EQ(read(reader_, icmpv6).kind, Kind::kNeighbour);
  icmpv6[ip + 6] = 17;
  EXPECT_EQ(read(reader_, icmpv6).kind, Kind::kMedia);
}

// Whatever the frame, the short way says what the strict one says.
TEST_P(FrameReaderTest, TheShortWayIsTheStrictOne) {
  net::SimRandom random(20'261'126);
  const auto pick = [&](std::size_t count) { return static_cast<std::size_t>(random.next() % count); };
  const std::array cases{std::pair{kPeer, kIpv4}, std::pair{kPeer, kOtherIpv4}, std::pair{kPeer6, kIpv6}};
  for (int i = 0; i < 60'000 && !HasFatalFailure(); ++i) {
    const auto& [from, to] = cases[pick(8) == 0 ? 2 : pick(2)];
    std::string frame =
        udp_frame(from, to.with_port(static_cast<std::uint16_t>(19'990 + pick(1'020))),
                  std::string(pick(3) == 0 ? 0 : pick(40), 'x'), pick(8) == 0 ? net::VlanId{7} : GetParam());
    if (pick(16) == 0) frame.replace(GetParam() == net::kNoVlan ? 12 : 16, 2, "\x08\x06");
    for (std::size_t changes = pick(4); changes > 0; --changes) {
      frame[pick(std::min<std::size_t>(frame.size(), 46))] = static_cast<char>(random.next());
    }
    if (pick(8) == 0) frame.resize(pick(frame.size() + 1));
    if (pick(8) == 0) frame += std::string(pick(20), 'p');
    expect_same(frame, std::array{ReceivedSums(), kIpv4sSum, kUdpsSum, kAllSums}[pick(4)]);
  }
  for (const std::size_t kind : seen_) EXPECT_GT(kind, 1'000u);
}

INSTANTIATE_TEST_SUITE_P(Vlan, FrameReaderTest, testing::Values(net::kNoVlan, net::VlanId{42}),
                         [](const auto& of) { return of.param == net::kNoVlan ? "None" : "Tagged"; });

}  // namespace
}  // namespace tutti::dpdk
