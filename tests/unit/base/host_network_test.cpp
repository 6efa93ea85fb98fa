#include "dataplane/base/host_network.h"

#include <gtest/gtest.h>

namespace tutti::base {
namespace {

SocketAddress ip(const char* text, std::uint16_t port = 0) {
  return *parse_ip(text, port);
}

TEST(HostNetwork, Ipv4IsTheSameBehindASocketOfIpv6) {
  EXPECT_EQ(without_mapping(ip("::ffff:192.0.2.1", 7)), ip("192.0.2.1", 7));
  for (const char* text : {"192.0.2.1", "::1", "2001:db8::1", "::fffe:192.0.2.1", "::192.0.2.1"}) {
    EXPECT_EQ(without_mapping(ip(text, 7)), ip(text, 7)) << text;
  }
}

TEST(HostNetwork, IsAnAddressOfIpv4OrASlash64WhateverThePort) {
  EXPECT_EQ(network_of(ip("192.0.2.1", 7)), ip("192.0.2.1"));
  EXPECT_EQ(network_of(ip("::ffff:192.0.2.1", 7)), ip("192.0.2.1"));
  EXPECT_EQ(network_of(ip("2001:db8:1:2:3:4:5:6", 7)), ip("2001:db8:1:2::"));
  EXPECT_EQ(network_of(SocketAddress{}), SocketAddress{});
}

TEST(HostNetwork, TellsApartInATableWhatNetworkOfTellsApart) {
  const SocketAddress all[] = {ip("192.0.2.1"),      ip("192.0.2.2"),  ip("2001:db8:1:2::"),
                               ip("2001:db8:1:3::"), ip("c000:201::"), SocketAddress{}};
  for (const SocketAddress& one : all) {
    for (const SocketAddress& other : all) {
      EXPECT_EQ(network_key(one) == network_key(other), network_of(one) == network_of(other))
          << to_string(one) << ' ' << to_string(other);
    }
  }
  EXPECT_EQ(network_key(ip("::ffff:192.0.2.1", 7)), network_key(ip("192.0.2.1")));
}

TEST(HostNetwork, KnowsLoopback) {
  for (const char* text : {"127.0.0.1", "127.9.8.7", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(is_loopback(ip(text))) << text;
  for (const char* text : {"192.0.2.1", "0.0.0.0", "::", "::2", "2001:db8::1", "::ffff:192.0.2.1", "fe80::1"})
    EXPECT_FALSE(is_loopback(ip(text))) << text;
  EXPECT_FALSE(is_loopback(SocketAddress{}));
}

}  // namespace
}  // namespace tutti::base
