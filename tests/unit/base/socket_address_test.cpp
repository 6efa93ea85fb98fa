#include "dataplane/base/socket_address.h"

#include <string_view>

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace tutti::base {
namespace {

using std::string_view_literals::operator""sv;

TEST(ParseIp, TakesLiteralsOfBothFamilies) {
  const auto four = parse_ip("192.0.2.1", 5060);
  ASSERT_TRUE(four);
  EXPECT_EQ(four->family, AddressFamily::kIpv4);
  EXPECT_EQ(four->port, 5060);
  EXPECT_EQ(ip_to_string(*four), "192.0.2.1");

  const auto six = parse_ip("2001:db8::1");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->family, AddressFamily::kIpv6);
  EXPECT_EQ(six->port, 0);
  EXPECT_EQ(ip_to_string(*six), "2001:db8::1");
}

TEST(ParseIp, RefusesWhatIsNoLiteral) {
  for (const auto text :
       {""sv, "localhost"sv, "1.2.3"sv, "1.2.3.256"sv, "1.2.3.4 "sv, " 1.2.3.4"sv, "1.2.3.4:5"sv, "[::1]"sv,
        ":::"sv, "127.0.0.1\0.example"sv, "::1\0"sv, "fe80::1%lo"sv}) {
    EXPECT_FALSE(parse_ip(text)) << text;
  }
}

TEST(ParseIp, TakesTextThatIsNotTerminated) {
  EXPECT_EQ(ip_to_string(*parse_ip("10.0.0.12345"sv.substr(0, 8))), "10.0.0.1");
}

TEST(ParseAddressAndPort, TakesBothFamilies) {
  EXPECT_EQ(to_string(*parse_address_and_port("127.0.0.1:5060")), "127.0.0.1:5060");
  EXPECT_EQ(to_string(*parse_address_and_port("[::1]:65535")), "[::1]:65535");
  EXPECT_EQ(parse_address_and_port("127.0.0.1:0")->port, 0);
}

TEST(ParseAddressAndPort, RefusesWhatIsIncompleteOrAmbiguous) {
  for (const auto text :
       {""sv, ":"sv, "127.0.0.1"sv, "127.0.0.1:"sv, ":5060"sv, "127.0.0.1:65536"sv, "127.0.0.1:-1"sv,
        "127.0.0.1:+1"sv, "127.0.0.1:5060 "sv, "127.0.0.1: 5060"sv, "127.0.0.1:50x"sv, "::1:5060"sv,
        "[127.0.0.1]:5060"sv, "[::1]5060"sv, "[::1:5060"sv, "[]:5060"sv}) {
    EXPECT_FALSE(parse_address_and_port(text)) << text;
  }
}

TEST(SocketAddress, SaysWhetherItIsThereAndSpecific) {
  EXPECT_FALSE(SocketAddress{}.valid());
  EXPECT_EQ(ip_to_string(SocketAddress{}), "none");
  EXPECT_TRUE(parse_ip("0.0.0.0")->unspecified());
  EXPECT_TRUE(parse_ip("::")->unspecified());
  EXPECT_FALSE(parse_ip("127.0.0.1")->unspecified());
  EXPECT_FALSE(parse_ip("::1")->unspecified());
  EXPECT_TRUE(parse_ip("fe80::1")->link_local());
  EXPECT_TRUE(parse_ip("febf::1")->link_local());
  EXPECT_FALSE(parse_ip("fec0::1")->link_local());
  EXPECT_FALSE(parse_ip("254.128.0.1")->link_local()) << "of another family";
}

TEST(SocketAddress, WithPortChangesNothingElse) {
  const auto address = *parse_ip("127.0.0.1", 7000);
  EXPECT_EQ(to_string(address.with_port(7001)), "127.0.0.1:7001");
  EXPECT_EQ(address.with_port(7001).with_port(7000), address);
  EXPECT_NE(address.with_port(7001), address);
}

TEST(Sockaddr, GoesBothWays) {
  for (const auto text : {"127.0.0.1:5060", "[2001:db8::7]:49170"}) {
    const auto address = *parse_address_and_port(text);
    sockaddr_storage storage;
    const socklen_t length = to_sockaddr(address, storage);
    EXPECT_EQ(length, address.family == AddressFamily::kIpv4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    EXPECT_EQ(from_sockaddr(reinterpret_cast<const sockaddr*>(&storage), length), address);
    // One byte short is no address.
    EXPECT_FALSE(from_sockaddr(reinterpret_cast<const sockaddr*>(&storage), length - 1).valid());
  }
}

TEST(Sockaddr, AnotherFamilyIsNoAddress) {
  sockaddr_storage storage;
  to_sockaddr(SocketAddress{}, storage);
  EXPECT_EQ(storage.ss_family, AF_UNSPEC);
  storage.ss_family = AF_UNIX;
  EXPECT_FALSE(from_sockaddr(reinterpret_cast<const sockaddr*>(&storage), sizeof(storage)).valid());
}

TEST(SocketAddress, IsReachableWithAnAddressAndAPort) {
  EXPECT_TRUE(parse_address_and_port("192.0.2.1:4000")->reachable());
  EXPECT_TRUE(parse_address_and_port("[2001:db8::1]:4000")->reachable());
  EXPECT_FALSE(SocketAddress{}.reachable());
  EXPECT_FALSE(parse_ip("192.0.2.1")->reachable());
  EXPECT_FALSE(parse_address_and_port("0.0.0.0:4000")->reachable());
  EXPECT_FALSE(parse_address_and_port("[::]:4000")->reachable());
}

}  // namespace
}  // namespace tutti::base
