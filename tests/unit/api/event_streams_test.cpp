#include "signaling/api/event_streams.h"

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "signaling/api/event_json.h"
#include "signaling/api/http_server.h"
#include "tests/unit/api/stream_client.h"
#include "tests/unit/conference/journal_fixture.h"

namespace tutti::api {
namespace {

using namespace conference;
using std::chrono::milliseconds;
using testing::HasSubstr;

struct Block {
  std::string id;
  std::string event;
  nlohmann::json data;
};

// Source: WHATWG HTML, 9.2.6; blocks of one data line, as ours are.
std::vector<Block> blocks(const std::string& body) {
  std::vector<Block> all;
  std::size_t at = 0;
  for (std::size_t end; (end = body.find("\n\n", at)) != std::string::npos; at = end + 2) {
    Block block;
    std::size_t line = at;
    while (line < end) {
      const std::size_t line_end = std::min(body.find('\n', line), end);
      const std::string text = body.substr(line, line_end - line);
      if (text.rfind("id: ", 0) == 0) block.id = text.substr(4);
      if (text.rfind("event: ", 0) == 0) block.event = text.substr(7);
      if (text.rfind("data: ", 0) == 0) block.data = nlohmann::json::parse(text.substr(6));
      line = line_end + 1;
    }
    if (!block.event.empty()) all.push_back(block);
  }
  return all;
}

std::vector<std::uint64_t> numbers_of(const std::vector<Block>& told) {
  std::vector<std::uint64_t> all;
  for (const Block& block : told) {
    if (block.event != "gap") all.push_back(block.data["number"]);
  }
  return all;
}

std::vector<std::uint64_t> numbers_in(const std::string& body) {
  return numbers_of(blocks(body));
}

class EventStreamsTest : public testing::Test {
 protected:
  void start(JournalLimits journal_limits = {}, HttpLimits limits = {}) {
    journal_ = std::make_unique<EventJournal>(journal_limits);
    streams_ = std::make_unique<EventStreams>(
        *journal_, [](const std::string& room) { return room == "conf_1" ? "a" : room; });
    Router router;
    streams_->add_routes(router);
    router.add("GET", "/ping", [](const Request&) { return Response{200, "text/plain", "pong", {}}; });
    auto server = HttpServer::start(
        *base::parse_ip("127.0.0.1"), std::move(router), [](const std::function<void()>& task) { task(); },
        limits);
    ASSERT_TRUE(server);
    server_ = std::move(*server);
  }

  std::unique_ptr<StreamClient> open(const std::string& target, const std::string& headers = "",
                                     int receive_bytes = 0) {
    return std::make_unique<StreamClient>(
        server_->bound(), "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n",
        receive_bytes);
  }
  // Opened, and its place in the journal is taken.
  std::unique_ptr<StreamClient> listen(const std::string& target, const std::string& headers = "") {
    auto client = open(target, headers);
    client->read_until("retry: ");
    return client;
  }
  void emit(const std::string& room, int count) { emit_digits(*journal_, room, count); }

