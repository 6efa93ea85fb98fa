#include "dataplane/net/udp_endpoint_factory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port_world.h"

namespace tutti::net {
namespace {

using base::SocketAddress;

// The first free pair of a range that the contract's tests do not use.
class UdpEndpointFactoryTest : public testing::Test {
 protected:
  base::EndpointHandles open_pair() {
    for (std::uint16_t port = 50'000; port < 50'200; port += 2) {
      local_ = local_.with_port(port);
      const auto opened = factory_.open(local_, true);
      if (opened) return *opened;
      EXPECT_EQ(opened.error(), NetError::kAddressInUse);
    }
    ADD_FAILURE() << "no free pair";
    return {};
  }
  UdpEndpointFactory factory_;
  SocketAddress local_ = own_loopback_ip();
};

SocketAddress bound_to(int fd) {
  sockaddr_storage address;
  socklen_t length = sizeof(address);
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length), 0);
  return base::from_sockaddr(reinterpret_cast<sockaddr*>(&address), length);
}

TEST_F(UdpEndpointFactoryTest, BindsBothPortsOfTheGivenAddress) {
  const base::EndpointHandles handles = open_pair();
  EXPECT_EQ(bound_to(handles.rtp), local_);
  EXPECT_EQ(bound_to(handles.rtcp), local_.with_port(static_cast<std::uint16_t>(local_.port + 1)));
  for (const int fd : {handles.rtp, handles.rtcp}) {
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_EQ(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);  // io_uring must wait on it
  }
  factory_.close(handles);
  EXPECT_EQ(::fcntl(handles.rtp, F_GETFD), -1);
  EXPECT_EQ(::fcntl(handles.rtcp, F_GETFD), -1);
}

TEST_F(UdpEndpointFactoryTest, SaysThatAPortIsInUseAndKeepsNothingOpen) {
  const base::EndpointHandles handles = open_pair();
  const auto again = factory_.open(local_, false);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error(), NetError::kAddressInUse);

  // Only the companion is taken.
  ::close(handles.rtp);
  const auto half = factory_.open(local_, true);
  ASSERT_FALSE(half);
  EXPECT_EQ(half.error(), NetError::kAddressInUse);
  const auto alone = factory_.open(local_, false);
  ASSERT_TRUE(alone);  // so the failed attempt has closed its even port
  factory_.close(*alone);
  ::close(handles.rtcp);
}

TEST_F(UdpEndpointFactoryTest, RefusesAddressesThatAreNotThisHosts) {
  for (const char* ip : {"192.0.2.1", "0.0.0.0", "::", "2001:db8::1"}) {
    const auto opened = factory_.open(*base::parse_ip(ip, 50'000), true);
    ASSERT_FALSE(opened) << ip;
    EXPECT_EQ(opened.error(), NetError::kAddressNotAvailable) << ip;
  }
  EXPECT_EQ(factory_.open({}, true).error(), NetError::kAddressNotAvailable);
}

TEST_F(UdpEndpointFactoryTest, SaysThatDescriptorsAreOut) {
  factory_.close(open_pair());  // so local_ is free
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int lowest_free = ::dup(0);
  ASSERT_GE(lowest_free, 0);
  ::close(lowest_free);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(lowest_free) + 1;  // room for one of the two
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  const auto opened = factory_.open(local_, true);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), NetError::kNoDescriptors);
}

TEST(NetErrorTest, EveryErrorHasASentence) {
  for (int i = 0; i <= static_cast<int>(NetError::kOther); ++i) {
    EXPECT_GT(to_string(static_cast<NetError>(i)).size(), 10u);
  }
}

}  // namespace
}  // namespace tutti::net
