// ApiFixture: the whole table of routes behind a real HTTP server, over a fake of Control.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "signaling/api/api.h"
#include "signaling/api/event_streams.h"
#include "signaling/api/http_server.h"
#include "tests/unit/api/fake_control.h"
#include "tests/unit/api/http_client.h"

namespace tutti::api {

struct Answer {
  int status = 0;
  std::string head;
  std::string body;
  std::string header(const std::string& name) const;
  nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
};

class ApiTest : public testing::Test {
 protected:
  ApiTest();
  void SetUp() override { start({}); }
  void start(HttpLimits limits);

  // `headers` as lines, each with its end.
  Answer ask(const std::string& method, const std::string& path, const std::string& body = "",
             const std::string& headers = "Content-Type: application/json\r\n");

  FakeControl control_;
  conference::EventJournal journal_;  // which knows the lobby
  EventStreams streams_{journal_, [](const std::string& room) { return room; }};
  base::Result<ReloadReport, ReloadFault> reloaded_ = ReloadReport{{"rooms.max_rooms"}, {"sip.listen"}};

 private:
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<Client> client_;
};

}  // namespace tutti::api
