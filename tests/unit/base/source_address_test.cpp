#include "dataplane/base/source_address.h"

#include <gtest/gtest.h>

namespace tutti::base {
namespace {

TEST(SourceAddress, IsThisHostsOwnTowardsItself) {
  EXPECT_EQ(source_address(*parse_ip("127.0.0.1", 5'060)), *parse_ip("127.0.0.1"));
  EXPECT_EQ(source_address(*parse_ip("127.0.0.1")), *parse_ip("127.0.0.1"));  // no port is needed
}

TEST(SourceAddress, IsNoneOfNoAddress) {
  EXPECT_FALSE(source_address(SocketAddress()).valid());
}

// As where no route leads: the kernel connects no socket to it.
TEST(SourceAddress, IsNoneWhereTheKernelSendsNothing) {
  EXPECT_FALSE(source_address(*parse_ip("255.255.255.255", 5'060)).valid());  // not without SO_BROADCAST
}

}  // namespace
}  // namespace tutti::base
