#include "signaling/conference/packed_event.h"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/conference/journal_fixture.h"

namespace tutti::conference {
namespace {

using namespace std::chrono_literals;

std::vector<std::uint8_t> packed(const ConferenceEvent& event) {
  std::vector<std::uint8_t> bytes;
  pack(event, bytes);
  return bytes;
}

// The detail, packed and back.
template <typename Detail>
Detail back(Detail detail) {
  const ConferenceEvent there = unpack(packed(event("room", std::move(detail), 42)));
  EXPECT_EQ(there.at, wall(42));
  EXPECT_EQ(there.participant, ParticipantId{7});
  EXPECT_TRUE(there.conference.empty());
  EXPECT_EQ(there.number, 0U);
  return std::get<Detail>(there.detail);
}

// Nothing as it is by default.
ParticipantInfo full_info() {
  return {.id = ParticipantId{1},
          .dialog = sip::DialogId{1'000'000'000'000},
          .conference = "room",
          .uri = "sip:alice@example.net;transport=tcp",
          .display_name = "Alice \xC3\xA9",
          .role = ParticipantRole::kModerator,
          .status = ParticipantStatus::kLeft,
          .dialled_out = true,
          .entering_pin = true,
          .waiting = true,
          .muted = true,
          .deaf = true,
          .held = true,
          .gain_in_db = -12,
          .gain_out_db = 6,
          .muted_by_itself = true,
          .coachee = ParticipantId{300},
          .codec = sdp::AudioCodec::kPcma,
          .local_rtp = *base::parse_address_and_port("[2001:db8::1]:40000"),
          .remote_rtp = *base::parse_address_and_port("192.0.2.255:65535"),
          .joined_at = wall(3) + 123'456'789ns,
          .stay = 90'061'001ms,
          .talking = true,
          .level_dbov = -31,
          .silence = SilenceCause::kCoaching,
          .packets_received = std::numeric_limits<std::uint64_t>::max(),
          .packets_sent = 127,
          .packets_lost = 128,
          .packets_dropped = 16'384,
          .loss_percent = 0.1,
          .jitter_ms = 2.0,
          .round_trip_ms = 1e300,
          .delay_ms = 0.25,
          .mos = -4.4};
}

ConferenceStatistics full_statistics() {
  return {.state = ConferenceState::kLocked,
          .created_at = wall(-5),
          .duration = 12'345ms,
          .mixing = false,
          .participants_total = 1,
          .participants_active = 2,
          .participants_with_audio = 3,
          .talkers = 4,
          .loudest = ParticipantId{5},
          .ticks = 6'000'000'000,
          .late_ticks = 7,
          .mixing_us = 8.125,
          .loss_percent = 9.9,
          .jitter_ms = 10.01,
          .mos = 4.1};
}

TEST(PackedEvent, BringsEachDetailBack) {
  EXPECT_EQ(back(ConferenceCreated{"conf_1"}).id, "conf_1");
  const auto terminated = back(ConferenceTerminated{"why", full_statistics()});
  EXPECT_EQ(terminated.reason, "why");
  EXPECT_EQ(terminated.final_statistics, full_statistics());
  const auto state = back(ConferenceStateChanged{ConferenceState::kActive, ConferenceState::kLocked});
  EXPECT_EQ(state.from, ConferenceState::kActive);
  EXPECT_EQ(state.to, ConferenceState::kLocked);
  const auto failed = back(ConferenceFailed{ConferenceError::kMediaFailed, "broken"});
  EXPECT_EQ(failed.error, ConferenceError::kMediaFailed);
  EXPECT_EQ(failed.detail, "broken");
  EXPECT_EQ(back(ConfigurationChanged{{"a", "", "c"}}).keys, (std::vector<std::string>{"a", "", "c"}));
  EXPECT_EQ(back(StatsUpdated{full_statistics()}).statistics, full_statistics());
  EXPECT_EQ(back(ActiveSpeakerChanged{"Bob"}).display_name, "Bob");
  EXPECT_EQ(back(RecordingStarted{"a.wav"}).file, "a.wav");
  EXPECT_EQ(back(RecordingStopped{"b.wav"}).file, "b.wav");
  EXPECT_EQ(back(ParticipantJoined{full_info()}).info, full_info());
  const auto left = back(ParticipantLeft{"bye", full_info()});
  EXPECT_EQ(left.reason, "bye");
  EXPECT_EQ(left.info, full_info());
  const auto status = back(ParticipantStatusChanged{ParticipantStatus::kMuted, ParticipantStatus::kOnHold});
  EXPECT_EQ(status.from, ParticipantStatus::kMuted);
  EXPECT_EQ(status.to, ParticipantStatus::kOnHold);
  const auto source = *base::parse_address_and_port("[::1]:9");
  EXPECT_EQ(back(ParticipantMediaEstablished{source}).source, source);
  EXPECT_EQ(back(ParticipantMediaTerminated{"silence"}).reason, "silence");
  const auto error = back(ParticipantFailed{ConferenceError::kMediaFailed, std::string("\0x", 2)});
  EXPECT_EQ(error.error, ConferenceError::kMediaFailed);
  EXPECT_EQ(error.detail, std::string("\0x", 2));
  back(TalkingStarted{});
  back(TalkingStopped{});
  EXPECT_EQ(back(DtmfReceived{'#'}).digit, '#');
  EXPECT_EQ(back(DtmfReceived{static_cast<char>(0xE9)}).digit, static_cast<char>(0xE9));
}

TEST(PackedEvent, BringsWhatIsByDefaultBack) {
  EXPECT_EQ(back(ParticipantJoined{}).info, ParticipantInfo{});
  EXPECT_EQ(back(StatsUpdated{}).statistics, ConferenceStatistics{});
  EXPECT_FALSE(back(ParticipantMediaEstablished{}).source.valid());
  EXPECT_TRUE(back(ConfigurationChanged{}).keys.empty());
  ConferenceEvent never;
  EXPECT_EQ(unpack(packed(never)).at, never.at);
}

// What a call leaves in the journal: bytes that docs/BUDGETS.md tells.
TEST(PackedEvent, IsSmall) {
  const ParticipantInfo fresh{.id = ParticipantId{4'000},
                              .dialog = sip::DialogId{4'000},
                              .conference = "load499",
                              .uri = "sip:caller3999@127.0.0.1:65000",
                              .local_rtp = *base::parse_address_and_port("127.0.0.1:20000"),
                              .remote_rtp = *base::parse_address_and_port("127.0.0.1:40000"),
                              .joined_at = wall(0) + 123'456'789ns};
  EXPECT_LE(packed(event("room", ParticipantJoined{fresh})).size(), 128U);
  EXPECT_LE(packed(event("room", TalkingStarted{})).size(), 12U);
  EXPECT_LE(packed(event("room", StatsUpdated{full_statistics()})).size(), 80U);
}

TEST(PackedEvent, TakesEachVarint) {
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint64_t> values{0, 1, 127, 128, std::numeric_limits<std::uint64_t>::max()};
  for (unsigned bit = 0; bit < 64; ++bit) values.push_back((std::uint64_t{1} << bit) - (bit % 2));
  for (const std::uint64_t value : values) put_varint(value, bytes);
  std::span<const std::uint8_t> rest(bytes);
  for (const std::uint64_t value : values) EXPECT_EQ(take_varint(rest), value);
  EXPECT_TRUE(rest.empty());
}

}  // namespace
}  // namespace tutti::conference
