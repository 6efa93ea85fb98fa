#include "dataplane/core/core_thread.h"

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include <gtest/gtest.h>
#include <sched.h>

#include "tests/sim/simulated_host.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

// Takes everyone in, brings nothing, counts what leaves.
class QuietPort final : public net::PacketPort {
 public:
  struct Seen {
    std::atomic<int> sent{0};
    std::atomic<int> cpu{-1};
    std::atomic<int> policy{-1};
  };
  explicit QuietPort(Seen& seen) : seen_(seen) {}

  bool attach(net::EndpointId, const base::EndpointHandles&) TUTTI_REALTIME override { return true; }
  void detach(net::EndpointId id) TUTTI_REALTIME override { detached_ = id; }
  std::optional<net::EndpointId> next_detached() TUTTI_REALTIME override {
    return std::exchange(detached_, std::nullopt);
  }
  void connect(net::EndpointId, net::Flow, const base::SocketAddress&) TUTTI_REALTIME override {}
  void disconnect(net::EndpointId, net::Flow) TUTTI_REALTIME override {}
  std::span<const net::ReceivedPacket> receive() TUTTI_REALTIME override { return {}; }
  std::span<std::byte> reserve() TUTTI_REALTIME override { return buffer_; }
  void send(net::EndpointId, net::Flow, const base::SocketAddress&, std::size_t) TUTTI_REALTIME override {
    seen_.sent.fetch_add(1);
  }
  using PacketPort::send;
  bool send(net::EndpointId, net::Flow, const base::SocketAddress&, std::span<const std::byte>,
            std::span<const std::byte>) TUTTI_REALTIME override {
    seen_.sent.fetch_add(1);
    return true;
  }
  void flush() TUTTI_REALTIME override {}
  void wait_until(base::Instant deadline) override {
    seen_.cpu.store(::sched_getcpu());
    seen_.policy.store(::sched_getscheduler(0));
    std::this_thread::sleep_for(deadline - base::monotonic_now());
  }
  const Counters& counters() const TUTTI_REALTIME override { return counters_; }

 private:
  Seen& seen_;
  std::optional<net::EndpointId> detached_;
  std::array<std::byte, net::kPayloadBytesMax> buffer_;
  Counters counters_;
};

// The last CPU that this process may use.
int usable_cpu() {
  cpu_set_t allowed;
  ::sched_getaffinity(0, sizeof(allowed), &allowed);
  int last = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) last = cpu;
  }
  return last;
}

CoreThread::Options options_for(int cpu, Realtime realtime) {
  CoreThread::Options options;
  options.cpu = cpu;
  options.realtime = realtime;
  options.core.capacity = {16, 4};
  options.core.clock = &base::monotonic_now;
  return options;
}

constexpr int kPatienceMs = 60'000;  // real threads need real time: a test that waits so long has failed

// Waits for an event of one kind.
template <typename Event>
std::optional<Event> wait_for(mailbox::Mailbox& mailbox) {
  for (int i = 0; i < kPatienceMs; ++i) {
    std::array<mailbox::CoreEvent, 1> event;
    if (mailbox.drain(event) == 1) {
      if (const auto* found = std::get_if<Event>(&event[0])) return *found;
    }
    std::this_thread::sleep_for(1ms);
  }
  return std::nullopt;
}

TEST(CoreThread, RunsOnItsCpuObeysAndEnds) {
  QuietPort::Seen seen;
  mailbox::Mailbox mailbox(64);
  const int cpu = usable_cpu();
  auto thread =
      CoreThread::start(options_for(cpu, Realtime::kOff), std::make_unique<QuietPort>(seen), mailbox);
  ASSERT_TRUE(thread.has_value());
  EXPECT_EQ((*thread)->cpu(), cpu);
  EXPECT_FALSE((*thread)->realtime());

  ASSERT_TRUE(mailbox.post(mailbox::OpenConference{{0, 1}}));
  mailbox::AttachParticipant attach;
  attach.participant = {2, 1};
  attach.conference = {0, 1};
  attach.media = sim::SimulatedHost::media_for(*base::parse_address_and_port("10.0.0.1:4000"));
  ASSERT_TRUE(mailbox.post(attach));
  ASSERT_TRUE(wait_for<mailbox::ParticipantAttached>(mailbox).has_value());
  EXPECT_EQ((*thread)->counters().participants.value(), 1);
  for (int i = 0; i < kPatienceMs && seen.sent.load() < 3; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_GE(seen.sent.load(), 3);
  EXPECT_EQ(seen.cpu.load(), cpu);
  EXPECT_EQ(seen.policy.load(), SCHED_OTHER);

  ASSERT_TRUE(mailbox.post(mailbox::DetachParticipant{attach.participant}));
  ASSERT_TRUE(wait_for<mailbox::ParticipantDetached>(mailbox).has_value());
  ASSERT_TRUE(mailbox.post(mailbox::CloseConference{{0, 1}}));
  ASSERT_TRUE(wait_for<mailbox::ConferenceClosed>(mailbox).has_value());
  EXPECT_EQ((*thread)->counters().participants.value(), 0);
  thread->reset();
  const int sent = seen.sent.load();
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(seen.sent.load(), sent);
}

TEST(CoreThread, RefusesACpuThatIsNotThere) {
  QuietPort::Seen seen;
  mailbox::Mailbox mailbox(64);
  for (const int cpu : {-1, CPU_SETSIZE - 1, CPU_SETSIZE}) {
    const auto thread =
        CoreThread::start(options_for(cpu, Realtime::kOff), std::make_unique<QuietPort>(seen), mailbox);
    ASSERT_FALSE(thread.has_value()) << cpu;
    EXPECT_EQ(thread.error(), ThreadError::kNoSuchCpu);
  }
}

TEST(CoreThread, TakesRealTimeSchedulingOrSaysThatItMayNot) {
  QuietPort::Seen seen;
  mailbox::Mailbox mailbox(64);
  const auto thread =
      CoreThread::start(options_for(usable_cpu(), Realtime::kOn), std::make_unique<QuietPort>(seen), mailbox);
  if (!thread) {
    EXPECT_EQ(thread.error(), ThreadError::kNotPermitted);
    return;
  }
  EXPECT_TRUE((*thread)->realtime());
  for (int i = 0; i < kPatienceMs && seen.policy.load() < 0; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(seen.policy.load(), SCHED_FIFO);
}

}  // namespace
}  // namespace tutti::core
