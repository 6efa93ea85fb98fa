// The tripwire's own test: under the `asan` preset it must catch what it promises, and nothing else.
#include "dataplane/base/realtime.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tutti::base {
namespace {

// The compiler may drop an allocation that nobody looks at.
void* volatile sink;

TEST(RealtimeSection, AllowsWhatNeitherAllocatesNorLocks) {
  int values[64] = {};
  {
    const RealtimeSection section;
    for (int& value : values) value = 7;
    std::free(nullptr);
  }
  EXPECT_EQ(values[63], 7);
}

TEST(RealtimeSection, EndsWithItsScope) {
  {
    const RealtimeSection outer;
    const RealtimeSection inner;
  }
  std::mutex mutex;
  const std::lock_guard lock(mutex);
  const auto allocated = std::make_unique<std::string>(100, 'x');
  EXPECT_EQ(allocated->size(), 100u);
}

#ifdef __SANITIZE_ADDRESS__

template <typename Action>
void in_section(Action action) {
  const RealtimeSection section;
  action();
}

TEST(RealtimeSection, IsTheThreadsOwn) {
  std::atomic<bool> inside{false}, allocated{false};
  std::thread core([&] {
    const RealtimeSection section;
    inside = true;
    while (!allocated) std::this_thread::yield();
  });
  while (!inside) std::this_thread::yield();
  const auto text = std::make_unique<std::string>(100, 'x');
  allocated = true;
  core.join();
  EXPECT_EQ(text->size(), 100u);
}

TEST(RealtimeSectionDeathTest, CatchesAllocation) {
  EXPECT_DEATH(in_section([] { sink = std::malloc(10); }), "inside a core's turn: malloc");
  EXPECT_DEATH(in_section([] { sink = std::calloc(10, 10); }), "inside a core's turn: malloc");
  sink = std::malloc(10);
  EXPECT_DEATH(in_section([] { sink = std::realloc(sink, 20); }), "inside a core's turn: malloc");
  std::free(sink);
  EXPECT_DEATH(in_section([] { sink = std::aligned_alloc(64, 64); }), "inside a core's turn: malloc");
  void* aligned = nullptr;
  EXPECT_DEATH(in_section([&aligned] { (void)::posix_memalign(&aligned, 64, 64); }),
               "inside a core's turn: malloc");
  EXPECT_DEATH(in_section([] { sink = new int; }), "inside a core's turn: malloc");
  EXPECT_DEATH(in_section([] { std::vector<int>(100); }), "inside a core's turn: malloc");
  struct alignas(64) Line {
    char bytes[64];
  };
  EXPECT_DEATH(in_section([] { sink = new Line; }), "inside a core's turn: malloc");
  EXPECT_DEATH(in_section([] { sink = ::strdup("text"); }), "inside a core's turn: malloc");
}

TEST(RealtimeSectionDeathTest, CatchesFreeing) {
  sink = std::malloc(10);
  EXPECT_DEATH(in_section([] { std::free(sink); }), "inside a core's turn: free");
  std::free(sink);
  auto* text = new std::string(100, 'x');
  EXPECT_DEATH(in_section([text] { delete text; }), "inside a core's turn: free");
  delete text;
  sink = std::malloc(10);
  EXPECT_DEATH(in_section([] { sink = std::realloc(sink, 0); }), "inside a core's turn: free");
  std::free(sink);
}

TEST(RealtimeSectionDeathTest, CatchesLocks) {
  std::mutex mutex;
  EXPECT_DEATH(in_section([&mutex] { const std::lock_guard lock(mutex); }),
               "inside a core's turn: pthread_mutex_lock");
  std::shared_mutex shared;
  EXPECT_DEATH(in_section([&shared] { const std::shared_lock lock(shared); }),
               "inside a core's turn: pthread_rwlock_rdlock");
  EXPECT_DEATH(in_section([&shared] { const std::unique_lock lock(shared); }),
               "inside a core's turn: pthread_rwlock_wrlock");
}

TEST(RealtimeSectionDeathTest, CatchesWhileOneOfTwoNestedIsLeft) {
  EXPECT_DEATH(in_section([] {
                 { const RealtimeSection inner; }
                 sink = std::malloc(10);
               }),
               "inside a core's turn: malloc");
}

#endif  // __SANITIZE_ADDRESS__

}  // namespace
}  // namespace tutti::base
