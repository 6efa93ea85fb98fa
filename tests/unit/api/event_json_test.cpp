#include "signaling/api/event_json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "signaling/api/event_id.h"
#include "signaling/api/query.h"
#include "tests/unit/conference/journal_fixture.h"

namespace tutti::api {
namespace {

using namespace conference;

std::string detail(EventDetail of) {
  return json_of(event("a", std::move(of)))["detail"].dump();
}

TEST(EventJson, SaysWhatWhereWhoAndWhen) {
  ConferenceEvent one = event("lobby", TalkingStarted{}, 0);
  one.number = 12;
  EXPECT_EQ(dump(json_of(one)), R"({"number":12,"at":"2023-11-14T22:13:20.000Z","event":"TalkingStarted",)"
                                R"("room":"lobby","participant":7,"detail":{}})");
  one.participant = ParticipantId{};
  EXPECT_TRUE(json_of(one)["participant"].is_null());
}

TEST(EventJson, HasEachEventsDetail) {
  EXPECT_EQ(detail(ConferenceCreated{"conf_1"}), R"({"id":"conf_1"})");
  EXPECT_EQ(detail(ConferenceStateChanged{ConferenceState::kActive, ConferenceState::kLocked}),
            R"({"from":"Active","to":"Locked"})");
  EXPECT_EQ(detail(ConferenceFailed{ConferenceError::kTimeout, "why"}),
            R"({"error":"Timeout","detail":"why"})");
  EXPECT_EQ(detail(ParticipantFailed{ConferenceError::kMediaFailed, "why"}),
            R"({"error":"MediaFailed","detail":"why"})");
  EXPECT_EQ(detail(ConfigurationChanged{{"pin", "mixing"}}), R"({"keys":["pin","mixing"]})");
  EXPECT_EQ(detail(ActiveSpeakerChanged{"Ann"}), R"({"display_name":"Ann"})");
  EXPECT_EQ(detail(RecordingStarted{"f.wav"}), R"({"file":"f.wav"})");
  EXPECT_EQ(detail(RecordingStopped{"f.wav"}), R"({"file":"f.wav"})");
  EXPECT_EQ(detail(ParticipantStatusChanged{ParticipantStatus::kActive, ParticipantStatus::kMuted}),
            R"({"from":"Active","to":"Muted"})");
  EXPECT_EQ(detail(ParticipantMediaEstablished{*base::parse_address_and_port("127.0.0.1:4000")}),
            R"({"source":"127.0.0.1:4000"})");
  EXPECT_EQ(detail(ParticipantMediaEstablished{}), R"({"source":null})");
  EXPECT_EQ(detail(ParticipantMediaTerminated{"left"}), R"({"reason":"left"})");
  EXPECT_EQ(detail(TalkingStopped{}), "{}");
  EXPECT_EQ(detail(DtmfReceived{'#'}), R"({"digit":"#"})");
  const auto left = json_of(event("a", ParticipantLeft{.reason = "bye", .info = {.uri = "sip:x"}}))["detail"];
  EXPECT_EQ(left["reason"], "bye");
  EXPECT_EQ(left["participant"]["uri"], "sip:x");
  EXPECT_EQ(json_of(event("a", ParticipantJoined{.info = {.uri = "sip:x"}}))["detail"]["participant"]["uri"],
            "sip:x");
  EXPECT_EQ(json_of(event("a", StatsUpdated{.statistics = {.ticks = 5}}))["detail"]["statistics"]["ticks"],
            5);
  const auto ended = json_of(event("a", ConferenceTerminated{"empty", {.ticks = 9}}))["detail"];
  EXPECT_EQ(ended["reason"], "empty");
  EXPECT_EQ(ended["statistics"]["ticks"], 9);
}

TEST(EventJson, NamesGaps) {
  EXPECT_EQ(dump(gap_json("a", 3, 7)), R"({"event":"gap","room":"a","lost":3,"first_held":7})");
  EXPECT_EQ(dump(gap_json("", 0, 7)), R"({"event":"gap","room":null,"lost":null,"first_held":null})");
}

TEST(EventIdTest, IsWhatItWasWrittenFrom) {
  for (const char* text : {"0", "12", "12-5d3a0b", "lobby:12", "lobby:12-ff", "a-b.c!~*':1-1", ":0-ff"}) {
    const auto id = parse_event_id(text);
    ASSERT_TRUE(id) << text;
    EXPECT_EQ(write_event_id(*id), text);
  }
  const auto id = parse_event_id("a-1:12-5d3a0b");
  EXPECT_EQ(id->room, "a-1");
  EXPECT_EQ(id->cursor, (Cursor{12, 0x5d3a0b}));
}

TEST(EventIdTest, IsNothingElse) {
  for (const char* text : {"", "x", "-", "1-", "-1", "+1", " 1", "1 ", "1-g", "1-1-1", "a:", "a b:1", "a:b:1",
                           "\n:1", "18446744073709551616", "1-10000000000000000", "0x1"}) {
    EXPECT_FALSE(parse_event_id(text)) << text;
  }
  EXPECT_FALSE(parse_event_id(std::string(kEventIdBytesMax, 'a') + ":1"));
}

TEST(Query, FindsValues) {
  EXPECT_EQ(find_value("a=1&b=2&a=3", "a"), "1");
  EXPECT_EQ(find_value("a=1&b=2", "b"), "2");
  EXPECT_EQ(find_value("a=1&b", "b"), "");
  EXPECT_EQ(find_value("a=b=c", "a"), "b=c");
  EXPECT_EQ(find_value("aa=1", "a"), std::nullopt);
  EXPECT_EQ(find_value("", "a"), std::nullopt);
  EXPECT_EQ(find_value("&&a=1", "a"), "1");
}

TEST(Query, UndoesEscapes) {
  EXPECT_EQ(undo_escapes("a%20b%3A+"), "a b:+");
  for (const char* text : {"%", "%2", "%zz", "%00", "%0a", "%7f"}) EXPECT_FALSE(undo_escapes(text)) << text;
}

}  // namespace
}  // namespace tutti::api
