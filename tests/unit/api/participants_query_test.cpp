// GET /rooms/{room}/participants?ids=: levels of those on a screen, without all the others.
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

}  // namespace
}  // namespace tutti::api
