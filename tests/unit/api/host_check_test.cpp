#include "signaling/api/host_check.h"

#include <gtest/gtest.h>

namespace tutti::api {
namespace {

TEST(HostCheck, TakesAddressesLocalhostAndTheConfiguredName) {
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:8080", "192.0.2.7:80", "[::1]", "[2001:db8::1]:8080", "localhost",
        "LocalHost:8080", "tutti.example.org", "TUTTI.example.org:443", "127.0.0.1:"}) {
    EXPECT_TRUE(is_own_host(host, "tutti.example.org")) << host;
  }
}

TEST(HostCheck, RefusesEveryOtherName) {
  for (const char* host :
       {"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "",
        "localhost:80@evil.example", "[::1", "[evil.example]", "[127.0.0.1]", "[::1]x", "::1",
        "127.0.0.1:8080x", "tutti.example.org.", "127.0.0.1 evil.example", ":80"}) {
    EXPECT_FALSE(is_own_host(host, "tutti.example.org")) << host;
  }
  EXPECT_FALSE(is_own_host("tutti.example.org", ""));
  EXPECT_FALSE(is_own_host("", ""));
}

}  // namespace
}  // namespace tutti::api
