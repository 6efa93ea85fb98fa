// How tuttid ends while there are calls.
#include <csignal>

#include <gmock/gmock.h>

#include "tests/unit/server/tuttid_process.h"
#include "tools/caller/caller_fleet.h"

namespace tutti::server {
namespace {

using caller::CallerFleet;
using std::chrono::steady_clock;
using testing::HasSubstr;

class Drain : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server_.wait_for_output("pid=")) << server_.err(); }

  static std::unique_ptr<CallerFleet> fleet() {
    auto started = CallerFleet::start({.local_ip = *base::parse_ip("127.0.0.1"), .timers = {}});
    EXPECT_TRUE(started) << started.error();
    return std::move(*started);
  }
  caller::CallPlan plan(const std::string& room) const {
    caller::CallPlan plan;
    plan.name = "caller";
    plan.target = "sip:" + room + "@" + told(server_, "sip");
    return plan;
  }
  // Calls that talk, and have heard something.
  void call(CallerFleet& callers, std::size_t count) const {
    for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(callers.call(plan("room1")));
    ASSERT_TRUE(callers.work(kPatience, [&] {
      for (std::size_t i = 0; i < count; ++i) {
        if (callers.at(i).state != caller::CallState::kTalking) return false;
        if (callers.counters(i).packets_received < 5) return false;
      }
      return true;
    }));
  }

  bool wait_for_drain() const {
    const auto patience = steady_clock::now() + kPatience;
    while (steady_clock::now() < patience) {
      const std::string health = http_get(told(server_, "http"), "/health");
      if (health.find(R"("status":"draining")") != std::string::npos)
        return health.find("HTTP/1.1 503 ") == 0;
    }
    return false;
  }

  const TemporaryFile small_{kSmall};
  ChildProcess server_{kTuttid, on_free_ports(small_)};
};

TEST_F(Drain, HangsUpOnEveryoneAndExits0) {
  const auto callers = fleet();
  call(*callers, 3);
  EXPECT_THAT(http_get(told(server_, "http"), "/ledger"),
              HasSubstr(R"({"dialogs":3,"participants":3,"ports":3,"streams":3,"rooms":1})"));
  server_.signal(SIGTERM);
  ASSERT_TRUE(callers->work(kPatience, [&] { return callers->ended() == 3; }));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(callers->at(i).end_reason, sip::EndReason::kRemoteBye);
  }
  EXPECT_EQ(server_.wait(), 0);
  EXPECT_EQ(server_.err(), "");
}

TEST_F(Drain, RefusesNewCallsAndTellsSoWhileOldOnesLinger) {
  const auto deaf = fleet();  // does no more work: its BYE stays without an answer
  const auto late = fleet();
  call(*deaf, 1);
  server_.signal(SIGTERM);
  ASSERT_TRUE(wait_for_drain());
  ASSERT_TRUE(late->call(plan("room2")));
  ASSERT_TRUE(late->work(kPatience, [&] { return late->ended() == 1; }));
  EXPECT_EQ(late->at(0).end_status, 503);
  // Within the time for it, and no sooner than what is left is known.
  EXPECT_EQ(server_.wait(), 0);
  EXPECT_THAT(server_.err(), HasSubstr("gave up after 5 s on 1 dialogs"));
}

TEST_F(Drain, EndsAtOnceAtTheSecondSignal) {
  const auto deaf = fleet();
  call(*deaf, 1);
  server_.signal(SIGINT);
  ASSERT_TRUE(wait_for_drain());
  server_.signal(SIGINT);
  EXPECT_EQ(server_.wait(), 0);
  EXPECT_EQ(server_.err(), "") << "it gave up on nobody, as it would after the drain's own time";
}

}  // namespace
}  // namespace tutti::server