  std::unique_ptr<EventJournal> journal_;
  std::unique_ptr<EventStreams> streams_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(EventStreamsTest, TellsARoomsEventsAsTheyCome) {
  start();
  emit("a", 3);
  emit("b", 3);
  journal_->settle();
  const auto client = listen("/rooms/a/events");
  EXPECT_THAT(client->head(), HasSubstr("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(client->head(), HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(client->head(), HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(client->head(), HasSubstr("Transfer-Encoding: chunked\r\n"));
  emit("b", 1);
  emit("a", 1);
  client->read_until("\"number\":4");
  journal_->emit(event("a", ParticipantLeft{.reason = "bye", .info = {.uri = "sip:\xff<b>@x"}}));
  const auto told = blocks(client->read_event("ParticipantLeft\","));
  ASSERT_GE(told.size(), 2U);
  EXPECT_THAT(told[0].id, testing::StartsWith("4-"));
  EXPECT_EQ(told[0].event, "DtmfReceived");
  EXPECT_EQ(told[0].data["room"], "a");
  EXPECT_EQ(told[0].data["participant"], 7);
  EXPECT_EQ(told[0].data["detail"]["digit"], "0");
  EXPECT_EQ(told[1].event, "ParticipantLeft");
  EXPECT_EQ(told[1].data["detail"]["participant"]["uri"], "sip:\xEF\xBF\xBD<b>@x");
}

TEST_F(EventStreamsTest, ResumesAfterEachNumberByHeaderAndByQuery) {
  start();
  emit("a", 20);
  journal_->settle();
  const auto all = listen("/rooms/a/events?after=0");
  const auto told = blocks(all->read_event("\"number\":20,\"at\""));
  ASSERT_EQ(told.size(), 20U);
  for (std::size_t i = 0; i < 20; ++i) {
    const std::string by_header = "Last-Event-ID: " + told[i].id + "\r\n";
    for (const auto& client :
         {open("/rooms/a/events", by_header), open("/rooms/a/events?after=" + told[i].id),
          open("/rooms/a/events?after=" + std::to_string(i + 1)),
          open("/rooms/a/events?after=1", by_header)}) {
      client->read_until("retry: ");
      EXPECT_EQ(numbers_in(client->read_event(i < 19 ? "\"number\":20,\"at\"" : "\n\n")),
                count_from(i + 2, 19 - i));
    }
  }
}

TEST_F(EventStreamsTest, ResumesAllRoomsAfterEachEvent) {
  start();
  for (int i = 0; i < 12; ++i) emit(i % 3 == 0 ? "a" : "b", 1);
  journal_->settle();
  const auto all = listen("/events?after=0");
  const auto told = blocks(all->read_event("\"number\":8,"));
  ASSERT_GE(told.size(), 11U);
  EXPECT_THAT(told[0].id, testing::StartsWith("a:1-"));
  EXPECT_THAT(told[1].id, testing::StartsWith("b:1-"));
  for (std::size_t i = 0; i < 11; ++i) {
    const std::string by_number = told[i].id.substr(0, told[i].id.find('-'));
    for (const auto& client : {open("/events", "Last-Event-ID: " + told[i].id + "\r\n"),
                               open("/events?after=" + told[i].id), open("/events?after=" + by_number)}) {
      const auto rest = blocks(client->read_event("\"number\":8,"));
      ASSERT_EQ(rest.size(), 11 - i) << by_number;
      for (std::size_t j = 0; j < rest.size() && i + 1 + j < told.size(); ++j) {
        EXPECT_EQ(rest[j].id, told[i + 1 + j].id);
      }
    }
  }
}

TEST_F(EventStreamsTest, NamesWhatIsGoneAndGoesOn) {
  start({.events = 5});
  emit("a", 12);
  journal_->settle();
  const auto room = blocks(open("/rooms/a/events?after=3")->read_event("\"number\":12,\"at\""));
  ASSERT_GE(room.size(), 5U);
  EXPECT_EQ(room[0].event, "gap");
  EXPECT_THAT(room[0].id, testing::StartsWith("7-"));
  EXPECT_EQ(room[0].data["lost"], 4);
  EXPECT_EQ(room[0].data["first_held"], 8);
  EXPECT_EQ(room[0].data["room"], "a");
  EXPECT_EQ(room[1].data["number"], 8);
  // The gap has an id, too: it is told once.
  const auto rest =
      blocks(open("/rooms/a/events", "Last-Event-ID: " + room[0].id + "\r\n")->read_event("\"number\":8,"));
  EXPECT_EQ(rest[0].data["number"], 8);

  const auto all = blocks(open("/events?after=0")->read_event("\"number\":12,\"at\""));
  EXPECT_EQ(all[0].event, "gap");
  EXPECT_EQ(all[0].data["lost"], 7);
  EXPECT_TRUE(all[0].data["room"].is_null());
  const auto behind =
      blocks(open("/events", "Last-Event-ID: " + all[0].id + "\r\n")->read_event("\"number\":8,"));
  EXPECT_EQ(behind[0].data["number"], 8);
}

TEST_F(EventStreamsTest, ToldFromAnotherProcessIsAGap) {
  start();
  emit("a", 5);
  journal_->settle();
  const auto told =
      blocks(open("/rooms/a/events", "Last-Event-ID: 3-5\r\n")->read_event("\"number\":5,\"at\""));
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0].event, "gap");
  EXPECT_TRUE(told[0].data["lost"].is_null());
  EXPECT_EQ(told[1].data["number"], 1);
}

TEST_F(EventStreamsTest, APlaceThatNobodyReachedIsAGap) {
  start();
  emit("a", 2);
  journal_->settle();
  for (const char* target : {"/rooms/a/events", "/events"}) {
    const auto stream = open(target, "Last-Event-ID: a:18446744073709551615-ffffffffffffffff\r\n");
    EXPECT_THAT(stream->read_event("\"number\":2,\"at\""), HasSubstr("event: gap")) << target;
  }
}

TEST_F(EventStreamsTest, RefusesWhatIsNoPlace) {
  start();
  emit("a", 1);
  journal_->settle();
  for (const char* target :
       {"/rooms/a/events?after=x", "/rooms/a/events?after=b:1", "/rooms/a/events?after=-1",
        "/rooms/a/events?after=%zz", "/events?after=1", "/events?after=a:", "/events?events=Nothing",
        "/events?events=", "/events?events=TalkingStarted,,"}) {
    EXPECT_THAT(open(target)->head(), HasSubstr("HTTP/1.1 400 ")) << target;
  }
  EXPECT_THAT(open("/events", "Last-Event-ID: " + std::string(200, '1') + "\r\n")->head(),
              HasSubstr("HTTP/1.1 400 "));
  EXPECT_THAT(open("/rooms/nobody/events")->head(), HasSubstr("HTTP/1.1 404 "));
  EXPECT_THAT(open("/rooms/conf_1/events")->head(), HasSubstr("HTTP/1.1 200 "));
}

TEST_F(EventStreamsTest, TellsOnlyTheEventsAskedFor) {
  start();
  const auto client = listen("/events?events=TalkingStarted,TalkingStopped");
  for (int i = 0; i < 200; ++i) {
    emit("a", 30);
    journal_->emit(event("a", i % 2 == 0 ? EventDetail(TalkingStarted{}) : EventDetail(TalkingStopped{})));
    // A reader that the machine keeps from its CPU is overtaken: wait for it.
    if (i % 10 == 9) client->read_event("\"number\":" + std::to_string(31 * (i + 1)) + ",");
  }
  const auto told = blocks(client->read_event("\"number\":6200,"));
  ASSERT_GE(told.size(), 199U);
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(told[i].event, i % 2 == 0 ? "TalkingStarted" : "TalkingStopped");
  }
}

TEST_F(EventStreamsTest, TenRoomsAtOnceEachInOrder) {
  start();
  constexpr int kEach = 300;
  const auto all = listen("/events");
  std::vector<std::unique_ptr<StreamClient>> rooms;
  for (int i = 0; i < 10; ++i) emit("r" + std::to_string(i), 1);
  journal_->settle();
  for (int i = 0; i < 10; ++i) rooms.push_back(listen("/rooms/r" + std::to_string(i) + "/events"));
  for (int i = 0; i < kEach - 1; ++i) {
    for (int room = 0; room < 10; ++room) emit("r" + std::to_string(room), 1);
  }
  journal_->emit(event("end", TalkingStarted{}));
  const std::string last = "\"number\":" + std::to_string(kEach) + ",\"at\"";
  for (const auto& room : rooms) {
    EXPECT_EQ(numbers_in(room->read_event(last)), count_from(2, kEach - 1));
  }
  std::map<std::string, std::vector<std::uint64_t>> by_room;
  for (const Block& block : blocks(all->read_event("TalkingStarted"))) {
    if (block.event == "DtmfReceived") by_room[block.data["room"]].push_back(block.data["number"]);
  }
  EXPECT_EQ(by_room.size(), 10U);
  for (const auto& [room, list] : by_room) EXPECT_EQ(list, count_from(1, kEach)) << room;
}

// It is let go once the journal has overtaken it, and meanwhile nobody else waits.
TEST_F(EventStreamsTest, ASlowClientIsToldOfTheGapAndLetGo) {
  start({.events = 500});
  emit("a", 1);
  journal_->settle();
  const auto slow = open("/rooms/a/events", "", 2'048);
  const auto fast = listen("/rooms/a/events");
  while (streams_->open() < 2) std::this_thread::yield();
  slow->read_until("retry: ");
  // More than the kernel's buffers take: the client reads none of it for now.
  constexpr int kEvents = 25'000;
  const std::string last = "\"number\":" + std::to_string(kEvents + 1) + ",\"at\"";
  for (int i = 0; i < kEvents / 100; ++i) {
    emit("a", 100);
    fast->read_on_until("\"number\":" + std::to_string(100 * (i + 1) + 1) + ",\"at\"");
  }
  EXPECT_EQ(numbers_in(fast->read_event(last)).size(), static_cast<std::size_t>(kEvents));
  const auto told = blocks(slow->read_all());
  EXPECT_TRUE(slow->ended());
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back().event, "gap");
  EXPECT_EQ(streams_->counters().overtaken.value(), 1U);
  // No number is missing before the gap, and behind it the stream can be taken up again.
  EXPECT_EQ(numbers_of(told), count_from(2, told.size() - 1));
  const auto again = open("/rooms/a/events", "Last-Event-ID: " + told.back().id + "\r\n");
  const auto rest = blocks(again->read_event(last));
  const auto first =
      std::find_if(rest.begin(), rest.end(), [](const Block& one) { return one.event != "gap"; });
  ASSERT_NE(first, rest.end());
  EXPECT_EQ(first->data["number"], kEvents + 1 - 499);
}

TEST_F(EventStreamsTest, AStalledClientLosesNothingThatTheJournalHolds) {
  constexpr int kEvents = 25'000;
  start({.events = kEvents});
  const auto stalled = open("/events", "", 2'048);
  const auto fast = listen("/events");
  stalled->read_until("retry: ");
  // More than the kernel's buffers take: the client reads none of it for now.
  const auto last = [](int number) { return "\"number\":" + std::to_string(number) + ",\"at\""; };
  for (int i = 1; i <= kEvents / 500; ++i) {
    emit("a", 500);
    fast->read_on_until(last(500 * i));
  }
  EXPECT_EQ(numbers_in(fast->read_event(last(kEvents))), count_from(1, kEvents));
  EXPECT_EQ(numbers_in(stalled->read_event(last(kEvents))), count_from(1, kEvents));
  EXPECT_EQ(streams_->counters().overtaken.value(), 0U);
}

TEST_F(EventStreamsTest, GivesSignsOfLife) {
  start({}, {.stream_idle = milliseconds(20)});
  const auto client = listen("/events");
  EXPECT_THAT(client->read_until(":\n\n:\n\n"), HasSubstr(":\n\n:\n\n"));
  emit("a", 1);
  EXPECT_EQ(blocks(client->read_until("}}\n\n")).size(), 1U);
}

TEST_F(EventStreamsTest, GivesSignsOfLifeThoughOthersEventsWakeIt) {
  start({}, {.stream_idle = milliseconds(100)});
  emit("a", 1);
  journal_->settle();
  const auto client = listen("/rooms/a/events");
  std::atomic<bool> go_on{true};
  std::thread busy([&] {
    while (go_on) {
      emit("b", 1);
      std::this_thread::sleep_for(milliseconds(20));
    }
  });
  EXPECT_THAT(client->read_until(":\n\n:\n\n"), HasSubstr(":\n\n:\n\n"));
  go_on = false;
  busy.join();
}

TEST_F(EventStreamsTest, AClientThatTakesNothingIsClosed) {
  start({.events = 100'000}, {.stream_stall = milliseconds(50)});
  const auto client = open("/events", "", 2'048);
  client->read_until("retry: ");
  emit("a", 40'000);
  while (streams_->open() > 0) std::this_thread::yield();
  EXPECT_EQ(streams_->counters().overtaken.value(), 0U);
}

TEST_F(EventStreamsTest, AClientThatGoesIsForgotten) {
  start();
  for (int i = 0; i < 100; ++i) {
    auto client = listen("/events");
    emit("a", 1);
    client.reset();
  }
  while (streams_->open() > 0) std::this_thread::yield();
  EXPECT_THAT(
      StreamClient(server_->bound(), "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n").read_until("pong"),
      "pong");
}

TEST_F(EventStreamsTest, SpeaksHttp10AndAnswersHead) {
  start();
  StreamClient old(server_->bound(), "GET /events HTTP/1.0\r\n\r\n");
  old.read_until("retry: ");
  EXPECT_THAT(old.head(), testing::Not(HasSubstr("chunked")));
  emit("a", 1);
  EXPECT_EQ(blocks(old.read_until("}}\n\n")).size(), 1U);
  StreamClient head(server_->bound(), "HEAD /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(head.head(), HasSubstr("text/event-stream"));
  EXPECT_EQ(head.read_all(), "");
  EXPECT_TRUE(head.ended());
}

TEST_F(EventStreamsTest, LeavesConnectionsForRequests) {
  start();
  std::vector<std::unique_ptr<StreamClient>> clients;
  for (int i = 0; i < 32; ++i) clients.push_back(listen("/events"));
  EXPECT_THAT(open("/events")->head(), HasSubstr("HTTP/1.1 503 "));
  EXPECT_THAT(open("/ping")->head(), HasSubstr("HTTP/1.1 200 "));
}

TEST_F(EventStreamsTest, EndsWithTheServer) {
  start();
  const auto client = listen("/events");
  std::thread writer([this] { emit("a", 5'000); });
  server_.reset();
  writer.join();
  client->read_all();
  EXPECT_TRUE(client->ended());
  EXPECT_EQ(streams_->open(), 0U);
}

}  // namespace
}  // namespace tutti::api
