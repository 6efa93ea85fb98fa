// Mailbox: the only door between signaling and one core: commands in, events out.
#pragma once

#include <atomic>
#include <cstddef>
#include <span>

#include <concurrentqueue/concurrentqueue.h>

#include "dataplane/base/realtime.h"
#include "dataplane/mailbox/core_command.h"
#include "dataplane/mailbox/core_event.h"

namespace tutti::mailbox {

class Mailbox {
 public:
  // Both directions hold up to `capacity` items; all memory a core may need is taken here.
  explicit Mailbox(std::size_t capacity);
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // Thread: signaling. False when the core is `capacity` commands behind; nothing was queued then.
  [[nodiscard]] bool post(const CoreCommand& command);
  // Thread: signaling. Fills `events` from the front, in the order they were emitted; returns how many.
  std::size_t drain(std::span<CoreEvent> events);

  // How many wait at this moment. Thread: any.
  std::size_t commands_waiting() const { return commands_.queued.load(std::memory_order_relaxed); }
  std::size_t events_waiting() const { return events_.queued.load(std::memory_order_relaxed); }

  // Thread: the core. Fills `commands` from the front, in the order they were posted; returns how many.
  std::size_t take(std::span<CoreCommand> commands) TUTTI_REALTIME;
  // Thread: the core. False when signaling is `capacity` events behind; offer it again the next turn.
  [[nodiscard]] bool try_emit(const CoreEvent& event) TUTTI_REALTIME;

 private:
  template <typename T>
  struct Lane {
    explicit Lane(std::size_t capacity);
    bool try_put(const T& item);
    std::size_t take(std::span<T> items);

    const std::size_t capacity;
    moodycamel::ConcurrentQueue<T> queue;
    moodycamel::ProducerToken producer;
    moodycamel::ConsumerToken consumer;
    // The requested capacity of a moodycamel queue is no bound; this is.
    alignas(64) std::atomic<std::size_t> queued{0};
  };

  Lane<CoreCommand> commands_;
  Lane<CoreEvent> events_;
};

}  // namespace tutti::mailbox
