// Hosts that a peer names, and that must be asked for.
#include <cstdlib>
#include <thread>

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tests/unit/net/own_network.h"
#include "tests/unit/sip/sip_fixture.h"

namespace tutti::sip {
namespace {

// For the calling thread alone. False where it may not.
bool name_the_server(const std::string& address) {
  std::string file = testing::TempDir() + "resolv.conf.XXXXXX";
  const int fd = mkstemp(file.data());
  const std::string line = "nameserver " + address + "\n";
  const bool written = write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  close(fd);
  const bool named = written && unshare(CLONE_NEWNS) == 0 &&
                     mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                     mount(file.c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr) == 0;
  unlink(file.c_str());
  return named;
}

// The library asked again and again, and the loop stood still for good.
struct NoRouteToTheNameServer : SipTest {
  void TestBody() override {
    accept_all();
    start();
    Peer peer(loop, server());
    RawCall call(peer, "room");
    call.contact = "<sip:raw@nowhere.invalid>";
    establish(call);
    agent->hang_up(recorder.established.back(), "over");
    EXPECT_TRUE(wait_for_no_dialogs());
    RawCall next(peer, "room");
    establish(next);
  }
};

TEST(Resolver, NoRouteToTheNameServerEndsOneCallOnly) {
  bool tried = false;
  std::thread([&] {  // whose namespaces end with it, and who alone may turn the loop
    const auto network = net::OwnNetwork::enter();
    if (network == nullptr || !name_the_server("192.0.2.1")) return;
    tried = true;
    NoRouteToTheNameServer().TestBody();
  })
      .join();
  if (!tried) GTEST_SKIP() << "no network and mount namespaces may be made here";
}

}  // namespace
}  // namespace tutti::sip
