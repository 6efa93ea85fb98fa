// GET /rooms/{room}/participants?ids=: levels of those on a screen, without all the others. And long lists
// page by page.
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "tests/unit/api/api_fixture.h"

namespace tutti::api {
namespace {

class ParticipantsQueryTest : public ApiTest {
 protected:
  std::size_t found(const std::string& query) {
    const Answer answer = ask("GET", "/rooms/lobby/participants" + query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.json()["participants"].size();
  }
};

TEST_F(ParticipantsQueryTest, AsksForThoseAlone) {
  EXPECT_EQ(found("?ids=7"), 1U);
  EXPECT_EQ(found("?ids=7,8,9"), 3U);  // the fake has all
  EXPECT_THAT(control_.calls, testing::Not(testing::Contains(testing::StartsWith("participants"))));
  EXPECT_EQ(found(""), 1U);
  EXPECT_THAT(control_.calls, testing::Contains(testing::StartsWith("participants")));
}

TEST_F(ParticipantsQueryTest, LeavesOutWhoIsElsewhere) {
  control_.participant.conference = "another";
  EXPECT_EQ(found("?ids=7"), 0U);
}

TEST_F(ParticipantsQueryTest, RefusesWhatAreNoIdsAndTooMany) {
  std::string hundred = "1";
  for (int i = 2; i <= 100; ++i) hundred += "," + std::to_string(i);
  EXPECT_EQ(found("?ids=" + hundred), 100U);
  for (const std::string& bad :
       {std::string(), std::string("x"), std::string("7,"), std::string(",7"), std::string("7;8"),
        std::string("0"), std::string("-1"), std::string("7%208"), std::string("99999999999999999999"),
        hundred + ",101"}) {
    const Answer answer = ask("GET", "/rooms/lobby/participants?ids=" + bad);
    EXPECT_EQ(answer.status, 400) << bad;
  }
}

class PagesTest : public ApiTest {
 protected:
  // All entries' keys, page by page, and how many pages it took.
  std::pair<std::vector<std::string>, int> follow(std::string path, const std::string& list,
                                                  const std::string& key) {
    std::vector<std::string> keys;
    for (int pages = 1;; ++pages) {
      const Answer answer = ask("GET", path);
      EXPECT_EQ(answer.status, 200) << answer.body;
      const nlohmann::json page = answer.json();
      for (const auto& entry : page[list]) keys.push_back(entry[key].dump());
      if (!page.contains("next") || pages == 100) return {keys, pages};
      path = page["next"];
    }
  }
};

TEST_F(PagesTest, TellEveryoneOnceInOrder) {
  control_.people = 250;
  control_.rooms = 250;
  std::vector<std::string> ids;
  for (std::uint64_t i = 0; i < 250; ++i) {
    ids.push_back(std::to_string(static_cast<std::uint64_t>(control_.participant.id) + i));
  }
  const std::string people = "/rooms/lobby/participants";
  EXPECT_THAT(follow(people, "participants", "id"), testing::Pair(ids, 3))
      << "100 in each unless asked otherwise";
  EXPECT_THAT(follow(people + "?limit=125", "participants", "id"), testing::Pair(ids, 2));
  EXPECT_THAT(follow(people + "?limit=250", "participants", "id"), testing::Pair(ids, 1));
  EXPECT_THAT(follow(people + "?limit=1", "participants", "id").second, 100);
  const auto [rooms, pages] = follow("/rooms?limit=60", "rooms", "name");
  EXPECT_EQ(pages, 5);
  EXPECT_EQ(std::set(rooms.begin(), rooms.end()).size(), 250U);
  EXPECT_TRUE(std::is_sorted(rooms.begin(), rooms.end()));
}

TEST_F(PagesTest, AreAskedForByNumbersAndKeysAlone) {
  for (const char* bad : {"limit=0", "limit=501", "limit=", "limit=x", "limit=-1", "limit=1.5",
                          "limit=99999999999999999999", "after=", "after=%0A", "after=%"}) {
    EXPECT_EQ(ask("GET", std::string("/rooms?") + bad).status, 400) << bad;
    EXPECT_EQ(ask("GET", std::string("/rooms/lobby/participants?") + bad).status, 400) << bad;
  }
  for (const char* bad : {"after=x", "after=1,2", "after=0"}) {
    EXPECT_EQ(ask("GET", std::string("/rooms/lobby/participants?") + bad).status, 400) << bad;
  }
  const Answer behind = ask("GET", "/rooms?after=zzz");
  EXPECT_EQ(behind.status, 200);
  EXPECT_EQ(behind.body, R"({"rooms":[]})");
}

}  // namespace
}  // namespace tutti::api
