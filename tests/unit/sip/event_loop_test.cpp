#include "signaling/sip/event_loop.h"

#include <csignal>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tutti::sip {
namespace {

using std::chrono::milliseconds;

TEST(EventLoop, DoesPostedWorkInOrder) {
  EventLoop loop;
  std::vector<int> done;
  for (int i = 0; i < 100; ++i) loop.post([&done, i] { done.push_back(i); });
  loop.post([&loop] { loop.stop(); });
  loop.run();
  ASSERT_EQ(done.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(done[static_cast<std::size_t>(i)], i);
}

TEST(EventLoop, TakesWorkFromOtherThreads) {
  EventLoop loop;
  int done = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 250; ++i) {
        loop.post([&] {
          if (++done == 1000) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 1000);
}

TEST(EventLoop, StopBeforeRunIsNotForgotten) {
  EventLoop loop;
  loop.stop();
  loop.run();
  loop.post([&] { loop.stop(); });  // and the next run is a whole one
  loop.run();
}

EventLoop* loop_to_stop = nullptr;

TEST(EventLoop, StopsFromASignalHandler) {
  EventLoop loop;
  loop_to_stop = &loop;
  struct sigaction old {};
  struct sigaction action {};
  action.sa_handler = [](int) { loop_to_stop->stop(); };
  sigaction(SIGUSR1, &action, &old);
  loop.post([] { raise(SIGUSR1); });
  loop.run();
  sigaction(SIGUSR1, &old, nullptr);
}

TEST(EventLoop, FiresTimersInTheOrderOfTheirTime) {
  EventLoop loop;
  std::vector<int> fired;
  const Timer late = loop.after(milliseconds(30), [&] {
    fired.push_back(2);
    loop.stop();
  });
  const Timer early = loop.after(milliseconds(5), [&] { fired.push_back(1); });
  EXPECT_TRUE(early.active());
  loop.run();
  EXPECT_EQ(fired, (std::vector<int>{1, 2}));
  EXPECT_FALSE(early.active());
}

TEST(EventLoop, CancelledTimerIsNotHeardOf) {
  EventLoop loop;
  bool fired = false;
  Timer timer = loop.after(milliseconds(1), [&] { fired = true; });
  {
    const Timer dropped = loop.after(milliseconds(1), [&] { fired = true; });
  }
  timer.cancel();
  const Timer end = loop.after(milliseconds(20), [&] { loop.stop(); });
  loop.run();
  EXPECT_FALSE(fired);
}

TEST(EventLoop, PeriodicTimerMayDestroyItself) {
  EventLoop loop;
  int fired = 0;
  std::optional<Timer> timer;
  timer = loop.every(milliseconds(2), [&] {
    if (++fired == 3) {
      timer.reset();
      loop.stop();
    }
  });
  loop.run();
  loop.step(milliseconds(10));
  EXPECT_EQ(fired, 3);
}

TEST(EventLoop, PeriodicTimerSkipsTurnsMissed) {
  EventLoop loop;
  int fired = 0;
  const Timer timer = loop.every(milliseconds(5), [&] { ++fired; });
  std::this_thread::sleep_for(milliseconds(52));  // the loop is "busy"
  loop.step(milliseconds(0));
  EXPECT_EQ(fired, 1);
}

TEST(EventLoop, TimerMayOutliveTheLoop) {
  Timer timer;
  {
    EventLoop loop;
    timer = loop.after(milliseconds(1), [] {});
  }
  EXPECT_FALSE(timer.active());
}

}  // namespace
}  // namespace tutti::sip
