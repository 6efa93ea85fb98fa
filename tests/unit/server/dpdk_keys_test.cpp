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

}  // namespace
}  // namespace tutti::server
