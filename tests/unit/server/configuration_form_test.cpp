// What a file of configuration must look like, whatever its keys are.
#include <gmock/gmock.h>

#include "tests/unit/server/configuration_errors.h"

namespace tutti::server {
namespace {

using testing::HasSubstr;

TEST(ConfigurationForm, SaysWhereAFileIsNotToml) {
  for (const char* text :
       {"[sip\n", "[sip]\nlisten = \n", "[sip]\n[sip]\n", "= 1\n", "a = \"\n", "\xff = 1\n", "a = [1,\n"}) {
    const auto errors = errors_of(text);
    ASSERT_EQ(errors.size(), 1U) << text;
    EXPECT_THAT(errors[0], testing::MatchesRegex("t\\.toml:[1-9][0-9]*:[0-9]+: not TOML: .*")) << text;
  }
}

TEST(ConfigurationForm, ASectionIsATable) {
  EXPECT_EQ(errors_of("sip = 3\n").at(0), "t.toml:1:1: \"sip\" is a section: write [sip] and its keys below");
  EXPECT_EQ(errors_of("listen = 3\n").size(), 1U);
}

TEST(ConfigurationForm, ASectionMayStandInAnother) {
  EXPECT_TRUE(errors_of("[dataplane]\n[dataplane.dpdk]\nvlan = 7\n").empty());
  EXPECT_TRUE(errors_of("dataplane.dpdk.vlan = 7\n").empty());
  EXPECT_EQ(errors_of("[dataplane.dpdp]\n").at(0),
            "t.toml:1:12: unknown section [dataplane.dpdp]; did you mean \"dataplane.dpdk\"?");
  EXPECT_EQ(errors_of("[dataplane]\ndpdk = 1\n").at(0),
            "t.toml:2:1: \"dataplane.dpdk\" is a section: write [dataplane.dpdk] and its keys below");
  EXPECT_THAT(errors_of("[dataplane]\nvlan = 1\n").at(0), HasSubstr("unknown section [dataplane.vlan]"));
  EXPECT_THAT(errors_of("dataplane = 1\n").at(0), HasSubstr("unknown section [dataplane]"));
}

}  // namespace
}  // namespace tutti::server
