#include "tools/ctl/command_line.h"

#include <initializer_list>

#include <gmock/gmock.h>

namespace tutti::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// 0: a command was given; else the exit code plus one.
int parse(CommandLine& line, std::vector<const char*> words) {
  words.insert(words.begin(), "tuttictl");
  Grammar grammar(line);
  const auto parsed = grammar.parse(static_cast<int>(words.size()), words.data());
  return parsed ? 0 : parsed.error() + 1;
}

TEST(Grammar, TakesAnOperationWithWhatWasGiven) {
  CommandLine line;
  ASSERT_EQ(parse(line, {"gain", "7", "--in", "-6", "--json"}), 0);
  ASSERT_NE(line.operation, nullptr);
  EXPECT_EQ(line.operation->id, "setGain");
  EXPECT_EQ(line.values, (Values{{"ID", "7"}, {"--in", "-6"}}));
  EXPECT_TRUE(line.json);
}

TEST(Grammar, TakesManyParticipants) {
  CommandLine line;
  ASSERT_EQ(parse(line, {"kick", "3", "7", "9", "--reason", "bye"}), 0);
  EXPECT_THAT(line.many, ElementsAre("3", "7", "9"));
  EXPECT_EQ(line.values, (Values{{"--reason", "bye"}}));
}

TEST(Grammar, TakesFlags) {
  CommandLine line;
  ASSERT_EQ(parse(line, {"--server", "[::1]:80", "mute-all", "board", "--but-moderators"}), 0);
  EXPECT_EQ(line.server, "[::1]:80");
  EXPECT_EQ(line.values, (Values{{"ROOM", "board"}, {"--but-moderators", "true"}}));
}

TEST(Grammar, TakesSpecials) {
  CommandLine line;
  ASSERT_EQ(parse(line, {"create", "board", "pin=1", "mixing=false"}), 0);
  EXPECT_EQ(line.special, Special::kCreate);
  EXPECT_EQ(line.room, "board");
  EXPECT_THAT(line.assignments, ElementsAre("pin=1", "mixing=false"));
}

// As of a script's variable that is not set.
TEST(Grammar, TakesNoCommandForTheValueOfAnEmptyOption) {
  CommandLine line;
  testing::internal::CaptureStderr();
  EXPECT_EQ(parse(line, {"--server=", "rooms"}), 3);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "tuttictl: --server: a value is needed\n");
}

TEST(Grammar, RefusesWithTwo) {
  CommandLine line;
  EXPECT_EQ(parse(line, {}), 3);
  EXPECT_EQ(parse(line, {"mut"}), 3);
  EXPECT_EQ(parse(line, {"mute"}), 3);
  EXPECT_EQ(parse(line, {"matrix"}), 3);
  EXPECT_EQ(parse(line, {"matrix", "a", "--pcap", "f"}), 3);
  EXPECT_EQ(parse(line, {"completion", "tcsh"}), 3);
  EXPECT_EQ(parse(line, {"--help"}), 1);
}

TEST(Grammar, NamesACommandThatThereIsNot) {
  CommandLine line;
  testing::internal::CaptureStderr();
  EXPECT_EQ(parse(line, {"--json", "romms"}), 3);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("no command romms"));
  testing::internal::CaptureStderr();
  EXPECT_EQ(parse(line, {"room"}), 3);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("ROOM is required"));
}

TEST(Grammar, CompletesEveryCommand) {
  CommandLine line;
  const Grammar grammar(line);
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = grammar.completion(shell);
    for (const Operation& operation : operations()) EXPECT_THAT(script, HasSubstr(operation.name)) << shell;
    EXPECT_THAT(script, HasSubstr("but-moderators")) << shell;
  }
}

TEST(Grammar, HasAManPageOfEveryCommand) {
  CommandLine line;
  const std::string page = Grammar(line).man_page();
  EXPECT_EQ(page.compare(0, 4, ".TH "), 0);
  for (const char* words : {".B kick ID...\n", ".B why\\-silent ID\n", ".B create [ROOM] [SETTINGS...]\n",
                            ".I \\-\\-but\\-moderators\n", ".SH Rooms\n"}) {
    EXPECT_THAT(page, HasSubstr(words));
  }
}

TEST(ParseServer, TakesAddressesAndLocalhost) {
  EXPECT_EQ(base::to_string(*parse_server("http://127.0.0.1:8081/")), "127.0.0.1:8081");
  EXPECT_EQ(base::to_string(*parse_server("localhost")), "127.0.0.1:8080");
  EXPECT_EQ(base::to_string(*parse_server("http://localhost:9")), "127.0.0.1:9");
  EXPECT_EQ(base::to_string(*parse_server("[::1]:80")), "[::1]:80");
  EXPECT_FALSE(parse_server("https://127.0.0.1"));
  EXPECT_FALSE(parse_server("example.org:80"));
  EXPECT_FALSE(parse_server("localhost6")) << "no 127.0.0.16";
  EXPECT_FALSE(parse_server(""));
}

TEST(ParsePortRange, TakesARange) {
  EXPECT_EQ(parse_port_range("10-20")->high, 20);
  for (const char* text : {"", "10", "20-10", "0-5", "1-65536", "1-2x", "-1-5"}) {
    EXPECT_FALSE(parse_port_range(text)) << text;
  }
}

}  // namespace
}  // namespace tutti::ctl
