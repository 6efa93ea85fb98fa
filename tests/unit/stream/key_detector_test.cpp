#include "dataplane/stream/key_detector.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tutti::stream {
namespace {

struct Heard {
  std::uint32_t timestamp;
  std::uint8_t event;
  std::uint16_t duration;
  bool end = false;
};

struct KeyStory {
  const char* name;
  std::vector<Heard> packets;
  std::string digits;
};

const KeyStory kKeyStories[] = {
    {"a press with its three ends",
     {{1'000, 5, 160}, {1'000, 5, 320}, {1'000, 5, 480, true}, {1'000, 5, 480, true}, {1'000, 5, 480, true}},
     "5"},
    {"its first packet lost", {{1'000, 5, 320}, {1'000, 5, 480, true}}, "5"},
    {"all but an end lost", {{1'000, 5, 480, true}}, "5"},
    {"the same key twice", {{1'000, 5, 480, true}, {3'000, 5, 160}, {3'000, 5, 480, true}}, "55"},
    {"an end of the key before comes late",
     {{1'000, 1, 480, true}, {3'000, 2, 160}, {1'000, 1, 480, true}, {3'000, 2, 320}},
     "12"},
    {"over the wrap", {{0xFFFF'FF00, 1, 480, true}, {0x0000'0400, 2, 160}}, "12"},
    {"held for longer than a duration can tell",
     {{1'000, 7, 65'000}, {1'000, 7, 65'535}, {66'535, 7, 160}, {66'535, 7, 65'535}, {132'070, 7, 800, true}},
     "7"},
    {"held for longer, and the packet that tells the longest duration is lost",
     {{1'000, 7, 65'000}, {66'535, 7, 160}, {66'535, 7, 800, true}},
     "7"},
    {"the same key twice, the ends of the first lost", {{1'000, 7, 320}, {4'000, 7, 160}}, "77"},
    {"pressed again right when the longest duration ended",
     {{1'000, 7, 65'535, true}, {66'535, 7, 160}},
     "77"},
    {"timestamps far from before, as after a restart", {{4'000'000, 1, 480, true}, {1'000, 1, 160}}, "11"},
    {"what is no key tells nothing", {{1'000, 16, 160}, {2'000, 36, 160}, {3'000, 255, 160}}, ""},
    {"every key", {{1'000, 0, 1}, {2'000, 9, 1}, {3'000, 10, 1}, {4'000, 11, 1}, {5'000, 15, 1}}, "09*#D"},
};

TEST(KeyDetector, FollowsTheStories) {
  for (const KeyStory& story : kKeyStories) {
    SCOPED_TRACE(story.name);
    KeyDetector detector;
    std::string digits;
    for (const Heard& heard : story.packets) {
      const rtp::TelephoneEvent event{heard.event, heard.end, 10, heard.duration};
      if (const char digit = detector.receive(rtp::RtpTimestamp(heard.timestamp), event); digit != 0) {
        digits.push_back(digit);
      }
    }
    EXPECT_EQ(digits, story.digits);
  }
}

}  // namespace
}  // namespace tutti::stream
