// The table of operations against the contract, docs/openapi.json, and what is asked of the server.
#include "tools/ctl/operation.h"

#include <algorithm>
#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/checkout.h"

namespace tutti::ctl {
namespace {

using Json = nlohmann::json;

Json openapi() {
  std::ifstream file(test_support::in_checkout("docs/openapi.json"));
  return Json::parse(file);
}

const Operation& find(const std::string& name) {
  const auto all = operations();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& row) { return row.name == name; });
  EXPECT_NE(found, all.end()) << name;
  return *found;
}

std::string body_of(const std::string& name, const Values& values) {
  const auto request = make_request(find(name), values);
  return request ? request->body : "error: " + request.error();
}

TEST(Operations, EachOfTheApiHasACommand) {
  // What main() does by itself; it reads events, and the page is for browsers.
  std::set<std::string> known{"createRoom", "getSettings",   "updateSettings", "whoHearsWhom",
                              "getEvents",  "getRoomEvents", "getConsole",     "getConsoleFile"};
  for (const Operation& operation : operations()) {
    EXPECT_TRUE(known.insert(operation.id).second) << operation.id << " twice";
  }
  const Json document = openapi();
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      if (!operation.is_object() || !operation.contains("operationId")) continue;
      EXPECT_TRUE(known.count(operation["operationId"]) == 1) << method << " " << path << " has no command";
    }
  }
}

TEST(Operations, AskForWhatTheApiHas) {
  const Json document = openapi();
  for (const Operation& operation : operations()) {
    ASSERT_TRUE(document["paths"].contains(operation.path)) << operation.path;
    std::string method = operation.method;
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    const Json& asked = document["paths"][operation.path][method];
    ASSERT_TRUE(asked.is_object()) << operation.name;
    EXPECT_EQ(asked["operationId"], operation.id) << operation.name;
    std::set<std::string> members;
    if (asked.contains("requestBody")) {
      const std::string ref = asked["requestBody"]["content"]["application/json"]["schema"]["$ref"];
      const Json& schema = document["components"]["schemas"][ref.substr(ref.rfind('/') + 1)];
      for (const auto& member : schema["properties"].items()) members.insert(member.key());
    }
    for (const Parameter& parameter : operation.parameters) {
      if (parameter.place == Place::kBody) {
        EXPECT_EQ(members.erase(parameter.key), 1U) << operation.name << " " << parameter.key;
      } else {
        EXPECT_NE(operation.path.find("{" + parameter.key + "}"), std::string::npos) << operation.name;
      }
    }
    EXPECT_TRUE(members.empty()) << operation.name << " cannot give " << *members.begin();
  }
}

TEST(Operations, AreRequests) {
  const auto request = make_request(find("kick"), {{"ID", "7"}, {"--reason", "too \"loud\""}});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(request->path, "/participants/7/kick");
  EXPECT_EQ(request->body, R"({"reason":"too \"loud\""})");
  EXPECT_EQ(body_of("mute", {{"ID", "7"}}), "");
  EXPECT_EQ(body_of("gain", {{"ID", "7"}, {"--in", "-6"}}), R"({"in_db":-6})");
  EXPECT_EQ(body_of("mute-all", {{"ROOM", "a"}, {"--but-moderators", "true"}}), R"({"but_moderators":true})");
}

TEST(Operations, EscapeWhatIsInThePath) {
  const auto request = make_request(find("room"), {{"ROOM", "a/../b?c%"}});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->path, "/rooms/a%2F..%2Fb%3Fc%25");
}

TEST(Operations, RefuseANumberThatIsNone) {
  EXPECT_EQ(body_of("gain", {{"ID", "7"}, {"--in", "loud"}}), "error: --in loud: a whole number is needed");
  EXPECT_EQ(body_of("gain", {{"ID", "seven"}}), "error: ID seven: a whole number is needed");
}

TEST(SettingsPatch, TakesValuesForWhatTheyAre) {
  const auto patch = settings_patch({"mixing=false", "linger_s=30", "pin=0815", "display_name=The=Board",
                                     "language=null", "moderator_pin=4711", "odd=two words"});
  ASSERT_TRUE(patch);
  EXPECT_EQ(*patch,
            R"({"mixing":false,"linger_s":30,"pin":"0815","display_name":"The=Board","language":null,)"
            R"("moderator_pin":"4711","odd":"two words"})");
  EXPECT_FALSE(settings_patch({"mixing"}));
  EXPECT_FALSE(settings_patch({"=x"}));
}

TEST(SettingsPatch, KnowsWhatIsText) {
  const Json settings = openapi()["components"]["schemas"]["Settings"]["properties"];
  for (const auto& [key, schema] : settings.items()) {
    const Json patch = Json::parse(*settings_patch({key + "=1"}));
    EXPECT_EQ(patch[key].is_string(), schema["type"] == "string") << key;
  }
}

TEST(NewRoom, NamesOnlyWhatWasGiven) {
  EXPECT_EQ(new_room("", "{}"), "{}");
  EXPECT_EQ(new_room("a", R"({"mixing":true})"), R"({"name":"a","settings":{"mixing":true}})");
}

}  // namespace
}  // namespace tutti::ctl
