#include "tools/ctl/display.h"

#include <gmock/gmock.h>

#include "tools/ctl/events.h"
#include "tools/ctl/text_table.h"

namespace tutti::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Plain, MakesCallersTextHarmless) {
  EXPECT_EQ(plain("Zoë 日本"), "Zoë 日本");
  EXPECT_EQ(plain("a\x1b[2Jb\r\n\t\x7f"), "a?[2Jb????");
  EXPECT_EQ(plain("\xc2\x9b"
                  "31m"),
            "?31m");  // CSI of one byte
  EXPECT_EQ(plain("abc\xe2\x80\xae"
                  "fed"),
            "abc?fed");                               // right-to-left override
  EXPECT_EQ(plain("\xff\xc0\x80\xe2\x82"), "?????");  // no UTF-8
  EXPECT_EQ(plain("\xed\xa0\x80"), "???");            // a surrogate
  EXPECT_EQ(plain("abcdef", 6), "abcdef");
  EXPECT_EQ(plain("abcdefg", 6), "abcde…");
}

TEST(TextTable, AlignsByCharactersNotBytes) {
  TextTable table({{"NAME"}, {"N", TextTable::Align::kRight}, {""}});
  table.add({"Zoë", "7", ""});
  table.add({"Li", "123", "x"});
  EXPECT_EQ(table.text(), "NAME    N\nZoë     7\nLi    123  x\n");
}

