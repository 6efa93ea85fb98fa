#include "signaling/api/status_routes.h"

#include <gtest/gtest.h>

namespace tutti::api {
namespace {

Response ask(const Router& router, std::string path) {
  const auto match = router.find("GET", path);
  return match ? match->route->handler({}) : match.error();
}

TEST(StatusRoutes, HealthIsOkUntilTheServerDrains) {
  Health health{.draining = false, .uptime = std::chrono::seconds(7), .dial_out = true};
  Router router;
  add_status_routes(router, {.health = [&] { return health; }, .ledger = {}, .cores = {}});
  EXPECT_EQ(ask(router, "/health").status, 200);
  EXPECT_EQ(ask(router, "/health").body, R"({"status":"ok","uptime_s":7,"dial_out":true})");
  health.draining = true;
  EXPECT_EQ(ask(router, "/health").status, 503);
  EXPECT_EQ(ask(router, "/health").body, R"({"status":"draining","uptime_s":7,"dial_out":true})");
}

TEST(StatusRoutes, LedgerTellsEveryCount) {
  Router router;
  const auto ledger = [] { return conference::Ledger{1, 2, 3, 4, 5}; };
  add_status_routes(router, {.health = {}, .ledger = ledger, .cores = {}});
  EXPECT_EQ(ask(router, "/ledger").body, R"({"dialogs":1,"participants":2,"ports":3,"streams":4,"rooms":5})");
}

TEST(StatusRoutes, CoresTellEveryCounterOfEach) {
  Router router;
  std::vector<CoreStatus> cores;
  add_status_routes(router, {.health = {}, .ledger = {}, .cores = [&] { return cores; }});
  EXPECT_EQ(ask(router, "/cores").body, R"({"cores":[]})");
  cores = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, {.cpu = 3}};
  EXPECT_EQ(ask(router, "/cores").status, 200);
  EXPECT_EQ(ask(router, "/cores").body,
            R"({"cores":[{"cpu":1,"packets_received":2,"packets_sent":3,"drops":4,"ticks":5,"late_ticks":6,)"
            R"("load_permille":7,"used_p99_permille":8,"tick_time_us_p99":9,"lateness_us_p99":10,)"
            R"("participants":11,"conferences":12,"peer_ticks_mixed":13,"peer_ticks_missed":14},)"
            R"({"cpu":3,"packets_received":0,"packets_sent":0,"drops":0,"ticks":0,"late_ticks":0,)"
            R"("load_permille":0,"used_p99_permille":0,"tick_time_us_p99":0,"lateness_us_p99":0,)"
            R"("participants":0,"conferences":0,"peer_ticks_mixed":0,"peer_ticks_missed":0}]})");
}

}  // namespace
}  // namespace tutti::api
