#include "dataplane/dpdk/local_endpoints.h"

#include <gtest/gtest.h>

#include "dataplane/net/endpoint_allocator.h"

namespace tutti::dpdk {
namespace {

using net::NetError;

const base::SocketAddress kFirst = *base::parse_ip("10.0.0.1");
const base::SocketAddress kSecond = *base::parse_ip("10.0.1.1");  // ends in the same byte
const base::SocketAddress kThird = *base::parse_ip("2001:db8::1");

class LocalEndpointsTest : public testing::Test {
 protected:
  const LocalAddresses addresses_{{{kFirst, 24}, {kSecond, 23}, {kThird, 64}},
                                  *base::parse_ip("10.0.0.254"),
                                  *base::parse_ip("2001:db8::fe")};
  LocalEndpoints endpoints_{addresses_};
};

TEST_F(LocalEndpointsTest, FindsItsAddresses) {
  EXPECT_EQ(addresses_.find(kFirst), 0);
  EXPECT_EQ(addresses_.find(kSecond.with_port(7)), 1);
  EXPECT_EQ(addresses_.find(kThird), 2);
  EXPECT_FALSE(addresses_.find(*base::parse_ip("10.0.2.1")));
  EXPECT_FALSE(addresses_.find(*base::parse_ip("2001:db8:1::1")));
  EXPECT_FALSE(addresses_.find({}));
}

TEST_F(LocalEndpointsTest, KnowsItsNeighbours) {
  const auto on_link = [&](const char* ip) { return addresses_.on_link(*base::parse_ip(ip)); };
  EXPECT_TRUE(on_link("10.0.0.200"));
  EXPECT_TRUE(on_link("10.0.1.200"));  // of the second's 23 bits
  EXPECT_FALSE(on_link("10.0.2.1"));
  EXPECT_TRUE(on_link("2001:db8::99"));
  EXPECT_FALSE(on_link("2001:db8:0:1::99"));
  EXPECT_TRUE(on_link("fe80::1"));
  EXPECT_EQ(addresses_.gateway(base::AddressFamily::kIpv4), *base::parse_ip("10.0.0.254"));
  EXPECT_EQ(addresses_.gateway(base::AddressFamily::kIpv6), *base::parse_ip("2001:db8::fe"));
}

TEST_F(LocalEndpointsTest, PacksAddressAndPort) {
  const auto opened = endpoints_.open(kSecond.with_port(65'534), true);
  ASSERT_TRUE(opened);
  EXPECT_EQ(LocalPort::unpack(opened->rtp), (LocalPort{1, 65'534}));
  EXPECT_EQ(LocalPort::unpack(opened->rtcp), (LocalPort{1, 65'535}));
  const auto muxed = endpoints_.open(kFirst.with_port(65'534), false);
  ASSERT_TRUE(muxed);
  EXPECT_EQ(muxed->rtcp, base::EndpointHandles::kNone);
}

TEST_F(LocalEndpointsTest, GivesAPortOnceUntilItIsClosed) {
  const auto opened = endpoints_.open(kFirst.with_port(4'000), true);
  ASSERT_TRUE(opened);
  EXPECT_EQ(endpoints_.open(kFirst.with_port(4'000), false).error(), NetError::kAddressInUse);
  EXPECT_EQ(endpoints_.open(kFirst.with_port(4'001), false).error(), NetError::kAddressInUse);
  EXPECT_EQ(endpoints_.open(kFirst.with_port(3'999), true).error(), NetError::kAddressInUse);
  EXPECT_TRUE(endpoints_.open(kSecond.with_port(4'000), true));
  endpoints_.close(*opened);
  EXPECT_TRUE(endpoints_.open(kFirst.with_port(4'000), true));
}

TEST_F(LocalEndpointsTest, RefusesWhatIsNotOurs) {
  EXPECT_EQ(endpoints_.open(*base::parse_ip("10.0.0.2", 4'000), true).error(),
            NetError::kAddressNotAvailable);
  EXPECT_EQ(endpoints_.open(kFirst, true).error(), NetError::kAddressNotAvailable);
  EXPECT_EQ(endpoints_.open(kFirst.with_port(65'535), true).error(), NetError::kAddressNotAvailable);
}

// 131,072 with RTCP ports take five addresses: 65,536 ports are 32,256 pairs from 1,024 on.
TEST_F(LocalEndpointsTest, HoldsAsManyAsTheAddressesHavePorts) {
  std::vector<LocalAddresses::Address> ours;
  std::vector<base::SocketAddress> ips;
  for (int i = 1; i <= 5; ++i) {
    ips.push_back(*base::parse_ip("10.0.0." + std::to_string(i)));
    ours.push_back({ips.back(), 24});
  }
  const LocalAddresses addresses(ours, {}, {});
  LocalEndpoints endpoints(addresses);
  net::EndpointAllocator allocator(endpoints, {ips, 1'024, 65'535, 4});
  EXPECT_GE(allocator.capacity(), 131'072u);
  std::vector<net::Endpoint> opened;
  for (std::size_t i = 0; i < 131'072; ++i) {
    const auto endpoint = allocator.open(true, i % 4);
    ASSERT_TRUE(endpoint);
    // A lane's ports are its own as long as it has some.
    if (i < 100'000) {
      ASSERT_EQ((endpoint->rtp.port / 2u) % 4, i % 4);
    }
    opened.push_back(*endpoint);
  }
  for (const net::Endpoint& endpoint : opened) allocator.close(endpoint);
  EXPECT_EQ(allocator.in_use(), 0u);
}

}  // namespace
}  // namespace tutti::dpdk
