// Webhooks that a reload changes: who stays goes on where it is, who is new begins now, who is gone ends
// soon.
#include <algorithm>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signaling/api/webhook_signature.h"
#include "signaling/api/webhooks.h"
#include "tests/support/webhook_receiver.h"
#include "tests/unit/conference/journal_fixture.h"

namespace tutti::api {
namespace {

using namespace conference;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::uint64_t> all_numbers_of(const std::vector<nlohmann::json>& events) {
  std::vector<std::uint64_t> all;
  for (const auto& event : events) all.push_back(event["number"]);
  return all;
}

class WebhooksReplaced : public testing::Test {
 protected:
  void start(std::vector<WebhookConfig> webhooks, WebhookTiming timing = kQuick) {
    webhooks_ = std::make_unique<Webhooks>(journal_, std::move(webhooks), timing,
                                           [this](const std::string& sentence) {
                                             const std::lock_guard lock(mutex_);
                                             told_.push_back(sentence);
                                           });
  }
  void emit(const std::string& room, int count) {
    emit_digits(journal_, room, count);
    journal_.settle();
  }
  std::vector<std::string> told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  void wait_for_abandoned(std::uint64_t count) const {
    while (webhooks_->abandoned() < count) std::this_thread::yield();
  }

  EventJournal journal_{{.events = 10'000}};
  std::mutex mutex_;
  std::vector<std::string> told_;
  std::unique_ptr<Webhooks> webhooks_;
};

TEST_F(WebhooksReplaced, OneThatStaysGoesOnAndANewOneBeginsNow) {
  Receiver stays;
  Receiver comes;
  start({to(stays)});
  emit("a", 10);
  stays.wait_for(10);
  while (webhooks_->status()[0].delivered < 10) std::this_thread::yield();
  webhooks_->replace({to(comes), to(stays)});
  emit("a", 5);
  EXPECT_EQ(all_numbers_of(comes.wait_for(5)), count_from(11, 5));
  EXPECT_EQ(all_numbers_of(stays.wait_for(15)), count_from(1, 15));
  webhooks_->settle(seconds(60));
  const auto status = webhooks_->status();
  ASSERT_EQ(status.size(), 2U) << "in the order of the configuration";
  while (webhooks_->status()[0].delivered < 5 || webhooks_->status()[1].delivered < 15) {
    std::this_thread::yield();
  }
  EXPECT_EQ(webhooks_->abandoned(), 0U);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(WebhooksReplaced, WhatWaitsOutlivesAnotherSecret) {
  Receiver receiver;
  receiver.set_dead(true);
  start({to(receiver, {}, "old")},
        {.timeout = milliseconds(50), .first_retry = milliseconds(2), .last_retry = milliseconds(5)});
  emit("a", 3);
  receiver.wait_for_requests(1);
  webhooks_->replace({to(receiver, {}, "new")});
  receiver.set_dead(false);
  EXPECT_EQ(all_numbers_of(receiver.wait_for(3)), count_from(1, 3));
  emit("a", 1);
  receiver.wait_for(4);
  const std::string request = receiver.requests().back();
  const auto header = [&](const std::string& name) {
    const std::size_t at = request.find(name + ": ") + name.size() + 2;
    return request.substr(at, request.find("\r\n", at) - at);
  };
  EXPECT_EQ(header("Tutti-Signature"), webhook_signature("new", header("Tutti-Timestamp"),
                                                         request.substr(request.find("\r\n\r\n") + 4)));
}

// A secret or an authority that was wrong may be why it failed: nobody who mended it waits for the next try.
TEST_F(WebhooksReplaced, OneThatIsOtherTriesAgainAtOnce) {
  Receiver receiver;
  receiver.answer_next("HTTP/1.1 401 Unauthorized\r\n\r\n");
  start({to(receiver, {}, "wrong")},
        {.first_retry = std::chrono::hours(1), .last_retry = std::chrono::hours(1)});
  emit("a", 1);
  while (webhooks_->status()[0].state != WebhookState::kRetrying) std::this_thread::yield();
  webhooks_->replace({to(receiver, {}, "right")});
  EXPECT_EQ(all_numbers_of(receiver.wait_for(1)), count_from(1, 1));
}

// What waited is told as it was wanted when it happened; and so it is of three filters behind each other.
TEST_F(WebhooksReplaced, AnotherFilterIsForWhatComes) {
  Receiver receiver;
  receiver.set_dead(true);
  start({to(receiver, {.conferences = {"a"}})},
        {.timeout = milliseconds(50), .first_retry = milliseconds(2), .last_retry = milliseconds(5)});
  emit("a", 2);
  emit("b", 2);
  receiver.wait_for_requests(1);
  webhooks_->replace({to(receiver, {.conferences = {"b"}})});
  emit("a", 2);
  emit("b", 2);
  webhooks_->replace({to(receiver)});
  emit("a", 2);
  emit("b", 2);
  webhooks_->replace({to(receiver, {.events = {"TalkingStarted"}})});
  emit("a", 2);
  journal_.emit(event("a", TalkingStarted{}));
  EXPECT_EQ(webhooks_->status().size(), 1U);
  receiver.set_dead(false);
  std::vector<std::string> got;
  for (const auto& event : receiver.wait_for(9)) {
    got.push_back(event["room"].get<std::string>() + std::to_string(event["number"].get<int>()));
  }
  EXPECT_THAT(got, ElementsAre("a1", "a2", "b3", "b4", "a5", "a6", "b5", "b6", "a9"));
  while (webhooks_->status()[0].waiting > 0) std::this_thread::yield();
  EXPECT_EQ(webhooks_->status()[0].lost, 0U);
}

TEST_F(WebhooksReplaced, OneThatIsGoneDeliversWhatWasThereAndNoMore) {
  Receiver receiver;
  receiver.answer_next("HTTP/1.1 503 Busy\r\n\r\n");
  start({to(receiver)}, {.first_retry = std::chrono::hours(1),
                         .last_retry = std::chrono::hours(1),
                         .farewell = std::chrono::hours(1)});
  emit("a", 3);
  while (webhooks_->status()[0].tries_in_vain == 0) std::this_thread::yield();
  webhooks_->replace({});
  emit("a", 3);
  EXPECT_EQ(all_numbers_of(receiver.wait_for(3)), count_from(1, 3));
  EXPECT_THAT(webhooks_->status(), IsEmpty());
  // Until the answer has come, too.
  while (told().back().find("takes events again") == std::string::npos) std::this_thread::yield();
  webhooks_->settle(seconds(60));
  webhooks_.reset();
  EXPECT_EQ(receiver.wait_for(3).size(), 3U);
  EXPECT_THAT(told(), testing::Not(testing::Contains(HasSubstr("no longer"))));
}

TEST_F(WebhooksReplaced, WhatOneThatIsGoneCouldNotDeliverIsCountedAndTold) {
  Receiver receiver;
  receiver.set_dead(true);
  start({to(receiver)}, {.timeout = milliseconds(200),
                         .first_retry = milliseconds(5),
                         .last_retry = milliseconds(5),
                         .farewell = milliseconds(100)});
  emit("a", 100);
  receiver.wait_for_requests(1);
  webhooks_->replace({});
  wait_for_abandoned(100);
  EXPECT_EQ(webhooks_->abandoned(), 100U);
  while (told().empty() || told().back().find("no longer") == std::string::npos) std::this_thread::yield();
  EXPECT_THAT(told().back(), "webhook http://127.0.0.1:" + receiver.port() +
                                 " is no longer configured, and 100 events did not reach it");
  // It may come back, and begins anew.
  receiver.set_dead(false);
  webhooks_->replace({to(receiver)});
  emit("a", 1);
  EXPECT_EQ(all_numbers_of(receiver.wait_for(1)), count_from(101, 1));
}

// Nobody answers, for as long as there is an attempt: replacing waits for none of it.
TEST_F(WebhooksReplaced, EndsAtOnceWhileOneThatIsGoneStillTries) {
  Receiver receiver;
  receiver.answer_next("");
  start({to(receiver)}, {.timeout = std::chrono::hours(1), .farewell = std::chrono::hours(1)});
  emit("a", 7);
  receiver.wait_for_requests(1);
  webhooks_->replace({});
  EXPECT_EQ(webhooks_->abandoned(), 0U);
  webhooks_.reset();
  EXPECT_THAT(told(), ElementsAre(HasSubstr("7 events did not reach it")));
}

TEST_F(WebhooksReplaced, TwoOfOneUrlAreTwo) {
  Receiver receiver;
  start({to(receiver, {.conferences = {"a"}}), to(receiver, {.conferences = {"b"}})});
  webhooks_->replace({to(receiver, {.conferences = {"b"}}), to(receiver, {.conferences = {"c"}})});
  emit("a", 1);
  emit("b", 1);
  emit("c", 1);
  std::vector<std::string> rooms;
  for (const auto& event : receiver.wait_for(2)) rooms.push_back(event["room"]);
  EXPECT_THAT(rooms, testing::UnorderedElementsAre("b", "c"));
}

TEST_F(WebhooksReplaced, AHundredTimesWhileEventsFlowLosesAndDoublesNone) {
  constexpr int kTimes = 100;
  Receiver receiver;
  Receiver other;
  start({to(receiver)});
  std::thread talker([this] {
    for (int i = 0; i < 40 * kTimes; ++i) emit_digits(journal_, "a", 1);
  });
  for (int i = 0; i < kTimes; ++i) {
    EventFilter filter;
    if (i % 3 == 1) filter.conferences = {"a"};
    if (i % 3 == 2) filter.events = {"DtmfReceived"};
    std::vector<WebhookConfig> wanted = {to(receiver, filter, "secret" + std::to_string(i))};
    if (i % 2 == 0) wanted.insert(wanted.begin(), to(other));
    webhooks_->replace(std::move(wanted));
    receiver.wait_for_requests(static_cast<std::size_t>(i) / 10);
  }
  talker.join();
  EXPECT_EQ(all_numbers_of(receiver.wait_for(40 * kTimes)), count_from(1, 40 * kTimes));
  webhooks_->settle(seconds(60));
  EXPECT_EQ(receiver.wait_for(40 * kTimes).size(), 40U * kTimes);
}

}  // namespace
}  // namespace tutti::api
