// The server held against docs/openapi.json, both ways: each path, method, status, body and schema.
#include <fstream>
#include <map>
#include <set>

#include <gmock/gmock.h>

#include "tests/support/checkout.h"
#include "tests/unit/api/api_fixture.h"
#include "tests/unit/api/schema.h"

namespace tutti::api {
namespace {

using nlohmann::json;

const json& document() {
  static const json parsed = json::parse(std::ifstream(test_support::in_checkout("docs/openapi.json")));
  return parsed;
}

const json& resolve(const json& node) {
  if (!node.contains("$ref")) return node;
  return document().at(json::json_pointer(node["$ref"].get<std::string>().substr(1)));
}

struct Operation {
  std::string id;
  std::string method;  // "GET"
  std::string path;    // the template
  json described;
  std::string url() const {
    std::string text = path;
    for (const auto& [place, value] :
         {std::pair{"{room}", "lobby"}, std::pair{"{participant}", "7"}, std::pair{"{file}", "main.js"}}) {
      const std::size_t at = text.find(place);
      if (at != std::string::npos) text.replace(at, std::string(place).size(), value);
    }
    return text;
  }
  bool takes_body() const { return described.contains("requestBody"); }
  // Anybody may ask.
  bool open() const { return id == "getHealth" || id == "getConsole" || id == "getConsoleFile"; }
};

std::vector<Operation> operations() {
  std::vector<Operation> all;
  for (const auto& [path, item] : document()["paths"].items()) {
    for (const auto& [method, described] : item.items()) {
      if (method == "parameters") continue;
      std::string upper = method;
      std::transform(upper.begin(), upper.end(), upper.begin(),
                     [](unsigned char c) { return std::toupper(c); });
      all.push_back({described["operationId"], upper, path, described});
    }
  }
  return all;
}

// A body that is taken, for those that need one.
std::string body_of(const std::string& id) {
  static const std::map<std::string, std::string> bodies = {{"updateSettings", R"({"start_muted":true})"},
                                                            {"invite", R"({"uri":"sip:bob@127.0.0.1"})"},
                                                            {"playFileToRoom", R"({"file":"a.wav"})"},
                                                            {"playFile", R"({"file":"a.wav"})"},
                                                            {"startRecording", R"({"file":"a.wav"})"},
                                                            {"setGain", R"({"in_db":-3})"},
                                                            {"setRole", R"({"role":"moderator"})"},
                                                            {"setStatus", R"({"status":"Muted"})"},
                                                            {"move", R"({"room":"other"})"},
                                                            {"coach", R"({"coachee":8})"}};
  const auto found = bodies.find(id);
  return found == bodies.end() ? "" : found->second;
}

// What the operation itself may answer besides success, by Control's contract.
std::set<int> errors_of(const Operation& operation) {
  static const std::map<std::string, std::set<int>> more = {
      {"createRoom", {409, 501}}, {"updateSettings", {501}}, {"playFileToRoom", {501}}, {"playFile", {501}},
      {"startRecording", {501}},  {"pauseRecording", {501}}, {"stopRecording", {501}},  {"reload", {409}}};
  std::set<int> statuses;
  const bool named = operation.path.find('{') != std::string::npos;
  if (named) statuses.insert(404);
  if (named && operation.method == "POST") statuses.insert(409);
  if (named && operation.method == "PATCH") statuses.insert(409);
  const auto found = more.find(operation.id);
  if (found != more.end()) statuses.insert(found->second.begin(), found->second.end());
  return statuses;
}

std::set<int> transport_of(const Operation& operation) {
  std::set<int> statuses = {401, 403, 429, 503};
  if (operation.open()) return {429, 503};
  if (operation.takes_body()) statuses.insert({400, 413, 415});
  if (operation.described["tags"][0] == "events") statuses.insert(400);
  if (operation.path.find("{participant}") != std::string::npos) statuses.insert(400);
  if (operation.described.contains("parameters")) statuses.insert(400);  // a query
  return statuses;
}

class OpenApiTest : public ApiTest {
 protected:
  // The answer is one that the document has for this operation, its body has the schema.
  void expect_described(const Operation& operation, const Answer& answer) {
    const std::string status = std::to_string(answer.status);
    ASSERT_TRUE(operation.described["responses"].contains(status))
        << operation.id << " " << status << answer.body;
    const json& response = resolve(operation.described["responses"][status]);
    if (!response.contains("content")) {
      EXPECT_EQ(answer.body, "") << operation.id;
      return;
    }
    const std::string type = answer.header("Content-Type");
    ASSERT_TRUE(response["content"].contains(type)) << operation.id << " " << type;
    const json& schema = response["content"][type]["schema"];
    const json body = type.find("json") != std::string::npos ? answer.json() : json(answer.body);
    EXPECT_THAT(schema_faults(document(), schema, body), testing::IsEmpty()) << operation.id << answer.body;
  }
  Answer ask_with(const Operation& operation, const std::string& body) {
    return ask(operation.method, operation.url(), operation.takes_body() ? body : "");
  }
};

TEST_F(OpenApiTest, DescribesEveryRouteAndNoOther) {
  std::set<std::string> described;
  for (const auto& operation : operations()) described.insert(operation.method + " " + operation.path);
  ApiSources sources;
  sources.control = &control_;
  std::set<std::string> served;
  Router router = make_router(std::move(sources));
  streams_.add_routes(router);
  for (const auto& route : router.routes()) served.insert(route.method + " " + route.path);
  EXPECT_EQ(described, served);
}

TEST_F(OpenApiTest, DescribesEveryStatusAndNoOther) {
  for (const auto& operation : operations()) {
    std::set<int> described;
    for (const auto& [status, response] : operation.described["responses"].items()) {
      if (status[0] > '3') described.insert(std::stoi(status));
    }
    std::set<int> expected = transport_of(operation);
    expected.merge(errors_of(operation));
    EXPECT_EQ(described, expected) << operation.id;
  }
}

// In order; what is listed nowhere else is listed here.
template <typename Names>
void expect_values(const json& schema, const Names& names) {
  json expected = json::array();
  for (const auto name : names) expected.push_back(std::string(to_string(name)));
  EXPECT_EQ(schema.at("enum"), expected);
}

TEST_F(OpenApiTest, ListsEveryErrorEventStateStatusAndRole) {
  using namespace conference;
  const json& schemas = document()["components"]["schemas"];
  const auto values_of = [&](const char* schema, const char* member) {
    return schemas[schema]["properties"][member];
  };
  expect_values(values_of("Problem", "error"), conference_errors());
  EXPECT_THAT(values_of("Event", "event")["enum"].get<std::vector<std::string>>(),
              testing::ElementsAreArray(event_names()));
  expect_values(values_of("Room", "state"),
                std::vector{ConferenceState::kCreating, ConferenceState::kActive, ConferenceState::kLocked,
                            ConferenceState::kTerminating, ConferenceState::kTerminated});
  expect_values(
      values_of("Participant", "status"),
      std::vector{ParticipantStatus::kJoining, ParticipantStatus::kActive, ParticipantStatus::kOnHold,
                  ParticipantStatus::kMuted, ParticipantStatus::kLeaving, ParticipantStatus::kLeft});
  expect_values(
      values_of("Participant", "role"),
      std::vector{ParticipantRole::kModerator, ParticipantRole::kSpeaker, ParticipantRole::kListener});
}

TEST_F(OpenApiTest, EverySuccessHasItsStatusTypeAndSchema) {
  for (const auto& operation : operations()) {
    const Answer answer = ask_with(operation, body_of(operation.id));
    EXPECT_EQ(answer.status / 100, 2) << operation.id << answer.body;
    expect_described(operation, answer);
  }
}

TEST_F(OpenApiTest, EveryErrorOfEveryOperationIsAProblemOfItsName) {
  int asked = 0;
  for (const auto& operation : operations()) {
    // The others ask nothing of Control that could fail.
    const json& tag = operation.described["tags"][0];
    if (tag == "server" || tag == "events" || operation.id == "listRooms") continue;
    const std::set<int> may = errors_of(operation);
    for (const auto error : conference::conference_errors()) {
      control_.failure = conference::Failure{error, "It is \"so\"."};
      const Answer answer = ask_with(operation, body_of(operation.id));
      EXPECT_EQ(answer.status, conference::http_status(error)) << operation.id;
      EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
      const json body = answer.json();
      EXPECT_THAT(schema_faults(document(), document()["components"]["schemas"]["Problem"], body),
                  testing::IsEmpty());
      EXPECT_EQ(body["error"], std::string(to_string(error)));
      EXPECT_EQ(body["detail"], "It is \"so\".");
      EXPECT_EQ(body["instance"], operation.url());
      if (may.count(answer.status) != 0) expect_described(operation, answer);
      ++asked;
    }
    control_.failure.reset();
  }
  EXPECT_GE(asked, 39 * 9);
}

TEST_F(OpenApiTest, EveryOperationRefusesStrangersForeignPagesFloodsAndLongBodies) {
  start({.body_bytes = 1'000, .token = "0123456789abcdef"});
  for (const auto& operation : operations()) {
    if (operation.open()) continue;
    const std::string token = "Authorization: Bearer 0123456789abcdef\r\nContent-Type: application/json\r\n";
    const auto ask_so = [&](const std::string& headers, const std::string& body = "") {
      return ask(operation.method, operation.url(), body, headers);
    };
    if (operation.id != "getMetrics") {
      const Answer stranger = ask_so("");
      EXPECT_EQ(stranger.status, 401);
      EXPECT_EQ(stranger.header("WWW-Authenticate"), "Bearer realm=\"tutti\"");
      expect_described(operation, stranger);
    }
    const Answer foreign = ask_so(token + "Origin: http://evil.example\r\n");
    EXPECT_EQ(foreign.status, 403);
    expect_described(operation, foreign);
    if (!operation.takes_body()) continue;
    const Answer too_long = ask_so(token, std::string(2'000, ' '));
    EXPECT_EQ(too_long.status, 413);
    expect_described(operation, too_long);
  }
  start({.requests_per_second = 1});
  for (int i = 0; i < 4; ++i) ask("GET", "/health");
  for (const auto& operation : operations()) {
    const Answer answer = ask_with(operation, body_of(operation.id));
    if (answer.status != 429) continue;  // a second passed
    EXPECT_EQ(answer.header("Retry-After"), "1");
    expect_described(operation, answer);
  }
}

TEST_F(OpenApiTest, EveryBodyRefusesWhatIsNotJsonOrNotKnown) {
  for (const auto& operation : operations()) {
    if (!operation.takes_body()) continue;
    for (const char* bad : {"{", "[]", "3", "{\"no_such_member\":1}", "{\"a\":1}x", "\"\xff\"",
                            "{\"\\ud800\":1}", "{\"a\":NaN}", "{\"a\":-Infinity}", "{\"a\":1e999}", "{'a':1}",
                            "{\"a\":1,}", "{\"a\":1}{\"a\":1}", "\xef\xbb\xbf{"}) {
      const Answer answer = ask_with(operation, bad);
      EXPECT_EQ(answer.status, 400) << operation.id << " " << bad;
      EXPECT_EQ(answer.json()["error"], "InvalidArgument");
      expect_described(operation, answer);
    }
    // Which one is meant nobody can tell; escapes make no other name of it. In objects beside each other it
    // may be.
    for (const char* twice :
         {R"({"a":1,"a":1})", R"({"a":1,"\u0061":2})", R"({"b":[{"a":1},{"a":{"a":1},"c":1,"a":2}]})"}) {
      const Answer answer = ask_with(operation, twice);
      EXPECT_EQ(answer.status, 400) << operation.id << twice;
      EXPECT_EQ(answer.json()["detail"], "The body has \"a\" twice.") << operation.id << twice;
    }
    EXPECT_THAT(ask_with(operation, R"({"b":[{"a":1},{"a":{"a":1}}]})").json()["detail"].get<std::string>(),
                testing::Not(testing::HasSubstr("twice")));
    std::string deep(500, '[');
    EXPECT_EQ(ask_with(operation, "{\"a\":" + deep + std::string(500, ']') + "}").status, 400);
    const Answer form =
        ask(operation.method, operation.url(), "a=b", "Content-Type: application/x-www-form-urlencoded\r\n");
    EXPECT_EQ(form.status, 415);
    expect_described(operation, form);
  }
  EXPECT_THAT(control_.calls, testing::Each(testing::StartsWith("settings")));
}

TEST_F(OpenApiTest, EveryRequiredMemberIsMissedAndEveryBoundIsHeld) {
  for (const auto& operation : operations()) {
    if (!operation.takes_body()) continue;
    const json& content = operation.described["requestBody"]["content"];
    const json& schema = resolve(content.begin().value()["schema"]);
    for (const auto& name : schema.value("required", json::array())) {
      json body = json::parse(body_of(operation.id));
      body.erase(name.get<std::string>());
      EXPECT_EQ(ask_with(operation, body.dump()).status, 400) << operation.id << name;
    }
    for (const auto& [name, described] : schema["properties"].items()) {
      if (described.contains("$ref")) continue;
      json body = body_of(operation.id).empty() ? json::object() : json::parse(body_of(operation.id));
      std::vector<json> wrong = {json::array(), json::object()};
      if (described.contains("maximum")) wrong.push_back(described["maximum"].get<std::int64_t>() + 1);
      if (described.contains("minimum")) wrong.push_back(described["minimum"].get<std::int64_t>() - 1);
      if (described.contains("maxLength"))
        wrong.push_back(std::string(described["maxLength"].get<std::size_t>() + 1, '1'));
      if (described["type"] == "string") wrong.insert(wrong.end(), {json("a\r\nb"), json(3)});
      if (described["type"] == "integer")
        wrong.insert(wrong.end(),
                     {json("1"), json(1.5), json(1e300), json(true), json(18446744073709551615ULL)});
      for (const json& value : wrong) {
        body[name] = value;
        EXPECT_EQ(ask_with(operation, body.dump()).status, 400) << operation.id << body;
      }
    }
  }
}

}  // namespace
}  // namespace tutti::api
