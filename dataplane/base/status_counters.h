// StatusCounters: answers by their status code, as SIP and HTTP have them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/counters.h"

namespace tutti::base {

// Thread: add() by its one writer, value() by anyone.
class StatusCounters {
 public:
  static constexpr int kFirst = 100;
  static constexpr int kLast = 699;

  // Of a status outside nothing is counted.
  void add(int status) {
    if (counted(status)) by_status_[place(status)].add();
  }
  std::uint64_t value(int status) const { return counted(status) ? by_status_[place(status)].value() : 0; }

 private:
  static bool counted(int status) { return status >= kFirst && status <= kLast; }
  static std::size_t place(int status) { return static_cast<std::size_t>(status - kFirst); }

  std::array<Counter, kLast - kFirst + 1> by_status_;
};

}  // namespace tutti::base
