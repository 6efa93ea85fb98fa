// Against the product's own HTTP server.
#include "tools/ctl/http_client.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>

#include "signaling/api/http_server.h"
#include "tests/support/closed_port.h"
#include "tests/support/loopback_listener.h"
#include "tools/ctl/pages.h"
#include "tools/ctl/watch.h"

namespace tutti::ctl {
namespace {

using testing::HasSubstr;

std::unique_ptr<api::HttpServer> serve(api::Router router) {
  auto server = api::HttpServer::start(*base::parse_ip("127.0.0.1"), std::move(router),
                                       [](std::function<void()> task) { task(); });
  EXPECT_TRUE(server);
  return std::move(*server);
}

TEST(HttpClient, AsksAndIsAnswered) {
  api::Router router;
  router.add("POST", "/rooms/{room}/echo", [](const api::Request& request) {
    api::Response response;
    response.status = 201;
    response.body = request.parameters.at(0) + " " + request.content_type + " " + request.body;
    return response;
  });
  const auto server = serve(std::move(router));
  const HttpClient client(server->bound(), "");
  const auto reply =
      client.ask({"POST", "/rooms/" + escape("a b") + "/echo", "application/json", R"({"x":1})"});
  ASSERT_TRUE(reply) << reply.error();
  EXPECT_EQ(reply->status, 201);
  EXPECT_TRUE(reply->ok());
  EXPECT_EQ(reply->body, R"(a b application/json {"x":1})");
  EXPECT_EQ(client.ask({"GET", "/nothing", {}, {}})->status, 404);
}

TEST(HttpClient, ReadsLongAnswers) {
  api::Router router;
  router.add("GET", "/long", [](const api::Request&) {
    api::Response response;
    response.body = std::string(3'000'000, 'x');
    return response;
  });
  const auto server = serve(std::move(router));
  const auto reply = HttpClient(server->bound(), "").ask({"GET", "/long", {}, {}});
  ASSERT_TRUE(reply) << reply.error();
  EXPECT_EQ(reply->body.size(), 3'000'000U);
}

TEST(HttpClient, FollowsUntilItHasEnough) {
  api::Router router;
  router.add("GET", "/stream", [](const api::Request&) {
    api::Response response;
    response.body = std::string(100'000, 'x');
    return response;
  });
  const auto server = serve(std::move(router));
  const HttpClient client(server->bound(), "");
  std::size_t got = 0;
  const auto whole = client.follow({"GET", "/stream", {}, {}}, [&](std::string_view piece) {
    got += piece.size();
    return true;
  });
  ASSERT_TRUE(whole) << whole.error();
  EXPECT_EQ(got, 100'000U);
  int pieces = 0;
  ASSERT_TRUE(client.follow({"GET", "/stream", {}, {}}, [&](std::string_view) { return ++pieces < 2; }));
  EXPECT_EQ(pieces, 2);
  const auto refused = client.follow({"GET", "/nothing", {}, {}}, [](std::string_view) { return true; });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 404);
  EXPECT_FALSE(refused->body.empty());
}

TEST(HttpClient, WaitsForTheWholeOfAnAnswerNoLongerThanItMay) {
  std::atomic<bool> over = false;
  const LoopbackListener trickle([&](int connection) {
    const std::string head = "HTTP/1.1 404 Not Found\r\nContent-Length: 100000\r\n\r\n";
    ::send(connection, head.data(), head.size(), MSG_NOSIGNAL);
    while (!over && ::send(connection, "x", 1, MSG_NOSIGNAL) == 1) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  });
  const auto address = *base::parse_address_and_port("127.0.0.1:" + trickle.port());
  const HttpClient client(address, "", std::chrono::milliseconds(100));
  const auto whole = client.ask({});
  const auto refusal = client.follow({}, [](std::string_view) { return true; });
  over = true;
  ASSERT_FALSE(whole);
  EXPECT_THAT(whole.error(), HasSubstr("broke off"));
  EXPECT_FALSE(refusal);
}

TEST(HttpClient, FollowsForLongerThanAnAnswerMayTake) {
  const LoopbackListener stream([](int connection) {
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n";
    ::send(connection, head.data(), head.size(), MSG_NOSIGNAL);
    for (int i = 0; i < 30 && ::send(connection, "x", 1, MSG_NOSIGNAL) == 1; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  });
  const HttpClient client(*base::parse_address_and_port("127.0.0.1:" + stream.port()), "",
                          std::chrono::milliseconds(100));
  std::size_t got = 0;
  const auto reply = client.follow({}, [&](std::string_view piece) {
    got += piece.size();
    return true;
  });
  ASSERT_TRUE(reply) << reply.error();
  EXPECT_EQ(got, 30U);
}

TEST(HttpClient, SaysWhatToDoWhereNobodyListens) {
  const ClosedPort closed;
  const auto reply = HttpClient(closed.address(), "").ask({});
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error(), HasSubstr("cannot connect to 127.0.0.1:"));
  EXPECT_THAT(reply.error(), HasSubstr("is tuttid running"));
}

TEST(Pages, AreToldAsOneList) {
  api::Router router;
  std::vector<std::string> asked;
  router.add("GET", "/rooms", [&](const api::Request& request) {
    asked.push_back(request.query);
    api::Response response;
    if (request.query.empty()) {
      response.body = R"({"rooms":[{"name":"a"},{"name":"b"}],"next":"/rooms?after=b"})";
    } else if (request.query == "after=b") {
      response.body = R"({"rooms":[{"name":"c"}],"next":"/rooms?after=c"})";
    } else {
      response.body = R"({"rooms":[]})";
    }
    return response;
  });
  router.add("GET", "/ledger", [](const api::Request&) {
    api::Response response;
    response.body = R"({"next":"/gone"})";
    return response;
  });
  const auto server = serve(std::move(router));
  const HttpClient client(server->bound(), "");
  const auto all = ask_all(client, {"GET", "/rooms", {}, {}});
  ASSERT_TRUE(all) << all.error();
  EXPECT_EQ(all->body, R"({"rooms":[{"name":"a"},{"name":"b"},{"name":"c"}]})");
  EXPECT_EQ(asked, (std::vector<std::string>{"", "after=b", "after=c"}));
  const auto broken = ask_all(client, {"GET", "/ledger", {}, {}});
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->status, 404) << "what a page's refusal is";
}

TEST(Watch, MakesUpNoPictureThatWasMissed) {
  using std::chrono::steady_clock;
  const steady_clock::time_point due(std::chrono::hours(1));
  EXPECT_EQ(next_picture(due, due + std::chrono::milliseconds(30)), due + std::chrono::seconds(1));
  const auto late = due + std::chrono::hours(2);  // stopped by Ctrl-Z
  EXPECT_EQ(next_picture(due, late), late);
  EXPECT_EQ(next_picture(late, late + std::chrono::milliseconds(30)), late + std::chrono::seconds(1));
}

TEST(Watch, TellsOfARoomOnALine) {
  api::Router router;
  router.add("GET", "/rooms/{room}/statistics", [](const api::Request&) {
    api::Response response;
    response.body = "{\n  \"state\": \"Open\"\n}";
    return response;
  });
  router.add("GET", "/rooms/{room}/participants", [](const api::Request& request) {
    api::Response response;
    response.body =
        request.parameters.at(0) == "board" ? R"({"participants":[{"participant":7}],"next":"/x"})" : "[";
    return response;
  });
  const auto server = serve(std::move(router));
  const HttpClient client(server->bound(), "");
  EXPECT_EQ(watch_line(client, "board").value(),
            R"({"statistics":{"state":"Open"},"participants":[{"participant":7}]})");
  const auto broken = watch_line(client, "attic");
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error(), HasSubstr("/rooms/attic/participants"));
}

TEST(Watch, DrawsRoomsBelowCores) {
  api::Router router;
  router.add("GET", "/cores", [](const api::Request&) {
    api::Response response;
    response.body = R"({"cores":[{"cpu":3,"load_permille":125}]})";
    return response;
  });
  router.add("GET", "/rooms", [](const api::Request&) {
    api::Response response;
    response.body = R"({"rooms":[{"name":"board","state":"Locked"}]})";
    return response;
  });
  const auto server = serve(std::move(router));
  const HttpClient client(server->bound(), "");
  const auto picture = watch_picture(client, "");
  ASSERT_TRUE(picture) << picture.error();
  EXPECT_THAT(*picture, HasSubstr("12.5"));
  EXPECT_THAT(*picture, HasSubstr("board  Locked"));
  const auto line = watch_line(client, "");
  ASSERT_TRUE(line) << line.error();
  EXPECT_EQ(*line,
            R"({"cores":[{"cpu":3,"load_permille":125}],"rooms":[{"name":"board","state":"Locked"}]})");
  EXPECT_FALSE(watch_line(client, "nobody"));
  const auto refused = watch_picture(client, "nobody");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), HasSubstr("404"));
}

}  // namespace
}  // namespace tutti::ctl
