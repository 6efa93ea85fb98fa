#include "signaling/api/access.h"

#include <gtest/gtest.h>

#include "dataplane/base/secret.h"
#include "signaling/api/rate_limiter.h"

namespace tutti::api {
namespace {

using std::chrono::milliseconds;

constexpr const char* kToken = "a-secret-of-some-length";

base::SocketAddress from(const char* ip) {
  return *base::parse_ip(ip);
}

TEST(Access, ATokenIsLongEnoughAndOfItsCharacters) {
  EXPECT_TRUE(is_token(kToken));
  EXPECT_TRUE(is_token(std::string(256, 'x')));
  for (const std::string& text :
       {std::string(15, 'x'), std::string(257, 'x'), std::string("0123456789abcde f"),
        std::string("0123456789abcdef\n"), std::string()}) {
    EXPECT_FALSE(is_token(text)) << text;
  }
}

TEST(Access, ComparesWholeTokens) {
  EXPECT_TRUE(base::equal_in_constant_time(kToken, kToken));
  for (const std::string& given :
       {std::string(kToken) + "x", std::string(kToken).substr(1), std::string(kToken) + kToken, std::string(),
        std::string("b-secret-of-some-length"), std::string("a-secret-of-some-lengtH")}) {
    EXPECT_FALSE(base::equal_in_constant_time(given, kToken)) << given;
  }
}

TEST(Access, AsksForTheTokenWhereOneIsConfigured) {
  const auto near = from("127.0.0.1");
  const auto far = from("192.0.2.1");
  const std::string right = std::string("Bearer ") + kToken;
  EXPECT_TRUE(may_ask("", "", Reach::kToken, far));
  for (const auto& client : {near, far}) {
    EXPECT_TRUE(may_ask(right, kToken, Reach::kToken, client));
    EXPECT_TRUE(may_ask(std::string("bEARER ") + kToken, kToken, Reach::kToken, client));
    EXPECT_TRUE(may_ask(std::string("Bearer  ") + kToken, kToken, Reach::kToken, client));
    for (const std::string& wrong :
         {std::string(), std::string("Bearer "), std::string("Bearer"), std::string(kToken),
          std::string("Basic ") + kToken, right + " ", std::string("Bearer   ")}) {
      EXPECT_FALSE(may_ask(wrong, kToken, Reach::kToken, client)) << wrong;
    }
  }
  EXPECT_TRUE(may_ask("", kToken, Reach::kLocal, near));
  EXPECT_FALSE(may_ask("", kToken, Reach::kLocal, far));
  EXPECT_TRUE(may_ask(right, kToken, Reach::kLocal, far));
}

int taken(RateLimiter& rate, const char* ip, base::Instant now, int tries) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += rate.try_ask(from(ip), now) ? 1 : 0;
  return count;
}

TEST(RateLimiter, GivesEachClientItsRateAndTwoSecondsAtOnce) {
  RateLimiter rate(10);
  const base::Instant start{};
  EXPECT_EQ(taken(rate, "192.0.2.1", start, 100), 20);
  EXPECT_EQ(taken(rate, "192.0.2.2", start, 100), 20);
  EXPECT_EQ(taken(rate, "192.0.2.1", start + milliseconds(100), 100), 1);
  EXPECT_EQ(taken(rate, "192.0.2.1", start + milliseconds(600), 100), 5);
  EXPECT_EQ(taken(rate, "192.0.2.1", start + milliseconds(60'000), 100), 20);
}

TEST(RateLimiter, AHostOfIpv6IsItsSlash64) {
  RateLimiter rate(10);
  EXPECT_EQ(taken(rate, "2001:db8::1", {}, 100), 20);
  EXPECT_EQ(taken(rate, "2001:db8::ffff:2", {}, 100), 0);
  EXPECT_EQ(taken(rate, "2001:db8:0:1::1", {}, 100), 20);
}

// A socket for both families sees IPv4 so: each of them is a client of its own.
TEST(RateLimiter, AHostOfIpv4IsItselfBehindASocketOfIpv6) {
  RateLimiter rate(10);
  EXPECT_EQ(taken(rate, "::ffff:192.0.2.1", {}, 100), 20);
  EXPECT_EQ(taken(rate, "::ffff:192.0.2.2", {}, 100), 20);
  EXPECT_EQ(taken(rate, "192.0.2.2", {}, 100), 0);
}

TEST(RateLimiter, ZeroIsNoBound) {
  RateLimiter rate(0);
  EXPECT_EQ(taken(rate, "192.0.2.1", {}, 1'000), 1'000);
  EXPECT_EQ(rate.clients(), 0U);
}

TEST(RateLimiter, RemembersOnlySoManyAndForgetsTheIdle) {
  RateLimiter rate(1);
  const base::Instant start{};
  base::SocketAddress client = from("10.0.0.0");
  const auto ask_from = [&](std::uint32_t n, base::Instant now) {
    client.ip = {10, static_cast<std::uint8_t>(n >> 16U), static_cast<std::uint8_t>(n >> 8U),
                 static_cast<std::uint8_t>(n)};
    return rate.try_ask(client, now);
  };
  for (std::uint32_t n = 0; n < RateLimiter::kClientsMax; ++n) ASSERT_TRUE(ask_from(n, start));
  // The others share one bucket, which was never filled so far.
  const base::Instant later = start + milliseconds(500);
  EXPECT_FALSE(ask_from(5'000, later) && ask_from(5'001, later) && ask_from(5'002, later));
  EXPECT_EQ(rate.clients(), RateLimiter::kClientsMax);
  EXPECT_TRUE(ask_from(5'003, start + milliseconds(5'000)));
  EXPECT_EQ(rate.clients(), 1U);
}

}  // namespace
}  // namespace tutti::api
