#include "dataplane/rtp/telephone_event.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/unit/rtp/bytes.h"

namespace tutti::rtp {
namespace {

TEST(TelephoneEvent, ReadsEveryField) {
  const auto payload = bytes("05 8a 0320");
  const auto event = parse_telephone_event(payload);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->event, 5);
  EXPECT_TRUE(event->end);
  EXPECT_EQ(event->volume, 10);
  EXPECT_EQ(event->duration, 800);
}

TEST(TelephoneEvent, ReservedBitIsNoVolumeAndNoEnd) {
  const auto event = parse_telephone_event(bytes("00 7f 0000"));
  ASSERT_TRUE(event);
  EXPECT_FALSE(event->end);
  EXPECT_EQ(event->volume, 63);
}

TEST(TelephoneEvent, RefusesHalfAnEvent) {
  for (const char* hex : {"", "05", "05 8a", "05 8a 03"}) {
    const auto event = parse_telephone_event(bytes(hex));
    ASSERT_FALSE(event);
    EXPECT_EQ(event.error(), base::DropReason::kTruncated);
  }
}

TEST(TelephoneEvent, KnowsTheKeys) {
  std::string keys;
  for (int i = 0; i < 256; ++i) {
    TelephoneEvent event;
    event.event = static_cast<std::uint8_t>(i);
    if (const char digit = digit_of(event); digit != 0) keys.push_back(digit);
  }
  EXPECT_EQ(keys, "0123456789*#ABCD");
}

}  // namespace
}  // namespace tutti::rtp
