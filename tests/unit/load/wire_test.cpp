#include "tools/load/wire.h"

#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/base/check.h"
#include "tests/unit/net/own_network.h"
#include "tools/load/arrival_ring.h"

namespace tutti::load {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kCallers = 40;

// A far end: one socket at a loopback address.
class FarEnd {
 public:
  explicit FarEnd(const char* ip = "127.0.0.1") : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage address{};
    socklen_t length = base::to_sockaddr(*base::parse_ip(ip), address);
    CHECK(::bind(socket_, reinterpret_cast<sockaddr*>(&address), length) == 0);
    CHECK(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    address_ = base::from_sockaddr(reinterpret_cast<sockaddr*>(&address), length);
  }
  ~FarEnd() { ::close(socket_); }
  FarEnd(const FarEnd&) = delete;
  FarEnd& operator=(const FarEnd&) = delete;
  const base::SocketAddress& address() const { return address_; }
  // Text and where it came from; nothing after half a minute.
  std::pair<std::string, base::SocketAddress> take() const {
    pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 30'000) != 1) return {};
    std::array<char, 2'048> bytes{};
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    const auto count =
        ::recvfrom(socket_, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
    return {std::string(bytes.data(), static_cast<std::size_t>(count)),
            base::from_sockaddr(reinterpret_cast<sockaddr*>(&from), length)};
  }
  void send(const std::string& text, const base::SocketAddress& to) const {
    sockaddr_storage address{};
    const socklen_t length = base::to_sockaddr(to, address);
    CHECK(::sendto(socket_, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&address), length) ==
          static_cast<ssize_t>(text.size()));
  }

 private:
  int socket_;
  base::SocketAddress address_;
};

struct Kept {
  std::size_t caller;
  std::string text;
  base::Instant at;
  bool stranger;
};

class Keeper final : public ArrivedSink {
 public:
  void take(const Arrived& packet) override {
    all.push_back({packet.caller,
                   {reinterpret_cast<const char*>(packet.bytes.data()), packet.bytes.size()},
                   packet.at,
                   packet.stranger});
  }
  std::vector<Kept> all;
};

// The ways of a wire; the last two want rights.
class WireTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "packet-frames") {
      network_ = net::OwnNetwork::enter();
      if (!network_) GTEST_SKIP() << "this process may not make a network namespace (CAP_SYS_ADMIN)";
    }
    auto wire = GetParam() == "sockets" ? open_socket_wire(kCallers, *base::parse_ip("127.0.0.1"))
                                        : open_packet_wire(kCallers);
    if (!wire && GetParam() != "sockets") GTEST_SKIP() << "no packet wire (CAP_NET_RAW): " << wire.error();
    ASSERT_TRUE(wire) << wire.error();
    wire_ = std::move(*wire);
    if (GetParam() == "packet-raw" && wire_->name() != GetParam()) {
      GTEST_SKIP() << "this host's loopback takes frames: " << wire_->name();
    }
    ASSERT_EQ(wire_->name(), GetParam());
  }
  // Until so many have come, or a minute has passed.
  std::vector<Kept> receive(std::size_t count) {
    Keeper keeper;
    const base::Instant end = base::monotonic_now() + std::chrono::seconds(60);
    while (keeper.all.size() < count && base::monotonic_now() < end) wire_->receive(0, 1, keeper);
    return keeper.all;
  }
  void expect_nothing() {
    Keeper keeper;
    const base::Instant end = base::monotonic_now() + milliseconds(20 * ArrivalRing::kBlockMs);
    while (base::monotonic_now() < end) wire_->receive(0, 1, keeper);
    EXPECT_TRUE(keeper.all.empty());
  }
  static std::span<const std::byte> bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

  std::unique_ptr<net::OwnNetwork> network_;
  std::unique_ptr<Wire> wire_;
};

TEST_P(WireTest, SendsEachCallersPacketsFromItsOwnAddress) {
  FarEnd one;
  FarEnd other("127.9.9.9");
  for (std::size_t i = 0; i < kCallers; ++i) wire_->set_remote(i, (i % 2 == 0 ? one : other).address());
  std::map<std::string, base::SocketAddress> sent;  // more than a batch
  for (std::size_t i = 0; i < kCallers; ++i) {
    const std::string text(i == 7 ? Wire::kPacketBytesMax : i + 1, static_cast<char>('a' + i % 26));
    wire_->send(i, bytes(text));
    sent[text] = wire_->address(i);
  }
  wire_->flush();
  std::map<std::string, base::SocketAddress> came;
  for (std::size_t i = 0; i < kCallers; ++i) {
    const auto [text, from] = (i % 2 == 0 ? one : other).take();
    came[text] = from;
  }
  EXPECT_EQ(came, sent);
  EXPECT_EQ(wire_->send_errors(), 0U);
}

