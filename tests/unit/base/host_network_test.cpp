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

}  // namespace
}  // namespace tutti::base
