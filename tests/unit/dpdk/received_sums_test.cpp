#include "dataplane/dpdk/received_sums.h"

#include <gtest/gtest.h>
#include <rte_mbuf_core.h>

namespace tutti::dpdk {
namespace {

struct SumsCase {
  std::uint64_t flags;
  bool ip, udp;
};

TEST(ReceivedSumsTest, AreThoseThatTheFlagsCallGood) {
  constexpr std::uint64_t kIpBad = RTE_MBUF_F_RX_IP_CKSUM_BAD, kIpGood = RTE_MBUF_F_RX_IP_CKSUM_GOOD,
                          kIpNone = RTE_MBUF_F_RX_IP_CKSUM_NONE, kL4Bad = RTE_MBUF_F_RX_L4_CKSUM_BAD,
                          kL4Good = RTE_MBUF_F_RX_L4_CKSUM_GOOD, kL4None = RTE_MBUF_F_RX_L4_CKSUM_NONE;
  constexpr SumsCase kCases[] = {
      {0, false, false},
      {kIpGood | kL4Good, true, true},
      {kIpGood | kL4Good | RTE_MBUF_F_RX_RSS_HASH | RTE_MBUF_F_RX_VLAN_STRIPPED, true, true},
      {kIpGood, true, false},
      {kL4Good, false, true},  // of IPv6, or of a port that looks at no more
      {kL4None, false, true},  // unfinished: both ends are on one machine
      {kIpNone, true, false},
      {kIpBad | kL4Good, false, true},
      {kIpGood | kL4Bad, true, false},
      {kIpBad | kL4Bad, false, false},
  };
  for (const SumsCase& one : kCases) {
    const ReceivedSums sums(one.flags);
    EXPECT_EQ(sums.ip() == net::Checksums::kTrusted, one.ip) << one.flags;
    EXPECT_EQ(sums.udp() == net::Checksums::kTrusted, one.udp) << one.flags;
    EXPECT_EQ(sums.all(), one.ip && one.udp) << one.flags;
  }
  EXPECT_EQ(ReceivedSums().udp(), net::Checksums::kUnknown);
}

TEST(ReceivedSumsTest, WhoWasNotAskedIsNotBelieved) {
  EXPECT_EQ(ReceivedSums::believed({}), 0u);
  EXPECT_EQ(ReceivedSums::believed({.udp_checksum = true}), ReceivedSums::kUdp);
  EXPECT_EQ(ReceivedSums::believed({.ipv4_checksum = true, .udp_checksum = true}),
            ReceivedSums::kUdp | ReceivedSums::kIpv4);
}

TEST(ReceivedSumsTest, AskForWhatHelpsAndHurtsNoKernel) {
  for (const bool kernel : {false, true}) {
    const auto both = ReceiveOffloads::choose(true, true, kernel);
    EXPECT_TRUE(both.ipv4_checksum && both.udp_checksum);
    const auto udp = ReceiveOffloads::choose(false, true, kernel);
    EXPECT_FALSE(udp.ipv4_checksum);
    EXPECT_EQ(udp.udp_checksum, !kernel);
    const auto ipv4 = ReceiveOffloads::choose(true, false, kernel);
    EXPECT_FALSE(ipv4.ipv4_checksum || ipv4.udp_checksum);
  }
}

}  // namespace
}  // namespace tutti::dpdk