TEST(Show, ListsParticipants) {
  const std::string text = show(
      View::kParticipants,
      R"({"participants":[{"id":7,"display_name":"<b>\u001b[1m","uri":"sip:a@x","role":"moderator","status":"Muted",)"
      R"("talking":true,"level_dbov":-21,"loss_percent":0.25,"jitter_ms":1.5,"delay_ms":91.5,"mos":null,"codec":"PCMU",)"
      R"("muted":true,"deaf":false,"gain_in_db":3,"gain_out_db":-6,"coachee":9}]})");
  EXPECT_THAT(text,
              HasSubstr("7  <b>?[1m  sip:a@x  Muted   *       -21     0.2        1.5      91.5    -  PCMU"));
  EXPECT_THAT(text, HasSubstr("moderator muted +3/-6 dB coaches 9"));
  EXPECT_EQ(show(View::kParticipants, R"({"participants":[]})"), "nobody\n");
  EXPECT_THAT(show(View::kRooms, R"({"rooms":[{"name":"a"}],"next":"/rooms?after=a"})"),
              testing::EndsWith("\nand more\n"));
}

TEST(Show, DrawsTheRoutingAndSaysThatItIsOnlyThat) {
  const std::string text =
      show(View::kMatrix, R"({"participants":[3,12],"left_out":5,"hears":[[false,true],[false,false]]})");
  EXPECT_THAT(text, HasSubstr("hears >  3  12\n3        .   x\n12       -   .\n"));
  EXPECT_THAT(text, HasSubstr("not what anybody heard"));
  EXPECT_THAT(text, HasSubstr("5 more are not shown."));
}

TEST(Show, WalksTheStagesOfASilence) {
  EXPECT_EQ(
      show(
          View::kSilence,
          R"({"cause":"Muted","advice":"Unmute it.","stages":[{"name":"packets","passed":true,"detail":"9"},)"
          R"({"name":"mute","passed":false,"detail":"by a moderator"}]})"),
      "Muted: Unmute it.\n  ok   packets   9\n  STOP mute      by a moderator\n");
}

TEST(Show, TellsOfEachWebhookAndWhyItFails) {
  EXPECT_EQ(show(View::kWebhooks, R"({"webhooks":[]})"), "no webhooks\n");
  const std::string text = show(
      View::kWebhooks,
      R"({"webhooks":[{"receiver":"https://a.example","state":"retrying","cursor":"lobby:12-5d3a0b","waiting":7,)"
      R"("delivered":12,"posts":9,"failures":3,"retries":2,"lost":1,"tries_in_vain":3,)"
      R"("retry_at":"2026-01-02T03:04:05.000Z","last_error":"its certificate is not of a.example"},)"
      R"({"receiver":"http://b\n.example","state":"idle","cursor":null,"waiting":0,"delivered":4,"posts":5,)"
      R"("failures":1,"retries":1,"lost":0,"tries_in_vain":0,"retry_at":null,"last_error":"it answers 503"}]})");
  EXPECT_THAT(text,
              HasSubstr("RECEIVER           STATE     WAITING  DELIVERED  LOST  POSTS  FAILED  IN VAIN"));
  EXPECT_THAT(text,
              HasSubstr("https://a.example  retrying        7         12     1      9       3        3  "
                        "2026-01-02T03:04:05.000Z  lobby:12-5d3a0b\n"));
  EXPECT_THAT(text, HasSubstr("\nhttps://a.example: its certificate is not of a.example\n"));
  EXPECT_THAT(text, HasSubstr("\nbefore: http://b?.example: it answers 503\n"));
}

TEST(Show, GivesWhatItDoesNotUnderstandAsItIs) {
  EXPECT_EQ(show(View::kRooms, "not JSON\x1b"), "not JSON?\n");
  EXPECT_EQ(show(View::kRooms, R"({"rooms":7})"), "{\"rooms\":7}\n");
  EXPECT_EQ(show(View::kReload, R"({"changed":[7]})"), "{\"changed\":[7]}\n");
  EXPECT_EQ(show(View::kText, "v=0\r\ns=-\r\n"), "v=0\ns=-\n");
  EXPECT_EQ(show(View::kDone, ""), "");
}

TEST(Show, BearsAnswersThatAreNotTuttids) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  EXPECT_EQ(show(View::kRooms, "{\"rooms\":[{\"name\":" + deep + "}]}").substr(0, 19),
            "{\"rooms\":[{\"name\":[");
  EXPECT_EQ(problem_sentence(500, "{\"detail\":" + deep + "}"),
            "the server answered 500: is it tuttid that listens there?");
  EXPECT_EQ(event_line(deep), deep);
  EXPECT_EQ(show(View::kMembers, R"({"a\u001b[2J":"[\"[[{"})"), "a?[2J  [\"[[{\n");
  EXPECT_EQ(event_line(R"({"event":"e","detail":{"k\u001b":[1],"l\u001b":2}})"), "- - #- e k?=[1] l?=2");
}

TEST(ProblemSentence, NamesTheErrorAndTheStatus) {
  EXPECT_EQ(
      problem_sentence(404, R"({"title":"Not Found","detail":"There is no room a.","error":"NotFound"})"),
      "There is no room a. (NotFound, 404)");
  EXPECT_EQ(
      problem_sentence(400, R"({"detail":"The file is wrong.","errors":["t.toml:3:1: unknown key x"]})"),
      "The file is wrong. (400)\n  t.toml:3:1: unknown key x");
  EXPECT_EQ(problem_sentence(502, "<html>"), "the server answered 502: is it tuttid that listens there?");
  EXPECT_EQ(problem_sentence(401, R"({"detail":"This needs a token."})"),
            "This needs a token. (401)\n  give its token by --token-file FILE, or in TUTTI_TOKEN");
}

TEST(EventLine, IsOneLine) {
  EXPECT_EQ(
      event_line(R"({"number":12,"at":"2026-01-02T03:04:05Z","event":"ParticipantJoined","room":"a",)"
                 R"("participant":7,"detail":{"participant":{"display_name":"A\nB","uri":"sip:a@x"}}})"),
      "2026-01-02T03:04:05Z a #12 ParticipantJoined 7 A?B <sip:a@x>");
  EXPECT_EQ(
      event_line(R"({"number":1,"at":"t","event":"ParticipantStatusChanged","room":"a","participant":7,)"
                 R"("detail":{"from":"Active","to":"Muted"}})"),
      "t a #1 ParticipantStatusChanged 7 from=Active to=Muted");
  EXPECT_EQ(event_line(R"({"event":"gap","room":"a","lost":3,"first_held":9})"), "a GAP: 3 events are gone");
}

TEST(EventStreamReader, TakesEventsApartHoweverTheyArrive) {
  const std::string stream =
      ": hello\n\nid: 1\nevent: x\ndata: one\n\ndata:two\r\ndata: three\r\n\r\nid: 2\n\ndata: cut off";
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    std::vector<std::string> got;
    EventStreamReader reader([&](std::string_view data) { got.emplace_back(data); });
    for (std::size_t at = 0; at < stream.size(); at += step) {
      reader.feed(std::string_view(stream).substr(at, step));
    }
    EXPECT_THAT(got, ElementsAre("one", "two\nthree")) << step;
  }
}

}  // namespace
}  // namespace tutti::ctl
