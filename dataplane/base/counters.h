// Counter and Gauge: written by one thread, read by any; the only thing besides queues and rings that
// two threads share.
#pragma once

#include <atomic>
#include <cstdint>

#include "dataplane/base/realtime.h"

namespace tutti::base {

// Grows only. Thread: add() by its one writer, value() by anyone.
class Counter {
 public:
  void add(std::uint64_t amount = 1) TUTTI_REALTIME {
    // One writer: a plain load and store, no locked instruction.
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  std::uint64_t value() const TUTTI_REALTIME { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Goes up and down. Thread: set() and add() by its one writer, value() by anyone.
class Gauge {
 public:
  void set(std::int64_t value) TUTTI_REALTIME { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t amount) TUTTI_REALTIME { set(value() + amount); }
  std::int64_t value() const TUTTI_REALTIME { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

}  // namespace tutti::base
