#include "dataplane/base/bound_address.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace tutti::base {
namespace {

TEST(BoundAddress, IsTheSocketsOwn) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  EXPECT_FALSE(bound_address(socket).reachable());
  sockaddr_storage wanted{};
  const socklen_t length = to_sockaddr(*parse_ip("127.0.0.1"), wanted);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&wanted), length), 0);
  EXPECT_EQ(ip_to_string(bound_address(socket)), "127.0.0.1");
  EXPECT_NE(bound_address(socket).port, 0);
  ::close(socket);
}

TEST(BoundAddress, IsNoneOfWhatIsNoSocketOfAnAddress) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  EXPECT_FALSE(bound_address(ends[0]).valid());
  for (const int end : ends) ::close(end);
  EXPECT_FALSE(bound_address(-1).valid());
}

}  // namespace
}  // namespace tutti::base
