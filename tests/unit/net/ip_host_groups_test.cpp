// How an IpHost tells switches and routers of the groups that it listens to.
#include <algorithm>
#include <cstring>
#include <set>

#include "dataplane/net/internet_checksum.h"
#include "dataplane/net/mld_packet.h"
#include "ip_host_world.h"

namespace tutti::net {
namespace {

const base::SocketAddress kAsker = *base::parse_ip("fe80::9");

Bytes query(const base::SocketAddress& group, unsigned within_ms, bool version_1 = false) {
  const base::SocketAddress to = group.unspecified() ? all_nodes() : group;
  Bytes message = hex("82 00 00 00 00 00 00 00");
  message[4] = static_cast<std::byte>(within_ms >> 8);
  message[5] = static_cast<std::byte>(within_ms);
  for (const std::uint8_t byte : group.ip) message.push_back(static_cast<std::byte>(byte));
  if (!version_1) message = message + hex("02 7D 00 00");
  Bytes packet(48);
  write_ip_head(kAsker, to, IpProtocol::kHopByHop, 1, 8 + message.size(), packet.data());
  const Bytes alert = hex("3A 00 05 02 00 00 01 00");
  std::copy(alert.begin(), alert.end(), packet.begin() + 40);
  const IpPacket ip{.family = base::AddressFamily::kIpv6,
                    .protocol = IpProtocol::kIcmpv6,
                    .addresses = std::span(packet).subspan(8, 32)};
  const std::uint16_t sum = checksum(ip.pseudo_sum(message.size()) + internet_sum(message));
  std::memcpy(&message[2], &sum, 2);
  Bytes frame(14);
  write_ethernet_head({.mac = kFar}, group_mac(to), EtherType::kIpv6, frame.data());
  return frame + packet + message;
}
Bytes report(MldRecord record, const std::vector<base::SocketAddress>& groups,
             const base::SocketAddress& from = *base::parse_ip("::")) {
  Bytes frame(14 + kMldReportBytesMax);
  write_ethernet_head({.mac = kUs}, group_mac(mld_routers()), EtherType::kIpv6, frame.data());
  frame.resize(14 + write_mld_report(record, groups, from, &frame[14]));
  return frame;
}

const base::SocketAddress kGroup = *base::parse_ip("ff02::1:ff00:1");  // of 2001:db8::1
const base::SocketAddress kAll = *base::parse_ip("::");

class IpHostGroupsTest : public IpHostTest {
 protected:
  // What is sent in that time.
  std::vector<Bytes> pass(base::Duration time) {
    for (const base::Instant end = now_ + time; now_ < end; now_ += 1ms) host_->tick(now_);
    return taken();
  }
};

TEST_F(IpHostGroupsTest, TellsThemAtStartBeforeAllElseAndOnceMore) {
  host_->start(now_);
  EXPECT_EQ(taken().at(0), report(MldRecord::kChangeToExclude, {kGroup}));
  const auto sent = pass(10s);
  EXPECT_EQ(sent.size(), 4u);
  EXPECT_EQ(sent.back(), report(MldRecord::kChangeToExclude, {kGroup}));
  EXPECT_EQ(host_->counters().group_reports.value(), 2u);
}

TEST_F(IpHostGroupsTest, TellsThemFromItsAddressOfTheLink) {
  IpHostOptions more = options();
  more.addresses.push_back(*base::parse_ip("fe80::5"));
  more.addresses.push_back(*base::parse_ip("2001:db8:7::1"));  // of the same group as the first one
  make(more);
  host_->start(now_);
  EXPECT_EQ(taken().at(0), report(MldRecord::kChangeToExclude, {kGroup, *base::parse_ip("ff02::1:ff00:5")},
                                  *base::parse_ip("fe80::5")));
}

TEST_F(IpHostGroupsTest, HasNoneWithoutIpv6) {
  IpHostOptions fewer = options();
  fewer.addresses.pop_back();
  make(fewer);
  host_->start(now_);
  handle(query(kAll, 0));
  pass(10s);
  EXPECT_EQ(host_->counters().group_reports.value(), 0u);
}

TEST_F(IpHostGroupsTest, AnswersWithinTheTimeThatIsAllowed) {
  std::set<base::Instant> moments;
  for (int i = 0; i < 20; ++i) {
    const base::Instant asked = now_;
    EXPECT_EQ(handle(query(kAll, 1'000)), Verdict::kTaken);
    std::vector<Bytes> sent;
    while (sent.empty() && now_ <= asked + 1s) sent = pass(1ms);
    ASSERT_EQ(sent, Frames{report(MldRecord::kIsExclude, {kGroup})});
    moments.insert(base::Instant{} + (now_ - asked));
    EXPECT_TRUE(pass(2s).empty()) << "once";
  }
  EXPECT_GT(moments.size(), 10u) << "not all hosts at one moment";
}

TEST_F(IpHostGroupsTest, AnswersForAGroupOfItsOwnOnly) {
  handle(query(kGroup, 0));
  EXPECT_EQ(pass(1s), Frames{report(MldRecord::kIsExclude, {kGroup})});
  IpHostOptions more = options();
  more.kernel_beside = true;
  make(more);
  EXPECT_EQ(handle(query(kAll, 0)), Verdict::kBoth) << "the kernel beside us has groups of its own";
}

TEST_F(IpHostGroupsTest, AnswersVersion1InItsOwnWords) {
  handle(query(kAll, 0, true));
  const auto sent = pass(1s);
  ASSERT_EQ(sent.size(), 1u);
  Bytes expected(14 + kMldReportBytesMax);
  write_ethernet_head({.mac = kUs}, group_mac(kGroup), EtherType::kIpv6, expected.data());
  expected.resize(14 + write_mld_report_v1(kGroup, kAll, &expected[14]));
  EXPECT_EQ(sent[0], expected);
}

TEST_F(IpHostGroupsTest, AFloodOfQueriesIsAnsweredTenTimesASecond) {
  for (int i = 0; i < 1'000; ++i) {
    for (int more = 0; more < 10; ++more) handle(query(kAll, 0));
    host_->tick(now_ += 1ms);
  }
  EXPECT_LE(taken().size(), 11u);
  EXPECT_GE(host_->counters().group_reports.value(), 9u);
}

TEST_F(IpHostGroupsTest, CountsWhatIsNoQuery) {
  handle(with(query(kAll, 0), 14 + 7, 2));
  EXPECT_EQ(dropped(DropReason::kMalformed), 1u);
  handle(report(MldRecord::kIsExclude, {kGroup}));
  EXPECT_TRUE(pass(1s).empty());
}

}  // namespace
}  // namespace tutti::net
