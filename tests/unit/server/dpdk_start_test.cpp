// tuttid with DPDK as its backend, as its user meets it: what starts, and which sentence tells what is
// missing.
#include <csignal>

#include <gmock/gmock.h>

#include "tests/unit/server/tuttid_process.h"

namespace tutti::server {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

// A device without a cable: what is sent is gone, nothing comes.
std::string file_with(const std::string& device, const std::string& more = "huge_pages = false\n") {
  return "[cores]\nparticipants_per_core = 16\nbackend = \"dpdk\"\n[dataplane.dpdk]\ndevices = [\"" + device +
         "\"]\naddresses = [\"192.0.2.10/24\"]\n" + more;
}

// What it says where it does not start.
std::string refusal(const std::string& text) {
  const TemporaryFile file(text);
  ChildProcess child(TUTTID, on_free_ports(file));
  EXPECT_EQ(child.wait(), 1) << child.err();
  EXPECT_EQ(child.out(), "");
  return child.err();
}

TEST(DpdkStart, ServesOnADeviceAndEnds) {
  const TemporaryFile file(file_with("net_null0"));
  ChildProcess child(TUTTID, on_free_ports(file));
  ASSERT_TRUE(child.wait_for_output("tuttid ready")) << child.err();
  EXPECT_THAT(child.out(), HasSubstr("RTP on 192.0.2.10, ports"));
  EXPECT_THAT(child.out(), HasSubstr("by dpdk"));
  EXPECT_THAT(http_get(told(child, "http"), "/ledger"), HasSubstr("200 OK"));
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0) << child.err();
}

TEST(DpdkStart, ItsMetricsAreThoseOfACard) {
  const TemporaryFile file(file_with("net_null0"));
  ChildProcess child(TUTTID, on_free_ports(file));
  ASSERT_TRUE(child.wait_for_output("tuttid ready")) << child.err();
  std::string said;
  // The core polls as soon as its CPU lets it.
  EXPECT_TRUE(eventually([&] {
    said = http_get(told(child, "http"), "/metrics");
    return testing::Value(said, testing::ContainsRegex("\ntutti_dpdk_polls_total\\{cpu=\"[0-9]+\"\\} [1-9]"));
  })) << said;
  EXPECT_THAT(said,
              testing::ContainsRegex("\ntutti_dpdk_buffers\\{cpu=\"[0-9]+\",queue=\"receive\"\\} [1-9]"));
  EXPECT_THAT(said, HasSubstr("\ntutti_dpdk_device{counter=\"rx_good_packets\"} "));
  EXPECT_THAT(said, HasSubstr("\ntutti_dpdk_neighbours 0\n"));
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0) << child.err();
}

TEST(DpdkStart, ItsLogIsOurs) {
  const TemporaryFile file(file_with("net_null0") + "[log]\nlevel = \"info\"\n");
  ChildProcess child(TUTTID, on_free_ports(file));
  ASSERT_TRUE(child.wait_for_output("tuttid ready")) << child.err();
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0);
  EXPECT_THAT(child.err(), HasSubstr("tuttid: DPDK: port net_null0 of DPDK's driver net_null, "));
  EXPECT_THAT(child.err(), HasSubstr("tuttid: EAL: "));
}

TEST(DpdkStart, WhatIsMissingIsOneSentence) {
  EXPECT_THAT(refusal("[cores]\nbackend = \"dpdk\"\n"), HasSubstr("and no devices: name the card"));
  EXPECT_THAT(refusal(file_with("net_nothing0")),
              HasSubstr("tuttid: DPDK cannot be used: DPDK makes no port of \"net_nothing0\""));
  EXPECT_THAT(refusal(file_with("net_af_packet0,iface=nowhere7")),
              HasSubstr("net_af_packet0,iface=nowhere7"));
  EXPECT_THAT(refusal(file_with("ffff:ff:1f.7")),
              MatchesRegex("tuttid: DPDK cannot be used: [^\n]*ffff:ff:1f.7[^\n]*\n"));
}

// DPDK prints its usage besides.
TEST(DpdkStart, AnArgumentThatItDoesNotKnowIsNamed) {
  const TemporaryFile file(file_with("net_null0", "huge_pages = false\neal = [\"--no-such-thing\"]\n"));
  ChildProcess child(TUTTID, on_free_ports(file));
  EXPECT_EQ(child.wait(), 1);
  EXPECT_THAT(child.err(), HasSubstr("tuttid: DPDK cannot be used: "));
  EXPECT_THAT(child.err(), HasSubstr("no-such-thing"));
}

// Where the flag alone asks for it.
TEST(DpdkStart, TheFlagNeedsAFile) {
  ChildProcess child(TUTTID, {"--backend", "dpdk", "--sip", "127.0.0.1:0", "--http", "off"});
  EXPECT_EQ(child.wait(), 1);
  EXPECT_THAT(child.err(), MatchesRegex("tuttid: backend = \"dpdk\" and no devices: [^\n]+\n"));
}

}  // namespace
}  // namespace tutti::server
