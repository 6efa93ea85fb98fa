#include "dataplane/core/outbox.h"

#include <array>

#include <gtest/gtest.h>

namespace tutti::core {
namespace {

char digit_of(const mailbox::CoreEvent& event) {
  return std::get<mailbox::DigitReceived>(event).digit;
}

TEST(Outbox, KeepsWhatTheMailboxRefusesAndTellsItInOrder) {
  mailbox::Mailbox mailbox(4);
  Outbox outbox(mailbox, 8);
  for (char digit = 'a'; digit < 'a' + 10; ++digit) outbox.put(mailbox::DigitReceived{{}, digit});
  EXPECT_EQ(outbox.room(), 2U);  // four are in the mailbox, six wait

  std::string told;
  std::array<mailbox::CoreEvent, 3> events;
  for (int turn = 0; turn < 10; ++turn) {
    outbox.flush();
    const auto count = mailbox.drain(events);
    for (std::size_t i = 0; i < count; ++i) told += digit_of(events[i]);
  }
  EXPECT_EQ(told, "abcdefghij");
  EXPECT_EQ(outbox.room(), 8U);
}

}  // namespace
}  // namespace tutti::core
