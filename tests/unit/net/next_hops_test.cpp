#include "dataplane/net/next_hops.h"

#include <array>
#include <atomic>
#include <map>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "dataplane/net/sim_link.h"

namespace tutti::net {
namespace {

constexpr MacAddress kHopMac{2, 0, 0, 0, 0, 7};
constexpr MacAddress kOtherHopMac{2, 0, 0, 0, 0, 8};

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
  known_.macs["192.0.2.7"] = kHopMac;
  set(0, "192.0.2.7");
  set(1, "192.0.2.7");
  EXPECT_FALSE(hops_.find(0));
  answer();
  EXPECT_EQ(hops_.find(0), kHopMac);
  EXPECT_EQ(hops_.find(1), kHopMac);
  EXPECT_FALSE(hops_.find(2));
  EXPECT_EQ(known_.asked["192.0.2.7"], 2);
  for (int i = 0; i < 40; ++i) answer();
  EXPECT_EQ(known_.asked["192.0.2.7"], 2);
}

TEST_F(NextHopsTest, AreAskedForAnewEachSecond) {
  known_.macs["192.0.2.7"] = kHopMac;
  set(0, "192.0.2.7");
  answer();
  known_.macs["192.0.2.7"] = kOtherHopMac;
  for (int i = 0; i < 49; ++i) answer();
  EXPECT_EQ(hops_.find(0), kHopMac);
  answer();
  EXPECT_EQ(hops_.find(0), kOtherHopMac);
  known_.macs.clear();
  for (int i = 0; i < 50; ++i) answer();
  EXPECT_FALSE(hops_.find(0));
}

TEST_F(NextHopsTest, WithoutAnAnswerAreAskedForAgainOnceMoreIsKnown) {
  known_.macs["192.0.2.9"] = kOtherHopMac;
  set(0, "192.0.2.7");
  set(1, "192.0.2.9");
  answer();
  answer();
  EXPECT_EQ(known_.asked["192.0.2.7"], 1);
  known_.macs["192.0.2.7"] = kHopMac;
  ++known_.learned;
  answer();
  EXPECT_EQ(hops_.find(0), kHopMac);
  EXPECT_EQ(known_.asked["192.0.2.9"], 1) << "it had one";
  answer();
  EXPECT_EQ(known_.asked["192.0.2.7"], 2);
}

TEST_F(NextHopsTest, OfOneFamilyAreNotTheOthers) {
  known_.macs["1.2.3.4"] = kHopMac;
  known_.macs["102:304::"] = kOtherHopMac;
  set(0, "1.2.3.4");
  set(1, "102:304::");
  answer();
  EXPECT_EQ(hops_.find(0), kHopMac);
  EXPECT_EQ(hops_.find(1), kOtherHopMac);
}

TEST_F(NextHopsTest, ForgetWithTheirPlace) {
  known_.macs["192.0.2.7"] = kHopMac;
  set(0, "192.0.2.7");
  answer();
  hops_.clear(0);
  EXPECT_FALSE(hops_.find(0));
  set(0, "192.0.2.9");
  EXPECT_FALSE(hops_.find(0)) << "the last one's answer is not the new one's";
  answer();
  EXPECT_FALSE(hops_.find(0));
}

// As 131,072 endpoints have them; more new ones than are told one by one.
TEST_F(NextHopsTest, AreAllAnsweredWhereManyAreNew) {
  constexpr std::uint32_t kPlaces = 2 * 131'072 + 2;
  NextHops many(kPlaces);
  known_.macs["192.0.2.7"] = kHopMac;
  const auto ip = *base::parse_ip("192.0.2.7");
  now_ += NextHops::kNewEvery;
  many.answer(known_, now_);
  for (std::uint32_t place = 0; place < kPlaces; place += 64) many.set(place, ip);
  for (std::uint32_t i = 0; i <= kPlaces / NextHops::kAnewAtOnce; ++i) many.answer(known_, now_);
  for (std::uint32_t place = 0; place < kPlaces; place += 64) ASSERT_EQ(many.find(place), kHopMac) << place;
  // Beside them nobody was asked for.
  EXPECT_LE(known_.asked["192.0.2.7"], static_cast<int>(NextHops::kNewAtOnce + kPlaces / 64 + 1));
}

class ByLastByte final : public NeighbourResolver {
 public:
  std::optional<MacAddress> ask(const base::SocketAddress& to, base::Instant) override {
    return MacAddress{2, 0, 0, 0, 0, to.ip[3]};
  }
};

// The core's thread and the resolver's at once, more new ones than the ring has room for.
TEST_F(NextHopsTest, NeverTellTheMacOfAnAddressThatWasAskedForBefore) {
  constexpr std::uint32_t kPlaces = 64;
  NextHops hops(kPlaces);
  std::atomic<bool> done{false};
  std::thread resolver([&] {
    ByLastByte all;
    base::Instant now{};
    for (bool last = false; !last;) {
      last = done.load();
      hops.answer(all, now += NextHops::kNewEvery);
      std::this_thread::yield();
    }
  });
  SimRandom random(20'261'126);
  std::array<std::uint8_t, kPlaces> asked{};  // 0: nothing
  std::size_t wrong = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto place = static_cast<std::uint32_t>(random.next() % kPlaces);
    if (random.next() % 8 == 0) {
      hops.clear(place);
      asked[place] = 0;
    } else {
      auto ip = *base::parse_ip("192.0.2.0");
      ip.ip[3] = asked[place] = static_cast<std::uint8_t>(1 + random.next() % 200);
      hops.set(place, ip);
    }
    const auto other = static_cast<std::uint32_t>(random.next() % kPlaces);
    const auto found = hops.find(other);
    wrong += found && (*found)[5] != asked[other] ? 1 : 0;
  }
  done = true;
  resolver.join();
  EXPECT_EQ(wrong, 0u);
  for (std::uint32_t place = 0; place < kPlaces; ++place) {
    const auto found = hops.find(place);
    EXPECT_EQ(found ? (*found)[5] : 0, asked[place]) << place;
  }
}

}  // namespace
}  // namespace tutti::net
