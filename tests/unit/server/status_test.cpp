#include <gmock/gmock.h>

#include "signaling/server/banner.h"
#include "signaling/server/descriptors.h"
#include "signaling/server/status_line.h"

namespace tutti::server {
namespace {

using testing::HasSubstr;

ServerFacts facts() {
  ServerFacts facts;
  facts.sip = *base::parse_address_and_port("0.0.0.0:5060");
  facts.media = *base::parse_ip("192.0.2.7");
  facts.rtp_port_low = 20'000;
  facts.rtp_port_high = 20'099;
  facts.http = *base::parse_address_and_port("[::1]:8080");
  facts.media_cpus = {1, 2, 3};
  facts.control_cpus = {0};
  facts.backend = "uring";
  facts.pid = 42;
  return facts;
}

TEST(Banner, TellsAnAddressThatCanBeCalled) {
  EXPECT_THAT(banner(facts(), "1.2.3"), HasSubstr("sip:ROOM@192.0.2.7:5060"));
  EXPECT_THAT(banner(facts(), "1.2.3"), HasSubstr("media on CPU 1-3 by uring, signaling on CPU 0"));
}

TEST(Banner, TheReadyLineIsOneLineForPrograms) {
  EXPECT_EQ(ready_line(facts()), "tuttid ready sip=0.0.0.0:5060 http=[::1]:8080 cores=1-3 pid=42\n");
}

TEST(StatusText, TellsRatesOfTheTimeBetween) {
  StatusSample before;
  before.packets_received = 1'000;
  StatusSample now = before;
  now.taken += std::chrono::seconds(2);
  now.calls = 3;
  now.rooms = 1;
  now.refused = 4;
  now.packets_received = 1'300;
  now.packets_sent = 100;
  now.drops = 7;
  now.late_ticks = 2;
  now.load_permille = {123, 5};
  EXPECT_EQ(status_text(before, now, {1, 3}),
            "calls 3  rooms 1  refused 4  in 150/s  out 50/s  dropped 7  late ticks 2  load 1:12.3% 3:0.5%");
}

TEST(Descriptors, BoundTheCalls) {
  EXPECT_EQ(calls_that_fit(0), 0U);
  EXPECT_EQ(calls_that_fit(257), 0U);
  EXPECT_EQ(calls_that_fit(258), 1U);
  EXPECT_EQ(calls_that_fit(kDescriptorsLeast), 1U);
  EXPECT_EQ(calls_that_fit(20'000), 8'638U);  // (20 000 - 224 - 2 500) / 2
}

TEST(Descriptors, SipOverTcpHasItsPartOfThem) {
  EXPECT_EQ(sip_connections_that_fit(258), 32U);
  EXPECT_EQ(sip_connections_that_fit(1'024), 128U);
  EXPECT_EQ(sip_connections_that_fit(20'000), 2'500U);
}

TEST(Descriptors, CallsAreBoundByPortsAndCores) {
  Configuration configuration;
  EXPECT_EQ(calls_configured(configuration, 4), 8'192U);  // (32 767 + 1 - 16 384) / 2 pairs
  configuration.media.rtp_port_low = 20'001;              // 20 002 to 20 099
  configuration.media.rtp_port_high = 20'099;
  EXPECT_EQ(calls_configured(configuration, 4), 49U);
  configuration.cores.participants_per_core = 10;
  EXPECT_EQ(calls_configured(configuration, 4), 40U);
  // DPDK's addresses have the ports each.
  configuration.cores.backend = "dpdk";
  configuration.cores.participants_per_core = 100'000;
  configuration.dpdk.addresses = {{*base::parse_ip("192.0.2.1"), 24}, {*base::parse_ip("192.0.2.2"), 24}};
  EXPECT_EQ(media_addresses(configuration).size(), 2U);
  EXPECT_EQ(calls_configured(configuration, 4), 98U);
}

}  // namespace
}  // namespace tutti::server
