#include "tests/unit/api/api_fixture.h"

namespace tutti::api {

std::string Answer::header(const std::string& name) const {
  const std::size_t begin = head.find("\r\n" + name + ": ");
  if (begin == std::string::npos) return "";
  const std::size_t value = begin + name.size() + 4;
  return head.substr(value, head.find("\r\n", value) - value);
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
  sources.metrics = [] { return std::string("# nothing\n"); };
  sources.reload = [this] { return reloaded_; };
  auto started = HttpServer::start(
      loopback(), make_router(std::move(sources)), [](std::function<void()> task) { task(); }, limits);
  ASSERT_TRUE(started) << started.error().message();
  server_ = std::move(*started);
  client_ = std::make_unique<Client>(server_->bound());
}

Answer ApiTest::ask(const std::string& method, const std::string& path, const std::string& body,
                    const std::string& headers) {
  client_->send(method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body);
  const std::string whole = client_->answer();
  Answer answer;
  const std::size_t end = whole.find("\r\n\r\n");
  answer.head = whole.substr(0, end + 2);
  if (end != std::string::npos) answer.body = whole.substr(end + 4);
  if (whole.size() > 12) answer.status = std::stoi(whole.substr(9, 3));
  if (answer.header("Connection") == "close") client_ = std::make_unique<Client>(server_->bound());
  return answer;
}

}  // namespace tutti::api
