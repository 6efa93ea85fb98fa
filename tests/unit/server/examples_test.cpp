// The curl examples of docs/OPERATIONS.md, run one after the other as a reader would.
#include <csignal>
#include <fstream>

#include <gmock/gmock.h>

#include "tests/support/checkout.h"
#include "tests/unit/server/tuttid_process.h"
#include "tools/caller/caller_fleet.h"

namespace tutti::server {
namespace {

using caller::CallerFleet;

constexpr const char* kDocumented = "127.0.0.1:8080";

// The lines of the first shell block.
std::vector<std::string> examples() {
  std::ifstream file(test_support::in_checkout("docs/OPERATIONS.md"));
  std::vector<std::string> lines;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "```sh") inside = true;
    if (line == "```") inside = false;
    if (inside && line.rfind("curl ", 0) == 0) lines.push_back(line);
  }
  return lines;
}

std::string at(std::string line, const std::string& address) {
  for (std::size_t begin = 0; (begin = line.find(kDocumented, begin)) != std::string::npos;) {
    line.replace(begin, std::string(kDocumented).size(), address);
  }
  return line;
}

TEST(Examples, AllDoWhatTheySay) {
  const TemporaryFile small(kSmall);
  ChildProcess server(kTuttid, on_free_ports(small));
  ASSERT_TRUE(server.wait_for_output("pid=")) << server.err();
  auto callers = CallerFleet::start({.local_ip = *base::parse_ip("127.0.0.1"), .timers = {}});
  ASSERT_TRUE(callers) << callers.error();
  caller::CallPlan plan;
  plan.name = "caller";
  plan.target = "sip:standup@" + told(server, "sip");
  ASSERT_TRUE((*callers)->call(plan));
  ASSERT_TRUE((*callers)->work(std::chrono::milliseconds(60'000),
                               [&] { return (*callers)->at(0).state == caller::CallState::kTalking; }));
  const auto lines = examples();
  EXPECT_GE(lines.size(), 19U);
  for (const std::string& line : lines) {
    ChildProcess curl("/bin/sh", {"-c", at(line, told(server, "http"))});
    EXPECT_EQ(curl.wait(), 0) << line << curl.out() << curl.err();
    // The callers' side of what was asked for: re-INVITEs, a BYE.
    (*callers)->work(std::chrono::milliseconds(20), [] { return false; });
  }
  EXPECT_TRUE((*callers)->work(std::chrono::milliseconds(60'000), [&] { return (*callers)->ended() == 1; }));
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
}

}  // namespace
}  // namespace tutti::server
