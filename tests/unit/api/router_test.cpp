#include "signaling/api/router.h"

#include <gtest/gtest.h>

namespace tutti::api {
namespace {

Handler naming(std::string name) {
  return [name = std::move(name)](const Request&) { return Response{200, "text/plain", name, {}}; };
}

Router table() {
  Router router;
  router.add("GET", "/rooms", naming("rooms"));
  router.add("POST", "/rooms", naming("make"));
  router.add("GET", "/rooms/{room}", naming("room"));
  router.add("GET", "/rooms/all", naming("all"));
  router.add("POST", "/rooms/{room}/move/{participant}", naming("move"));
  return router;
}

// What answers, and what stands for the places; or the status of the refusal.
std::string found(std::string_view method, std::string_view path) {
  static const Router router = table();
  const auto match = router.find(method, path);
  if (!match) return std::to_string(match.error().status);
  std::string text = match->route->handler({}).body;
  for (const auto& parameter : match->parameters) text += "|" + parameter;
  return text;
}

TEST(Router, FindsByMethodAndTemplate) {
  EXPECT_EQ(found("GET", "/rooms"), "rooms");
  EXPECT_EQ(found("POST", "/rooms"), "make");
  EXPECT_EQ(found("GET", "/rooms/lobby"), "room|lobby");
  EXPECT_EQ(found("POST", "/rooms/lobby/move/7"), "move|lobby|7");
}

TEST(Router, PrefersALiteralToAPlace) {
  EXPECT_EQ(found("GET", "/rooms/all"), "all");
}

TEST(Router, APlaceIsOneWholeSegmentAndNeverEmpty) {
  for (const char* path : {"/rooms/", "/rooms//", "//rooms", "/rooms/a/b", "/", "/rooms/lobby/move/",
                           "/rooms//move/7", "/rooms/lobby/move/7/", "/room"}) {
    EXPECT_EQ(found("GET", path), "404") << path;
  }
}

TEST(Router, UndoesEscapesOnceAndInEachSegmentAlone) {
  EXPECT_EQ(found("GET", "/rooms/a%2Fb"), "room|a/b");
  EXPECT_EQ(found("GET", "/rooms/a%252fb"), "room|a%2fb");
  EXPECT_EQ(found("GET", "/rooms/%c3%A4+b"), "room|\xC3\xA4+b");
  EXPECT_EQ(found("GET", "/%72ooms/x"), "room|x");
  EXPECT_EQ(found("GET", "/rooms/.."), "room|..");
}

TEST(Router, RefusesWrongEscapesAndControlCharacters) {
  for (const char* path : {"/rooms/%", "/rooms/%4", "/rooms/%4g", "/rooms/%%41", "/rooms/%00", "/rooms/%0a",
                           "/rooms/%7F", "/rooms/a\tb", "rooms", "", "*", "http://x/rooms"}) {
    EXPECT_EQ(found("GET", path), "400") << path;
  }
}

TEST(Router, TellsEveryMethodOfAPath) {
  const Router router = table();
  const auto missed = router.find("PUT", "/rooms");
  ASSERT_FALSE(missed);
  EXPECT_EQ(missed.error().status, 405);
  const std::vector<std::pair<std::string, std::string>> allow = {{"Allow", "GET, HEAD, POST"}};
  EXPECT_EQ(missed.error().headers, allow);
}

TEST(Problem, SaysWhatWasAskedFor) {
  EXPECT_EQ(problem(404, "No.", "/x").body,
            R"({"type":"about:blank","title":"Not Found","status":404,"detail":"No.","instance":"/x"})");
}

TEST(Problem, NamesTheErrorOfAnOperation) {
  const Response response =
      problem(conference::Failure{conference::ConferenceError::kNotFound, "No room \"a\"."}, "/rooms/a");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, R"({"type":"about:blank","title":"Not Found","status":404,)"
                           R"("detail":"No room \"a\".","instance":"/rooms/a","error":"NotFound"})");
}

TEST(Problem, QuotesBytesThatAreNotUtf8) {
  const Response response = problem(404, "No \xFF here.");
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_NE(response.body.find("No \xEF\xBF\xBD here."), std::string::npos) << response.body;
}

}  // namespace
}  // namespace tutti::api
