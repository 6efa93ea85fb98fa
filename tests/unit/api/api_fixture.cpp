#include "tests/unit/api/api_fixture.h"

namespace tutti::api {

std::string Answer::header(const std::string& name) const {
  const std::size_t begin = head.find("\r\n" + name + ": ");
  if (begin == std::string::npos) return "";
  const std::size_t value = begin + name.size() + 4;
  return head.substr(value, head.find("\r\n", value) - value);
}

ApiTest::ApiTest() {
  conference::ConferenceEvent event;
  event.conference = "lobby";
  event.detail = conference::ConferenceCreated{};
  journal_.emit(std::move(event));
  journal_.settle();
}

void ApiTest::start(HttpLimits limits) {
  client_.reset();
  server_.reset();
  ApiSources sources;
  sources.control = &control_;
  sources.default_settings = [] { return conference::ConferenceSettings{.max_talkers = 5}; };
  sources.status.health = [] { return Health{}; };
  sources.status.ledger = [] { return conference::Ledger{}; };
  sources.status.cores = [] { return std::vector<CoreStatus>{{}}; };
  sources.status.webhooks = [] { return std::vector<WebhookStatus>{{}}; };
  sources.metrics = [] { return std::string("# nothing\n"); };
  sources.reload = [this](const auto& done) { done(reloaded_); };
  Router router = make_router(std::move(sources));
  streams_.add_routes(router);
  auto started = HttpServer::start(
      loopback(), std::move(router), [](std::function<void()> task) { task(); }, limits);
  ASSERT_TRUE(started) << started.error().message();
  server_ = std::move(*started);
  client_ = std::make_unique<Client>(server_->bound());
}

Answer ApiTest::ask(const std::string& method, const std::string& path, const std::string& body,
                    const std::string& headers) {
  client_->send(method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body);
  Answer answer;
  answer.head = client_->answer(false);
  if (answer.head.size() > 12) answer.status = std::stoi(answer.head.substr(9, 3));
  const std::string length = answer.header("Content-Length");
  if (!length.empty()) answer.body = client_->take(std::stoul(length));
  const bool endless = answer.header("Content-Type") == "text/event-stream";
  if (endless || answer.header("Connection") == "close") client_ = std::make_unique<Client>(server_->bound());
  return answer;
}

}  // namespace tutti::api
