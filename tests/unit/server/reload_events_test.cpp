// Hot reload of where events go, in the whole program: webhooks, the journal's bounds, call records, while a
// call goes on.
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/support/webhook_receiver.h"
#include "tests/unit/server/tuttid_process.h"
#include "tools/caller/caller_fleet.h"

namespace tutti::server {
namespace {

using api::Receiver;
using testing::ElementsAre;
using testing::HasSubstr;

std::string hook(const Receiver& receiver, const std::string& more = "") {
  return "[[webhook]]\nurl = \"http://127.0.0.1:" + receiver.port() + "/hook\"\n" + more;
}

class TuttidEventsReload : public testing::Test {
 protected:
  TuttidEventsReload() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tutti_reload_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~TuttidEventsReload() override { std::filesystem::remove_all(folder_); }

  // `text` may hold no [[room]]: there is a lobby.
  void start(const std::string& text) {
    file_ = std::make_unique<TemporaryFile>("");
    write(text);
    child_ = std::make_unique<ChildProcess>(kTuttid, on_free_ports(*file_, {"--verbose"}));
    ASSERT_TRUE(child_->wait_for_output("pid=")) << child_->err();
  }
  void TearDown() override {
    child_->signal(SIGTERM);
    EXPECT_EQ(child_->wait(), 0) << child_->err();
  }
  void write(const std::string& text) const {
    std::ofstream(file_->name()) << kSmall << text << "[[room]]\nname = \"lobby\"\n";
  }

  std::string post(const std::string& path) const {
    return http_ask(told(*child_, "http"), "POST", path, "", "");
  }
  std::string metrics() const { return http_get(told(*child_, "http"), "/metrics"); }
  bool is_told(const std::string& metric) const { return metrics().find(metric + "\n") != std::string::npos; }
  bool eventually_told(const std::string& metric) const {
    return eventually([&] { return is_told(metric); });
  }
  // By SIGHUP; so many there have been with it.
  void hang_up(const std::string& text, int count) const {
    write(text);
    child_->signal(SIGHUP);
    EXPECT_TRUE(eventually_told("tutti_config_reloads_total{result=\"done\"} " + std::to_string(count)));
  }

  std::unique_ptr<caller::CallerFleet> call() const {
    auto started = caller::CallerFleet::start({.local_ip = *base::parse_ip("127.0.0.1"), .timers = {}});
    EXPECT_TRUE(started) << started.error();
    caller::CallPlan plan;
    plan.name = "ann";
    plan.target = "sip:lobby@" + told(*child_, "sip");
    plan.keep_audio = plan.keep_log = false;
    EXPECT_TRUE((*started)->call(plan));
    EXPECT_TRUE((*started)->work(kPatience, [&] { return (*started)->talking() == 1; }));
    return std::move(*started);
  }
  std::string path(const std::string& name) const { return folder_ + '/' + name; }
  // Whose records are in it.
  std::vector<std::string> records_in(const std::string& name) const {
    std::vector<std::string> all;
    std::ifstream stream(path(name));
    for (std::string line; std::getline(stream, line);) {
      all.push_back(nlohmann::json::parse(line)["record"].get<std::string>());
    }
    return all;
  }

