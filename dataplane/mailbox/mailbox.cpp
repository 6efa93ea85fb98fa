#include "dataplane/mailbox/mailbox.h"

namespace tutti::mailbox {

template <typename T>
Mailbox::Lane<T>::Lane(std::size_t item_capacity)
    : capacity(item_capacity),
      // One explicit producer; a block more than the items need, for the one that is being consumed.
      queue(item_capacity + 2 * moodycamel::ConcurrentQueueDefaultTraits::BLOCK_SIZE, 1, 0),
      producer(queue),
      consumer(queue) {}

template <typename T>
bool Mailbox::Lane<T>::try_put(const T& item) {
  // Only the producer adds, so a count below the bound stays below it until the item is in.
  if (queued.load(std::memory_order_acquire) >= capacity) return false;
  // Counted before it is in, so that the consumer never takes what was not counted.
  queued.fetch_add(1, std::memory_order_relaxed);
  // try_enqueue never allocates: it refuses, which the blocks made at start keep from happening.
  if (queue.try_enqueue(producer, item)) return true;
  queued.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

template <typename T>
std::size_t Mailbox::Lane<T>::take(std::span<T> items) {
  const std::size_t count = queue.try_dequeue_bulk(consumer, items.data(), items.size());
  if (count > 0) queued.fetch_sub(count, std::memory_order_release);
  return count;
}

Mailbox::Mailbox(std::size_t capacity) : commands_(capacity), events_(capacity) {}

bool Mailbox::post(const CoreCommand& command) {
  return commands_.try_put(command);
}
std::size_t Mailbox::drain(std::span<CoreEvent> events) {
  return events_.take(events);
}
std::size_t Mailbox::take(std::span<CoreCommand> commands) TUTTI_REALTIME {
  return commands_.take(commands);
}
bool Mailbox::try_emit(const CoreEvent& event) TUTTI_REALTIME {
  return events_.try_put(event);
}

}  // namespace tutti::mailbox
