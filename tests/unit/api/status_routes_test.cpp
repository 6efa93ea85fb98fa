#include "signaling/api/status_routes.h"

#include <gtest/gtest.h>

namespace tutti::api {
namespace {

Response ask(const Router& router, std::string path) {
  const Request request{.method = "GET", .path = std::move(path), .query = "", .body = ""};
  const auto handler = router.find(request);
  return handler ? (**handler)(request) : handler.error();
}

TEST(StatusRoutes, HealthIsOkUntilTheServerDrains) {
  Health health{.draining = false, .uptime = std::chrono::seconds(7)};
  Router router;
  add_status_routes(
      router, [&] { return health; }, [] { return conference::Ledger{}; });
  EXPECT_EQ(ask(router, "/health").status, 200);
  EXPECT_EQ(ask(router, "/health").body, R"({"status":"ok","uptime_s":7})");
  health.draining = true;
  EXPECT_EQ(ask(router, "/health").status, 503);
  EXPECT_EQ(ask(router, "/health").body, R"({"status":"draining","uptime_s":7})");
}

TEST(StatusRoutes, LedgerTellsEveryCount) {
  Router router;
  add_status_routes(
      router, [] { return Health{}; },
      [] {
        return conference::Ledger{1, 2, 3, 4, 5};
      });
  EXPECT_EQ(ask(router, "/ledger").body, R"({"dialogs":1,"participants":2,"ports":3,"streams":4,"rooms":5})");
}

TEST(Problem, QuotesBytesThatAreNotUtf8) {
  EXPECT_EQ(problem(404, "\xff").body,
            "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"\xEF\xBF\xBD\"}");
}

TEST(Router, TellsEveryMethodOfAPath) {
  Router router;
  const auto nothing = [](const Request&) { return Response{}; };
  router.add("GET", "/rooms", nothing);
  router.add("POST", "/rooms", nothing);
  const auto missed = router.find({.method = "PUT", .path = "/rooms", .query = "", .body = ""});
  ASSERT_FALSE(missed);
  EXPECT_EQ(missed.error().status, 405);
  EXPECT_EQ(missed.error().headers.front().second, "GET, HEAD, POST");
}

}  // namespace
}  // namespace tutti::api
