#include "signaling/api/webhooks.h"

#include <mutex>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "signaling/api/event_id.h"
#include "signaling/api/webhook_backoff.h"
#include "signaling/api/webhook_post.h"
#include "signaling/api/webhook_reply.h"
#include "signaling/api/webhook_signature.h"
#include "tests/support/closed_port.h"
#include "tests/support/full_port.h"
#include "tests/support/webhook_receiver.h"
#include "tests/unit/conference/journal_fixture.h"

namespace tutti::api {
namespace {

using namespace conference;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

std::vector<std::uint64_t> numbers_but_gaps(const std::vector<nlohmann::json>& events) {
  std::vector<std::uint64_t> all;
  for (const auto& event : events) {
    if (event["event"] != "gap") all.push_back(event["number"]);
  }
  return all;
}

TEST(Webhooks, PostEveryEventInOrderAndSigned) {
  EventJournal journal;
  Receiver receiver;
  std::vector<WebhookConfig> one;
  one.push_back(to(receiver, {}, "secret"));
  Webhooks webhooks(journal, std::move(one), kQuick);
  emit_digits(journal, "a", 300);
  EXPECT_EQ(numbers_but_gaps(receiver.wait_for(300)), count_from(1, 300));
  const std::string request = receiver.requests()[0];
  EXPECT_THAT(request,
              testing::StartsWith("POST /hook?key=1 HTTP/1.1\r\nHost: 127.0.0.1:" + receiver.port()));
  EXPECT_THAT(request, HasSubstr("Content-Type: application/json\r\n"));
  const auto header = [&](const std::string& name) {
    const std::size_t at = request.find(name + ": ") + name.size() + 2;
    return request.substr(at, request.find("\r\n", at) - at);
  };
  EXPECT_EQ(header("Tutti-Signature"), webhook_signature("secret", header("Tutti-Timestamp"),
                                                         request.substr(request.find("\r\n\r\n") + 4)));
  EXPECT_THAT(header("Tutti-Delivery"), testing::StartsWith("a:1-"));
  webhooks.settle(seconds(30));
  const WebhookStatus status = webhooks.status()[0];
  EXPECT_EQ(status.receiver, "http://127.0.0.1:" + receiver.port());
  EXPECT_EQ(status.delivered, 300U);
  EXPECT_EQ(status.failures, 0U);
  EXPECT_EQ(status.retries, 0U);
  EXPECT_EQ(status.last_error, "");
  EXPECT_EQ(status.state, WebhookState::kIdle);
  EXPECT_EQ(status.waiting, 0U);
  const auto cursor = parse_event_id(status.cursor);
  ASSERT_TRUE(cursor) << status.cursor;
  EXPECT_EQ(cursor->room, "a");
  EXPECT_EQ(cursor->cursor.number, 300U);
}

// As printf '1700000000.{"events":[]}' | openssl dgst -sha256 -hmac secret has it.
TEST(Webhooks, SignTimestampAndBody) {
  EXPECT_EQ(webhook_signature("secret", "1700000000", R"({"events":[]})"),
            "sha256=3947de27ec923573170fccda604ddfb25583ff98dc51e96cca2e11c59545026a");
}

TEST(Webhooks, TryAgainUntilTheyAreTakenAndFollowNoRedirect) {
  EventJournal journal;
  Receiver receiver;
  Receiver elsewhere;
  for (const std::string& answer :
       {std::string("HTTP/1.1 500 Oh\r\n\r\n"), std::string("garbage\r\n\r\n"),
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:" + elsewhere.port() + "/\r\n\r\n",
        "HTTP/1.1 200 OK" + std::string(20'000, 'x'), std::string("HTTP/1.1 100 Continue\r\n\r\n"),
        std::string("HTTP/1.1 404 Not Found\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n" + std::string(kOk)}) {
    receiver.answer_next(answer);
  }
  std::vector<WebhookConfig> one;
  one.push_back(to(receiver));
  Webhooks webhooks(journal, std::move(one), kQuick);
  emit_digits(journal, "a", 1);
  receiver.wait_for_requests(7);
  webhooks.settle(seconds(30));
  while (webhooks.status()[0].delivered == 0) std::this_thread::yield();
  const auto requests = receiver.requests();
  const auto body_of = [](const std::string& request) { return request.substr(request.find("\r\n\r\n")); };
  for (const auto& request : requests) EXPECT_EQ(body_of(request), body_of(requests[0]));
  EXPECT_EQ(elsewhere.requests().size(), 0U);
  EXPECT_EQ(webhooks.status()[0].failures, 6U);
  EXPECT_EQ(webhooks.status()[0].posts, 7U);
  EXPECT_EQ(webhooks.status()[0].retries, 6U);
  EXPECT_FALSE(webhooks.status()[0].retry_at);
  EXPECT_EQ(webhooks.status()[0].last_error, "it answers 404");
  EXPECT_EQ(webhooks.status()[0].tries_in_vain, 0U);
}

TEST(Webhooks, ADeadReceiverDelaysNobodyAndIsToldOfTheGap) {
  EventJournal journal({.events = 100});
  Receiver dead;
  Receiver alive;
  dead.set_dead(true);
  std::vector<WebhookConfig> two;
  two.push_back(to(dead, {.conferences = {"a"}}));
  two.push_back(to(alive));
  Webhooks webhooks(
      journal, std::move(two),
      {.timeout = milliseconds(100), .first_retry = milliseconds(5), .last_retry = milliseconds(5)});
  emit_digits(journal, "a", 1);
  dead.wait_for_requests(1);
  for (std::size_t i = 0; i < 20; ++i) {
    emit_digits(journal, "a", 50);
    alive.wait_for(1 + 50 * (i + 1));
  }
  EXPECT_EQ(numbers_but_gaps(alive.wait_for(1'001)), count_from(1, 1'001));
  dead.set_dead(false);
  const auto told = dead.wait_for(102);
  auto expected = count_from(902, 100);
  expected.insert(expected.begin(), 1);
  EXPECT_EQ(numbers_but_gaps(told), expected);
  EXPECT_EQ(told[1]["event"], "gap");
  EXPECT_EQ(told[1]["room"], "a");
  EXPECT_EQ(told[1]["lost"], 900);
  EXPECT_EQ(told[1]["first_held"], 902);
}

// It takes up to a timeout, and as long as it likes to come back; nobody else waits for it.
TEST(Webhooks, AStalledReceiverLosesNothingThatTheJournalHolds) {
  EventJournal journal({.events = 5'000});
  Receiver stalled;
  Receiver alive;
  stalled.set_dead(true);
  std::vector<WebhookConfig> two;
  two.push_back(to(stalled, {.conferences = {"a"}}));
  two.push_back(to(alive));
  Webhooks webhooks(
      journal, std::move(two),
      {.timeout = milliseconds(100), .first_retry = milliseconds(5), .last_retry = milliseconds(5)});
  emit_digits(journal, "a", 1);
  stalled.wait_for_requests(1);
  emit_digits(journal, "a", 3'999);
  emit_digits(journal, "b", 50);
  alive.wait_for(4'050);
  while (webhooks.status()[0].state != WebhookState::kRetrying) std::this_thread::yield();
  WebhookStatus status = webhooks.status()[0];
  EXPECT_EQ(status.waiting, 4'000U) << "of its own room";
  EXPECT_EQ(status.cursor, "");
  EXPECT_EQ(status.last_error, "it does not answer in time");
  stalled.set_dead(false);
  EXPECT_EQ(numbers_but_gaps(stalled.wait_for(4'000)), count_from(1, 4'000));
  webhooks.settle(seconds(30));
  while (webhooks.status()[0].delivered < 4'000) std::this_thread::yield();
  status = webhooks.status()[0];
  EXPECT_EQ(status.lost, 0U);
  EXPECT_EQ(status.waiting, 0U);
}

TEST(Webhooks, TellOnceThatTheyFailAndOnceThatTheyAreWell) {
  EventJournal journal;
  Receiver receiver;
  for (int i = 0; i < 3; ++i) receiver.answer_next("HTTP/1.1 503 Busy\r\n\r\n");
  receiver.answer_next("HTTP/1.1 401 No\r\n\r\n");
  std::mutex mutex;
  std::vector<std::string> told;
  std::vector<WebhookConfig> one;
  one.push_back(to(receiver));
  {
    Webhooks webhooks(journal, std::move(one), kQuick, [&](const std::string& sentence) {
      const std::lock_guard lock(mutex);
      told.push_back(sentence);
    });
    emit_digits(journal, "a", 1);
    for (std::size_t count = 0; count < 3; std::this_thread::yield()) {
      const std::lock_guard lock(mutex);
      count = told.size();
    }
  }
  const std::string who = "webhook http://127.0.0.1:" + receiver.port();
  EXPECT_THAT(told,
              testing::ElementsAre(who + " is tried again: it answers 503",
                                   who + " is tried again: it answers 401", who + " takes events again"));
}

// 1, 2, 4 ... 300 s, less up to a half, as docs/OPERATIONS.md has it.
TEST(Webhooks, WaitTwiceAsLongEachTime) {
  std::minstd_rand random(1);
  const WebhookTiming timing;
  for (int round = 0; round < 100; ++round) {
    WebhookBackoff backoff(timing.first_retry, timing.last_retry);
    for (const int most_s : {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300}) {
      const auto wait = backoff.next(random);
      EXPECT_GE(wait, milliseconds(500 * most_s)) << most_s;
      EXPECT_LE(wait, seconds(most_s)) << most_s;
    }
  }
  EventJournal journal;
  const ClosedPort closed;
  const std::string port = std::to_string(closed.address().port);
  std::vector<WebhookConfig> one;
  one.push_back({*parse_webhook_url("http://127.0.0.1:" + port), {}, "", ""});
  Webhooks webhooks(journal, std::move(one),
                    {.first_retry = std::chrono::hours(1), .last_retry = std::chrono::hours(2)});
  const auto before = std::chrono::system_clock::now();
  emit_digits(journal, "a", 1);
  while (webhooks.status()[0].tries_in_vain == 0) std::this_thread::yield();
  const WebhookStatus status = webhooks.status()[0];
  const auto after = std::chrono::system_clock::now();
  EXPECT_EQ(status.state, WebhookState::kRetrying);
  ASSERT_TRUE(status.retry_at);
  EXPECT_GE(*status.retry_at, before + std::chrono::minutes(30));
  EXPECT_LE(*status.retry_at, after + std::chrono::minutes(60));
}

TEST(Webhooks, SayWhyNobodyIsReached) {
  EventJournal journal;
  const ClosedPort closed;
  const std::string port = std::to_string(closed.address().port);
  std::vector<WebhookConfig> two;
  two.push_back({*parse_webhook_url("http://127.0.0.1:" + port), {}, "", ""});
  two.push_back({*parse_webhook_url("https://localhost:" + port), {}, "", ""});
  Webhooks webhooks(journal, std::move(two), kQuick);
  emit_digits(journal, "a", 1);
  for (std::size_t i = 0; i < 2; ++i) {
    while (webhooks.status()[i].tries_in_vain < 3) std::this_thread::yield();
    EXPECT_EQ(webhooks.status()[i].last_error, "cannot connect: Connection refused");
  }
}

// Of a host's addresses one may be behind a network that drops what it is sent.
TEST(WebhookPosts, TryAnotherAddressOfTheHostWhereOneIsSilent) {
  Receiver receiver;
  const base::SocketAddress here =
      *base::parse_ip("127.0.0.1", static_cast<std::uint16_t>(std::stoi(receiver.port())));
  const FullPort silent;
  const auto resolve = [&](const std::string&, const std::string&) {
    std::vector<HostAddress> both(2);
    both[0].length = base::to_sockaddr(silent.address(), both[0].storage);
    both[1].length = base::to_sockaddr(here, both[1].storage);
    return base::Result<std::vector<HostAddress>, std::string>(both);
  };
  WebhookPost post(*parse_webhook_url("http://receiver.example"), resolve);
  const WebhookPost::Message message{R"({"events":[]})", {{"Tutti-Delivery", "1"}}, {}};
  EXPECT_EQ(post.send(message, milliseconds(200)).error(), "it does not answer in time");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post.send(message, seconds(30)).value_or(0), 204) << i;
}

// Or this does not end before the post does.
TEST(Webhooks, EndWhilePostsAreUnderWay) {
  EventJournal journal;
  Receiver receiver;
  receiver.answer_next("");
  std::vector<WebhookConfig> one;
  one.push_back(to(receiver));
  Webhooks webhooks(journal, std::move(one), {.timeout = std::chrono::hours(1)});
  emit_digits(journal, "a", 1);
  receiver.wait_for_requests(1);
}

TEST(WebhookUrls, AreHttpOrHttps) {
  const auto url = parse_webhook_url("https://example.org/a/b?c=d");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host + ' ' + url->port + ' ' + url->target, "example.org 443 /a/b?c=d");
  EXPECT_EQ(url->authority(), "example.org");
  const auto six = parse_webhook_url("http://[::1]:81?x");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->host + ' ' + six->port + ' ' + six->target, "::1 81 /?x");
  EXPECT_EQ(six->authority(), "[::1]:81");
  for (const char* text : {"", "http://", "ftp://a/", "http://a b/", "http://a/\r\nX: y", "http://u:p@h/",
                           "http://a:0/", "http://a:65536", "http://a:/", "http://[::1", "http://[::1]x/",
                           "http://a/#f", "//a/", "http:///x", "http://[zz]/"}) {
    EXPECT_FALSE(parse_webhook_url(text)) << text;
  }
}

TEST(WebhookReplies, AreReadForTheirStatus) {
  EXPECT_EQ(find_reply_status("HTTP/1.1 204 No Content\r\n\r\n").value(), 204);
  EXPECT_EQ(find_reply_status("HTTP/1.0 200\r\nA: b\r\n\r\nbody").value(), 200);
  EXPECT_EQ(find_reply_status("HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 302 F\r\n\r\n").value(), 302);
  const std::string_view whole = "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n";
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(find_reply_status(whole.substr(0, i)).error(), ReplyFault::kIncomplete);
  }
  for (const char* text : {"x", "HTTP/2", "HTTP/1.1 20x OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
                           "HTTP/1.1 99\r\n\r\n", "HTTP/1.1 600 X\r\n\r\n", "HTTP/1.\r\n\r\n"}) {
    EXPECT_EQ(find_reply_status(text).error(), ReplyFault::kBroken) << text;
  }
  EXPECT_EQ(find_reply_status("HTTP/1.1 200 " + std::string(kReplyBytesMax, 'x')).error(),
            ReplyFault::kBroken);
  std::string endless;
  while (endless.size() < kReplyBytesMax) endless += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(find_reply_status(endless).error(), ReplyFault::kBroken);
  EXPECT_EQ(find_reply_status(endless + "HTTP/1.1 200 OK\r\n\r\n").value(), 200);
}

}  // namespace
}  // namespace tutti::api
