// Outbox: events on their way to the mailbox. One that finds the mailbox full waits here, in order; the
// core takes on new work only while there is room, so that none is ever lost.
#pragma once

#include <cstdint>

#include "dataplane/base/check.h"
#include "dataplane/base/realtime.h"
#include "dataplane/core/slab.h"
#include "dataplane/mailbox/mailbox.h"

namespace tutti::core {

// Thread: the core.
class Outbox {
 public:
  Outbox(mailbox::Mailbox& mailbox, std::uint32_t capacity)
      : mailbox_(mailbox), waiting_(capacity, base::Pages::kPlain) {}

  std::uint32_t capacity() const TUTTI_REALTIME { return waiting_.capacity(); }
  std::uint32_t room() const TUTTI_REALTIME { return waiting_.capacity() - count_; }

  // The caller has seen room().
  void put(const mailbox::CoreEvent& event) TUTTI_REALTIME {
    if (count_ == 0 && mailbox_.try_emit(event)) return;
    CHECK(count_ < waiting_.capacity());
    waiting_.make((first_ + count_) % waiting_.capacity(), event);
    ++count_;
  }

  // Offers again what waits.
  void flush() TUTTI_REALTIME {
    while (count_ > 0 && mailbox_.try_emit(waiting_[first_])) {
      first_ = (first_ + 1) % waiting_.capacity();
      --count_;
    }
  }

 private:
  mailbox::Mailbox& mailbox_;
  Slab<mailbox::CoreEvent> waiting_;
  std::uint32_t first_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace tutti::core
