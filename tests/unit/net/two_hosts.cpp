#include "two_hosts.h"

#include <cstdlib>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "dataplane/base/check.h"

namespace tutti::net {
namespace {

// A child is of the network of the thread that makes it.
void run(const std::string& command) {
  CHECK(std::system(command.c_str()) == 0);
}

}  // namespace

std::unique_ptr<TwoHosts> TwoHosts::enter() {
  auto near = OwnNetwork::enter();
  if (near == nullptr) return nullptr;
  return std::unique_ptr<TwoHosts>(new TwoHosts(std::move(near)));
}

TwoHosts::TwoHosts(std::unique_ptr<OwnNetwork> near) : near_(std::move(near)) {
  // A thread that ends takes its own way there with it, but not the network: that is held by its file.
  std::thread([this] {
    const auto network = OwnNetwork::enter();
    CHECK(network != nullptr);
    far_ = ::open("/proc/thread-self/ns/net", O_RDONLY);  // ip(8) opens it by our number
    CHECK(far_ >= 0);
  }).join();
  ip("link add near type veth peer name far netns /proc/" + std::to_string(::getpid()) + "/fd/" +
     std::to_string(far_));
  ip("link set near up");
  far_ip("link set far up");
}

TwoHosts::~TwoHosts() {
  ::close(far_);
}

void TwoHosts::ip(const std::string& arguments) {
  run("ip " + arguments);
}

void TwoHosts::far_ip(const std::string& arguments) {
  over_there([&] { run("ip " + arguments); });
}

void TwoHosts::over_there(const std::function<void()>& work) {
  std::thread([&] {
    CHECK(::setns(far_, CLONE_NEWNET) == 0);
    work();
  }).join();
}

}  // namespace tutti::net