TEST_P(WireTest, HandsOutWhatComesWithTheKernelsTime) {
  FarEnd far;
  FarEnd stranger;
  for (std::size_t i = 0; i < kCallers; ++i) wire_->set_remote(i, far.address());
  // On a busy machine the kernel may put off what came, and says so: then once more.
  const base::Instant end = base::monotonic_now() + std::chrono::seconds(60);
  bool at_once = false;
  for (bool first = true; !at_once && base::monotonic_now() < end; first = false) {
    const base::Instant before = base::monotonic_now();
    // A socket takes nothing of a stranger any more once it has heard its far end.
    if (first) stranger.send("psst", wire_->address(3));
    for (std::size_t i = 0; i < kCallers; ++i) {
      far.send("to " + std::to_string(i) + std::string(100 + i, '.'), wire_->address(i));
    }
    const base::Instant after = base::monotonic_now();
    std::this_thread::sleep_for(milliseconds(5));  // the time is not that of the reading
    const std::vector<Kept> kept = receive(kCallers + (first ? 1 : 0));
    ASSERT_EQ(kept.size(), kCallers + (first ? 1 : 0));
    std::map<std::size_t, std::string> texts;
    at_once = true;
    for (const Kept& packet : kept) {
      // A clock that is set meanwhile, and the time between two readings of two clocks.
      EXPECT_GE(packet.at, before - milliseconds(1));
      at_once = at_once && packet.at <= after + milliseconds(1);
      EXPECT_EQ(packet.stranger, packet.text == "psst");
      if (!packet.stranger) texts[packet.caller] = packet.text;
    }
    for (std::size_t i = 0; i < kCallers; ++i) {
      EXPECT_EQ(texts[i], "to " + std::to_string(i) + std::string(100 + i, '.'));
    }
  }
  EXPECT_TRUE(at_once);
  EXPECT_EQ(wire_->overruns(), 0U);
}

TEST_P(WireTest, CutsWhatIsTooLongAndTellsNothingOfCallersWithoutAFarEnd) {
  FarEnd far;
  wire_->set_remote(1, far.address());
  far.send("for nobody yet", wire_->address(0));
  expect_nothing();
  far.send(std::string(1'400, 'x'), wire_->address(1));
  const std::vector<Kept> kept = receive(1);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].text, std::string(Wire::kPacketBytesMax, 'x'));
  far.send("", wire_->address(1));
  ASSERT_EQ(receive(1).size(), 1U);
  expect_nothing();
}

TEST_P(WireTest, CountsWhatTheKernelRefuses) {
  if (GetParam() == "packet-frames") GTEST_SKIP() << "a frame that nobody takes is not refused";
  wire_->set_remote(0, *base::parse_address_and_port("255.255.255.255:9"));  // a broadcast wants leave
  wire_->send(0, bytes("x"));
  wire_->flush();
  EXPECT_EQ(wire_->send_errors(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Ways, WireTest, testing::Values("sockets", "packet-raw", "packet-frames"),
                         [](const auto& test) {
                           std::string name = test.param;
                           if (const auto at = name.find('-'); at != std::string::npos) name[at] = '_';
                           return name;
                         });

// The packet wire leaves nothing behind in the kernel's queues, and reads again after a whole turn of its
// ring.
TEST(ArrivalRing, GoesRoundAndTellsWhatFoundNoRoom) {
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &here);
  ::sched_setaffinity(0, sizeof(here), &here);
  // Another process that runs this at the same time has another one.
  const std::string host =
      "127.64." + std::to_string(::getpid() / 250 % 250) + "." + std::to_string(1 + ::getpid() % 250);
  const base::SocketAddress address = *base::parse_ip(host);
  FarEnd sink(host.c_str());
  FarEnd far;
  // A busy kernel puts off what comes to a CPU, and lets fall what is too much of that; it keeps its order.
  FarEnd last;
  const auto settle = [&last] {
    last.send("came", last.address());
    ASSERT_EQ(last.take().first, "came");
  };
  auto ring = ArrivalRing::open(address, 1);  // its least: 16 blocks of 64 kB
  if (!ring) GTEST_SKIP() << "no CAP_NET_RAW: " << ring.error();
  std::size_t kept = 0;
  const auto drain = [&](std::size_t until) {
    const base::Instant end = base::monotonic_now() + std::chrono::seconds(60);
    while (kept < until && base::monotonic_now() < end) {
      (*ring)->drain([&](const ArrivalRing::Packet& packet) {
        EXPECT_EQ(packet.ip.size(), 28U + 172U);
        ++kept;
      });
    }
  };
  const std::string text(172, 'r');
  constexpr std::size_t kRounds = 60;
  constexpr std::size_t kEach = 200;  // 60 x 200 x 304 bytes are three and a half rings
  for (std::size_t round = 1; round <= kRounds; ++round) {
    for (std::size_t i = 0; i < kEach; ++i) far.send(text, sink.address());
    settle();
    drain(round * kEach);
    ASSERT_EQ(kept, round * kEach);
  }
  EXPECT_EQ((*ring)->overruns(), 0U);
  constexpr std::size_t kTooMany = 8'000;  // the ring holds some 3,400
  for (std::size_t i = 0; i < kTooMany; ++i) {
    far.send(text, sink.address());
    if (i % kEach == kEach - 1) settle();
  }
  const std::uint64_t lost = (*ring)->overruns();
  EXPECT_GT(lost, 0U);
  EXPECT_LT(lost, kTooMany);
  kept = 0;
  drain(kTooMany - lost);
  EXPECT_EQ(kept + lost, kTooMany);
}

}  // namespace
}  // namespace tutti::load
