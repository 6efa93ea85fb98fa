// Libraries that are not the program's.
#include "dataplane/net/packet_bypass.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/checkout.h"

namespace tutti::net {
namespace {

using testing::HasSubstr;

std::string refusal(const std::filesystem::path& library) {
  const auto made = load_bypass({}, nullptr, library);
  return made ? "(it was made)" : made.error();
}

TEST(PacketBypassTest, SaysWhatToDoWithoutTheLibrary) {
  const std::string said = refusal("/nowhere/tutti-dpdk.so");
  EXPECT_THAT(said, HasSubstr("/nowhere/tutti-dpdk.so"));
  EXPECT_THAT(said, HasSubstr("needs Debian's DPDK (librte-meta-net, librte-meta-mempool)"));
}

TEST(PacketBypassTest, CallsNothingOfALibraryOfAnotherBuild) {
  EXPECT_EQ(refusal(test_support::kOtherBypass),
            std::string(test_support::kOtherBypass) + " is of 0.0.9-feedfeedfeed and this program of " +
                std::string(bypass_build()) +
                ": put the two of one build beside each other, and start again");
}

TEST(PacketBypassTest, CallsNothingOfALibraryThatDoesNotSayWhatItIs) {
  EXPECT_THAT(refusal(test_support::kOldBypass), HasSubstr("is of an older build and this program of "));
}

TEST(PacketBypassTest, NamesTheBuild) {
  EXPECT_THAT(std::string(bypass_build()), testing::MatchesRegex("[0-9]+[.][0-9]+[.][0-9]+-[0-9a-f]+"));
}

}  // namespace
}  // namespace tutti::net