  std::string folder_;
  std::unique_ptr<TemporaryFile> file_;
  std::unique_ptr<ChildProcess> child_;
};

// The lobby is locked and unlocked all the while: each of it is told, once and in order, to who stays; to who
// comes and goes what happens while it is there.
TEST_F(TuttidEventsReload, AHundredTimesWhileEventsFlowAndACallGoesOn) {
  constexpr int kTimes = 100;
  Receiver stays;
  Receiver visits;
  start(hook(stays));
  const auto callers = call();
  std::atomic<bool> done{false};
  std::size_t flips = 0;
  std::thread flipper([&] {
    for (; !done || flips % 2 != 0; ++flips) {
      EXPECT_THAT(post(flips % 2 == 0 ? "/rooms/lobby/lock" : "/rooms/lobby/unlock"), HasSubstr("204"));
    }
  });
  std::thread reloader([&] {
    for (int i = 1; i <= kTimes; ++i) {
      const std::string filter = i % 3 == 0 ? "rooms = [\"lobby\"]\n" : "";
      hang_up("[events]\njournal = " + std::to_string(5'000 + i % 2) + "\n" +
                  (i % 2 == 0 ? hook(visits) : "") +
                  hook(stays, "secret = \"s" + std::to_string(i) + "\"\n" + filter),
              i);
    }
    done = true;
  });
  EXPECT_TRUE(callers->work(std::chrono::minutes(5), [&] { return done.load(); }));
  reloader.join();
  flipper.join();
  EXPECT_EQ(callers->talking(), 1U) << "the call went on";

  const auto count_of = [](const std::vector<nlohmann::json>& events, const std::string& name) {
    std::size_t count = 0;
    for (const auto& event : events) count += event["event"] == name ? 1 : 0;
    return count;
  };
  EXPECT_TRUE(eventually_told(
      "tutti_webhook_events_waiting{webhook=\"1\",receiver=\"http://127.0.0.1:" + visits.port() + "\"} 0"));
  EXPECT_TRUE(eventually_told(
      "tutti_webhook_events_waiting{webhook=\"2\",receiver=\"http://127.0.0.1:" + stays.port() + "\"} 0"))
      << http_get(told(*child_, "http"), "/webhooks");
  EXPECT_TRUE(is_told("tutti_webhook_events_abandoned_total 0"));
  const auto events = stays.wait_for(1);
  // The lobby is Active before anybody flips it.
  EXPECT_EQ(count_of(events, "ConferenceStateChanged"), flips + count_of(events, "ConferenceCreated"));
  EXPECT_EQ(count_of(events, "gap"), 0U);
  std::uint64_t number = events.front()["number"].get<std::uint64_t>() - 1;
  for (const auto& event : events) EXPECT_EQ(event["number"].get<std::uint64_t>(), ++number);
  EXPECT_GT(visits.wait_for(1).size(), 0U);
}

TEST_F(TuttidEventsReload, WhatCannotBeOpenedIsRefusedAndNothingHasChanged) {
  Receiver receiver;
  start("[records]\nfile = \"" + path("old") + "\"\n");
  const auto callers = call();
  write("[rooms]\nmax_talkers = 3\n[records]\nfile = \"" + path("new") + "\"\nsqlite = \"" + path("no/db") +
        "\"\n" + hook(receiver));
  const std::string answer = post("/reload");
  EXPECT_THAT(answer, HasSubstr("400 Bad Request"));
  EXPECT_THAT(answer,
              HasSubstr("records: " + path("no/db") + " cannot be opened: unable to open database file"));
  EXPECT_TRUE(child_->wait_for_error("not reloaded: records: " + path("no/db")));
  EXPECT_THAT(http_get(told(*child_, "http"), "/webhooks"), HasSubstr(R"({"webhooks":[]})"));
  EXPECT_THAT(http_get(told(*child_, "http"), "/rooms/lobby/settings"), HasSubstr(R"("max_talkers":0)"));
  EXPECT_TRUE(is_told("tutti_config_reloads_total{result=\"failed\"} 1"));
  callers->hang_up(0);
  EXPECT_TRUE(callers->work(kPatience, [&] { return callers->ended() == 1; }));
  EXPECT_TRUE(eventually([&] { return records_in("old").size() == 1; }));
  // And the same file a moment later, when it can be.
  std::filesystem::create_directory(path("no"));
  EXPECT_THAT(post("/reload"), HasSubstr(R"({"changed":["rooms.max_talkers","records.file","records.sqlite",)"
                                         R"("webhook http://127.0.0.1:)" +
                                         receiver.port() + R"(","room lobby"],"needs_restart":[]})"));
}

TEST_F(TuttidEventsReload, RecordsGoToAnotherFileAndToNone) {
  start("");
  EXPECT_EQ(metrics().find("tutti_call_records"), std::string::npos);
  int reloads = 0;
  const auto stay_with = [&](const std::string& records) {
    ++reloads;
    hang_up("[records]\nflush_ms = " + std::to_string(100 + reloads) + "\n" + records, reloads);
    const auto callers = call();
    callers->hang_up(0);
    EXPECT_TRUE(callers->work(kPatience, [&] { return callers->ended() == 1; }));
    // The record is made where its core lets go of it.
    EXPECT_TRUE(eventually_told("tutti_calls 0"));
  };
  stay_with("file = \"" + path("one") + "\"\n");
  EXPECT_TRUE(eventually([&] { return records_in("one").size() == 1; }));
  stay_with("file = \"" + path("two") + "\"\nsqlite = \"" + path("db") + "\"\n");
  EXPECT_TRUE(eventually_told("tutti_call_records_written_total{sink=\"lines\"} 2"));
  EXPECT_TRUE(eventually_told("tutti_call_records_written_total{sink=\"sqlite\"} 1"));
  stay_with("");
  EXPECT_TRUE(eventually([&] { return metrics().find("sink=") == std::string::npos; }));
  EXPECT_TRUE(is_told("tutti_call_records_total 2"));
  EXPECT_TRUE(is_told("tutti_call_records_abandoned_total 0"));
  EXPECT_THAT(records_in("one"), ElementsAre("participant"));
  EXPECT_THAT(records_in("two"), ElementsAre("participant"));
}

TEST_F(TuttidEventsReload, AWebhookThatIsGoneIsToldOfWhatItMissed) {
  Receiver receiver;
  receiver.answer_next("HTTP/1.1 500 Oh\r\n\r\n");
  start(hook(receiver));
  receiver.wait_for_requests(1);
  receiver.set_dead(true);
  write("");
  EXPECT_THAT(post("/reload"),
              HasSubstr(R"({"changed":["webhook http://127.0.0.1:)" + receiver.port() + R"("],)"));
  EXPECT_THAT(http_get(told(*child_, "http"), "/webhooks"), HasSubstr(R"({"webhooks":[]})"));
  EXPECT_TRUE(child_->wait_for_error("is no longer configured, and "));
  EXPECT_FALSE(is_told("tutti_webhook_events_abandoned_total 0"));
}

TEST_F(TuttidEventsReload, TheJournalTakesOtherBounds) {
  start("");
  for (int i = 0; i < 30; ++i) {
    post("/rooms/lobby/lock");
    post("/rooms/lobby/unlock");
  }
  write("[events]\njournal = 20\njournal_mb = 1\nkeep_s = 7\n");
  EXPECT_THAT(post("/reload"),
              HasSubstr(R"("changed":["events.journal","events.journal_mb","events.keep_s"])"));
  EXPECT_TRUE(eventually_told("tutti_journal_events 20"));
}

}  // namespace
}  // namespace tutti::server
