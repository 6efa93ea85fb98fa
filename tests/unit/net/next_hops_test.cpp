#include "dataplane/net/next_hops.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace tutti::net {
namespace {

constexpr MacAddress kMac{2, 0, 0, 0, 0, 7};
constexpr MacAddress kOther{2, 0, 0, 0, 0, 8};

class Known final : public NeighbourResolver {
 public:
  std::optional<MacAddress> ask(const base::SocketAddress& to, base::Instant) override {
    ++asked[base::ip_to_string(to)];
    const auto found = macs.find(base::ip_to_string(to));
    return found == macs.end() ? std::nullopt : std::optional(found->second);
  }
  std::uint64_t changes() const override { return learned; }

  std::map<std::string, MacAddress> macs;
  std::map<std::string, int> asked;
  std::uint64_t learned = 0;
};

class NextHopsTest : public testing::Test {
 protected:
  void set(std::uint32_t place, const char* ip) { hops_.set(place, *base::parse_ip(ip)); }
  void answer() {
    now_ += NextHops::kNewEvery;
    hops_.answer(known_, now_);
  }
  base::Instant now_{};
  Known known_;
  NextHops hops_{4};
};

TEST_F(NextHopsTest, AreAnsweredOnceAsked) {
  answer();
  known_.macs["192.0.2.7"] = kMac;
  set(0, "192.0.2.7");
  set(1, "192.0.2.7");
  EXPECT_FALSE(hops_.find(0));
  answer();
  EXPECT_EQ(hops_.find(0), kMac);
  EXPECT_EQ(hops_.find(1), kMac);
  EXPECT_FALSE(hops_.find(2));
  EXPECT_EQ(known_.asked["192.0.2.7"], 2);
  for (int i = 0; i < 40; ++i) answer();
  EXPECT_EQ(known_.asked["192.0.2.7"], 2);
}

TEST_F(NextHopsTest, AreAskedForAnewEachSecond) {
  known_.macs["192.0.2.7"] = kMac;
  set(0, "192.0.2.7");
  answer();
  known_.macs["192.0.2.7"] = kOther;
  for (int i = 0; i < 49; ++i) answer();
  EXPECT_EQ(hops_.find(0), kMac);
  answer();
  EXPECT_EQ(hops_.find(0), kOther);
  known_.macs.clear();
  for (int i = 0; i < 50; ++i) answer();
  EXPECT_FALSE(hops_.find(0));
}

TEST_F(NextHopsTest, WithoutAnAnswerAreAskedForAgainOnceMoreIsKnown) {
  known_.macs["192.0.2.9"] = kOther;
  set(0, "192.0.2.7");
  set(1, "192.0.2.9");
  answer();
  answer();
  EXPECT_EQ(known_.asked["192.0.2.7"], 1);
  known_.macs["192.0.2.7"] = kMac;
  ++known_.learned;
  answer();
  EXPECT_EQ(hops_.find(0), kMac);
  EXPECT_EQ(known_.asked["192.0.2.9"], 1) << "it had one";
  answer();
  EXPECT_EQ(known_.asked["192.0.2.7"], 2);
}

TEST_F(NextHopsTest, OfOneFamilyAreNotTheOthers) {
  known_.macs["1.2.3.4"] = kMac;
  known_.macs["102:304::"] = kOther;
  set(0, "1.2.3.4");
  set(1, "102:304::");
  answer();
  EXPECT_EQ(hops_.find(0), kMac);
  EXPECT_EQ(hops_.find(1), kOther);
}

TEST_F(NextHopsTest, ForgetWithTheirPlace) {
  known_.macs["192.0.2.7"] = kMac;
  set(0, "192.0.2.7");
  answer();
  hops_.clear(0);
  EXPECT_FALSE(hops_.find(0));
  set(0, "192.0.2.9");
  EXPECT_FALSE(hops_.find(0)) << "the last one's answer is not the new one's";
  answer();
  EXPECT_FALSE(hops_.find(0));
}

}  // namespace
}  // namespace tutti::net
