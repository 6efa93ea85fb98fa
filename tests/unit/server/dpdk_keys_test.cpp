#include "signaling/server/dpdk_keys.h"

#include <gmock/gmock.h>

namespace tutti::server {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The one error of a file, as people read it; else how many there are.
std::string first(const std::string& text) {
  const auto parsed = parse_configuration(text, "t.toml");
  if (parsed) return "0 errors";
  if (parsed.error().size() == 1) return to_string(parsed.error()[0]);
  return std::to_string(parsed.error().size()) + " errors";
}

TEST(DpdkKeys, WhatDpdkLacksIsSaidWithTheKeyThatAsksForIt) {
  const std::string backend = "[cores]\nbackend = \"dpdk\"\n";
  const std::string devices = "[dataplane.dpdk]\ndevices = [\"net_null0\"]\n";
  EXPECT_THAT(first(backend), StartsWith("t.toml:2:11: backend = \"dpdk\" and no devices"));
  EXPECT_THAT(first(backend + devices), StartsWith("t.toml:4:11: [dataplane.dpdk] has no addresses"));
  const auto with = [&](const std::string& line) {
    return first(backend + devices + "addresses = [\"192.0.2.10/24\"]\n" + line);
  };
  EXPECT_EQ(with(""), "0 errors");
  EXPECT_EQ(with("gateway = \"192.0.2.1\""), "0 errors");
  EXPECT_EQ(with("gateway = \"192.0.3.1\""),
            "t.toml:6:11: gateway in [dataplane.dpdk]: 192.0.3.1 is not in the addresses' network");
  EXPECT_THAT(with("gateway = \"2001:db8::1\""), HasSubstr("not in the addresses' network"));
  EXPECT_THAT(with("gateway = \"fe80::1\""), HasSubstr("not in the addresses' network")) << "no IPv6 here";
  const std::string ipv6 = backend + devices + "addresses = [\"2001:db8::2/64\"]\n";
  EXPECT_EQ(first(ipv6 + "gateway = \"fe80::1\""), "0 errors");
  EXPECT_THAT(first(ipv6 + "gateway = \"2001:db8:1::1\""), HasSubstr("not in the addresses' network"));
  EXPECT_THAT(first(backend + devices + "addresses = [\"192.0.2.10/24\", \"2001:db8::2/64\"]\n"),
              StartsWith("t.toml:5:13: addresses in [dataplane.dpdk]: 2001:db8::2/64 and "));
  EXPECT_THAT(
      first("[cores]\nbackend = \"dpdk\"\ntx = \"packet\"\n" + devices + "addresses = [\"192.0.2.10/24\"]\n"),
      StartsWith("t.toml:3:6: tx and rx in [cores] are for the backend \"uring\""));
  EXPECT_EQ(first("[cores]\nbackend = \"dpdk\"\nparticipants_per_core = 131072\n" + devices +
                  "addresses = [\"192.0.2.10/24\"]\n"),
            "0 errors");
  EXPECT_EQ(first("[cores]\nparticipants_per_core = 32769\n"),
            "t.toml:2:25: participants_per_core in [cores]: more than 32768 need backend = \"dpdk\": the "
            "kernel has no more buffers for a core");
  // Nobody who does not use it is asked for any of it.
  EXPECT_EQ(first(devices), "0 errors");
}

// Beside a kernel: on media's addresses SIP's port is none of media's.
TEST(DpdkKeys, SipOverTheTapHasAPortOfItsOwn) {
  const auto with = [](const std::string& listen, const std::string& kernel_path) {
    return first("[sip]\nlisten = \"" + listen + "\"\n[media]\nrtp_ports = \"5060-65535\"\n" +
                 "[cores]\nbackend = \"dpdk\"\n[dataplane.dpdk]\ndevices = [\"net_null0\"]\n" +
                 "addresses = [\"192.0.2.10/24\", \"192.0.2.11/24\"]\nkernel_path = \"" + kernel_path +
                 "\"\n");
  };
  EXPECT_EQ(
      with("192.0.2.11:5060", "tap"),
      "t.toml:10:15: kernel_path in [dataplane.dpdk]: [sip] listen is 192.0.2.11:5060, and [media] rtp_ports "
      "5060-65535: a call that gets the port 5060 there takes SIP's packets over UDP: let rtp_ports begin "
      "behind it, or listen have a port outside of them");
  EXPECT_THAT(with("0.0.0.0:65535", "tap"), HasSubstr("[sip] listen is 0.0.0.0:65535"));
  EXPECT_THAT(with("[::]:5060", "tap"), HasSubstr("[sip] listen is [::]:5060")) << "takes IPv4's as well";
  EXPECT_EQ(with("192.0.2.11:5059", "tap"), "0 errors");
  EXPECT_EQ(with("192.0.2.12:5060", "tap"), "0 errors") << "an interface of its own";
  EXPECT_EQ(with("192.0.2.11:5060", "none"), "0 errors")
      << "whosever that address is, nothing is the kernel's";
}

}  // namespace
}  // namespace tutti::server
