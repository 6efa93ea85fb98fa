// What systemd is told, by a socket that stands for it.
#include "signaling/server/service_manager.h"

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdlib>

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/server/tuttid_process.h"

namespace tutti::server {
namespace {

using std::chrono::seconds;
using testing::StartsWith;

constexpr seconds kLong(60);

class ServiceManagerTest : public testing::Test {
 protected:
  // An abstract name: nothing is left behind in a folder.
  ServiceManagerTest() : name_("@tutti-test-" + std::to_string(::getpid())) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name_.copy(address.sun_path, sizeof address.sun_path);
    address.sun_path[0] = '\0';
    const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), bytes), 0);
  }
  ~ServiceManagerTest() override { ::close(fd_); }

  // The next thing that was told; empty where nothing was.
  std::string next(seconds patience = seconds(0)) const {
    const timeval limit{.tv_sec = patience.count(), .tv_usec = 1};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    std::array<char, 512> text;
    const auto bytes = ::recv(fd_, text.data(), text.size(), 0);
    return bytes <= 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(bytes));
  }

  const std::string name_;
  const int fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

TEST_F(ServiceManagerTest, IsToldEachThing) {
  ServiceManager manager(name_);
  EXPECT_TRUE(manager.listens());
  manager.ready();
  EXPECT_EQ(next(), "READY=1");
  manager.stopping();
  EXPECT_EQ(next(), "STOPPING=1");
}

TEST_F(ServiceManagerTest, StatusIsToldNowAndThen) {
  ServiceManager manager(name_);
  const base::Instant start{seconds(1)};
  manager.status(start, "calls 1");
  EXPECT_EQ(next(), "STATUS=calls 1");
  manager.status(start + ServiceManager::kStatusEvery - seconds(1), "calls 2");
  EXPECT_EQ(next(), "");
  manager.status(start + ServiceManager::kStatusEvery, "calls 3");
  EXPECT_EQ(next(), "STATUS=calls 3");
}

TEST_F(ServiceManagerTest, NobodyToTellIsNoFault) {
  for (const std::string& socket : {std::string(), std::string("/nowhere/at/all"), std::string(300, 'a')}) {
    const ServiceManager manager(socket);
    manager.ready();
    EXPECT_EQ(manager.listens(), !socket.empty());
  }
}

TEST_F(ServiceManagerTest, AServersLifeIsTold) {
  const TemporaryFile small(kSmall);
  ::setenv("NOTIFY_SOCKET", name_.c_str(), 1);
  ChildProcess server(kTuttid, on_free_ports(small));
  ::unsetenv("NOTIFY_SOCKET");
  ASSERT_TRUE(server.wait_for_output("pid=")) << server.err();
  EXPECT_EQ(next(kLong), "READY=1");
  EXPECT_THAT(next(kLong), StartsWith("STATUS=calls 0  rooms 0"));
  server.signal(SIGTERM);
  EXPECT_EQ(next(kLong), "STOPPING=1");
  EXPECT_EQ(server.wait(), 0);
}

}  // namespace
}  // namespace tutti::server
