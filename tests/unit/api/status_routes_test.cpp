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

TEST(StatusRoutes, WebhooksTellEverythingOfEach) {
  Router router;
  std::vector<WebhookStatus> webhooks;
  add_status_routes(router, {.health = {}, .ledger = {}, .cores = {}, .webhooks = [&] { return webhooks; }});
  EXPECT_EQ(ask(router, "/webhooks").body, R"({"webhooks":[]})");
  webhooks = {{.receiver = "http://a",
               .state = WebhookState::kRetrying,
               .cursor = "lobby:2-1",
               .waiting = 1,
               .delivered = 2,
               .posts = 3,
               .failures = 4,
               .retries = 5,
               .lost = 6,
               .tries_in_vain = 7,
               .retry_at = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000)),
               .last_error = "it answers \"\xff\""},
              {.receiver = "https://b", .state = WebhookState::kPosting}};
  EXPECT_EQ(ask(router, "/webhooks").body,
            R"({"webhooks":[{"receiver":"http://a","state":"retrying","cursor":"lobby:2-1","waiting":1,)"
            R"("delivered":2,"posts":3,"failures":4,"retries":5,"lost":6,"tries_in_vain":7,)"
            R"("retry_at":"2023-11-14T22:13:20.000Z","last_error":"it answers \"�\""},)"
            R"({"receiver":"https://b","state":"posting","cursor":null,"waiting":0,"delivered":0,"posts":0,)"
            R"("failures":0,"retries":0,"lost":0,"tries_in_vain":0,"retry_at":null,"last_error":null}]})");
}

}  // namespace
}  // namespace tutti::api
