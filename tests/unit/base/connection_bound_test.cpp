#include "dataplane/base/connection_bound.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tutti::base {
namespace {

using Answer = ConnectionBound::Answer;

constexpr ConnectionBound::Limits kLimits{.all = 64, .of_client = 16};  // 4 are kept

SocketAddress ip(const std::string& text) {
  return *parse_ip(text);
}

// How many places it gets of so many that it asks for.
int enter(ConnectionBound& bound, const std::string& text, int tries) {
  int taken = 0;
  for (int i = 0; i < tries; ++i) taken += bound.try_enter(ip(text)) == Answer::kTaken ? 1 : 0;
  return taken;
}

TEST(ConnectionBound, GivesAnAddressItsShareAndNoMore) {
  ConnectionBound bound(kLimits);
  EXPECT_EQ(enter(bound, "192.0.2.1", 100), 16);
  EXPECT_EQ(bound.try_enter(ip("192.0.2.1")), Answer::kNoPlaceForClient);
  EXPECT_EQ(enter(bound, "192.0.2.2", 1), 1);
  bound.leave(ip("192.0.2.1"));
  EXPECT_EQ(enter(bound, "192.0.2.1", 100), 1);
  EXPECT_EQ(bound.taken(), 17U);
}

TEST(ConnectionBound, AClientIsASlash64OrAnAddressOfIpv4HoweverItIsSeen) {
  ConnectionBound bound(kLimits);
  EXPECT_EQ(enter(bound, "2001:db8::1", 10) + enter(bound, "2001:db8::2:1", 10), 16);
  EXPECT_EQ(enter(bound, "2001:db8:0:1::1", 20), 16);
  EXPECT_EQ(enter(bound, "192.0.2.1", 10) + enter(bound, "::ffff:192.0.2.1", 10), 16);
  EXPECT_EQ(enter(bound, "::ffff:192.0.2.2", 1), 1);
}

TEST(ConnectionBound, StrangersNeverKeepOutWhoSitsAtTheHost) {
  ConnectionBound bound(kLimits);
  int strangers = 0;
  for (int i = 1; i < 200; ++i) strangers += enter(bound, "192.0.2." + std::to_string(i), 100);
  EXPECT_EQ(strangers, 60);
  EXPECT_EQ(bound.try_enter(ip("198.51.100.1")), Answer::kNoPlace);
  EXPECT_EQ(enter(bound, "127.0.0.1", 100), 4);
  EXPECT_EQ(bound.try_enter(ip("127.0.0.1")), Answer::kNoPlace);
}

TEST(ConnectionBound, AProxyOnTheHostHasAllButThoseKeptForOthers) {
  ConnectionBound bound(kLimits);
  EXPECT_EQ(enter(bound, "127.0.0.1", 100), 56);
  EXPECT_EQ(bound.try_enter(ip("::ffff:127.0.0.1")), Answer::kNoPlaceForClient);
  EXPECT_EQ(enter(bound, "127.0.0.2", 100), 4);
  EXPECT_EQ(bound.try_enter(ip("::1")), Answer::kNoPlace);
  EXPECT_EQ(enter(bound, "192.0.2.1", 100), 4);
  EXPECT_EQ(bound.taken(), kLimits.all);
}

TEST(ConnectionBound, ALowerLimitLeavesThoseWhoAreIn) {
  ConnectionBound bound(kLimits);
  EXPECT_EQ(enter(bound, "192.0.2.1", 10), 10);
  bound.set_limits({.all = 64, .of_client = 5});
  EXPECT_EQ(bound.taken(), 10U);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(enter(bound, "192.0.2.1", 1), 0);
    bound.leave(ip("192.0.2.1"));
  }
  EXPECT_EQ(enter(bound, "192.0.2.1", 2), 1);
  EXPECT_EQ(enter(bound, "192.0.2.2", 9), 5);
}

TEST(ConnectionBound, OfAFewNoneIsKept) {
  ConnectionBound bound({.all = 3, .of_client = 3});
  EXPECT_EQ(enter(bound, "192.0.2.1", 9), 3);
  ConnectionBound none({.all = 0, .of_client = 3});
  EXPECT_EQ(enter(none, "127.0.0.1", 9) + enter(none, "192.0.2.1", 9), 0);
}

// Any order of coming and going, against the rules as they are written.
TEST(ConnectionBound, HoldsItsRulesInAnyOrder) {
  constexpr unsigned kSeed = 41;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  const char* const clients[] = {"127.0.0.1", "127.0.0.2",   "::1",         "192.0.2.1",
                                 "192.0.2.2", "2001:db8::1", "2001:db8::2", "2001:db8:1::1"};
  ConnectionBound bound({.all = 32, .of_client = 12});
  std::vector<std::string> in;
  for (int i = 0; i < 20'000; ++i) {
    if (!in.empty() && random() % 5 < 2) {
      const std::size_t which = random() % in.size();
      bound.leave(ip(in[which]));
      in[which] = in.back();
      in.pop_back();
    } else if (const char* client = clients[random() % std::size(clients)];
               bound.try_enter(ip(client)) == Answer::kTaken) {
      in.emplace_back(client);
    }
    std::map<NetworkKey, std::size_t> each;
    std::size_t here = 0;
    for (const std::string& client : in) {
      const std::size_t count = ++each[network_key(ip(client))];
      EXPECT_LE(count, is_loopback(ip(client)) ? 28U : 12U);
      here += is_loopback(ip(client)) ? 1 : 0;
    }
    ASSERT_EQ(bound.taken(), in.size());
    ASSERT_LE(in.size(), 32U);
    ASSERT_LE(here, 30U);
    ASSERT_LE(in.size() - here, 30U);
  }
}

}  // namespace
}  // namespace tutti::base
