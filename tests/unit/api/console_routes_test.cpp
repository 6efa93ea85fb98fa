#include "signaling/api/console_routes.h"

#include <algorithm>
#include <regex>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "signaling/api/access.h"
#include "signaling/api/console_files.h"

namespace tutti::api {
namespace {

class ConsoleRoutesTest : public testing::Test {
 protected:
  ConsoleRoutesTest() { add_console_routes(router_); }

  Response ask(const std::string& path, const std::string& if_none_match = "") const {
    const auto match = router_.find("GET", path);
    if (!match) return match.error();
    Request request;
    request.path = path;
    request.if_none_match = if_none_match;
    request.parameters = match->parameters;
    return match->route->handler(request);
  }
  static std::string header(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return {};
  }

  Router router_;
};

TEST_F(ConsoleRoutesTest, ServesThePageAndEveryFileOfIt) {
  const Response page = ask("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(page.body.rfind("<!doctype html>\n", 0), 0U);
  for (const ConsoleFile& file : console_files()) {
    const Response response = ask("/console/" + std::string(file.name));
    EXPECT_EQ(response.status, 200) << file.name;
    EXPECT_EQ(response.body, file.body);
    EXPECT_EQ(response.content_type, file.content_type);
    EXPECT_NE(response.content_type, "") << file.name;
  }
  EXPECT_EQ(ask("/console/nothing.js").status, 404);
  EXPECT_EQ(ask("/console/..%2Findex.html").status, 404);
}

TEST_F(ConsoleRoutesTest, AllowsNothingFromElsewhereAndNoScriptWithinThePage) {
  for (const std::string path : {"/", "/console/main.js"}) {
    const std::string policy = header(ask(path), "Content-Security-Policy");
    EXPECT_EQ(policy.rfind("default-src 'none'; ", 0), 0U);
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_NE(policy.find("require-trusted-types-for 'script'"), std::string::npos);
  }
}

TEST_F(ConsoleRoutesTest, IsNotSentAgainToWhoHasIt) {
  const std::string etag = header(ask("/"), "ETag");
  ASSERT_GT(etag.size(), 2U);
  EXPECT_EQ(etag.front(), '"');
  for (const std::string& given : {etag, "W/" + etag, "\"other\", " + etag, std::string("*")}) {
    EXPECT_EQ(ask("/", given).status, 304) << given;
    EXPECT_EQ(ask("/", given).body, "");
    EXPECT_EQ(header(ask("/", given), "ETag"), etag);
  }
  EXPECT_EQ(ask("/", "\"other\"").status, 200);
  EXPECT_EQ(ask("/").status, 200);
}

TEST_F(ConsoleRoutesTest, IsForAnybodyAlsoFromAnotherHost) {
  const auto elsewhere = base::parse_ip("192.0.2.1");
  ASSERT_TRUE(elsewhere);
  for (const Route& route : router_.routes()) {
    EXPECT_TRUE(may_ask("", "0123456789abcdef", route.reach, *elsewhere)) << route.path;
  }
}

// What the policy would refuse at run time is not there in the first place.
TEST(ConsoleFiles, HoldNothingOfOtherPlacesAndNoCodeInMarkup) {
  std::set<std::string> names;
  for (const ConsoleFile& file : console_files()) names.insert(std::string(file.name));
  for (const ConsoleFile& file : console_files()) {
    std::string body(file.body);
    EXPECT_LE(std::count(body.begin(), body.end(), '\n'), 400) << file.name;
    const std::string name_space = "http://www.w3.org/2000/svg";
    for (auto at = body.find(name_space); at != std::string::npos; at = body.find(name_space)) {
      body.erase(at, name_space.size());
    }
    for (const char* never :
         {"://", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("}) {
      EXPECT_EQ(body.find(never), std::string::npos) << file.name << " has " << never;
    }
    const std::regex reference(R"re((?:"/console/|from "\./|import "\./)([^"]+)")re");
    for (auto it = std::sregex_iterator(body.begin(), body.end(), reference); it != std::sregex_iterator();
         ++it) {
      EXPECT_EQ(names.count((*it)[1]), 1U) << file.name << " names " << (*it)[1];
    }
    if (file.name != "index.html") continue;
    EXPECT_FALSE(std::regex_search(body, std::regex(R"re(<style|\sstyle=|\son\w+=|<script>)re")));
  }
}

}  // namespace
}  // namespace tutti::api
