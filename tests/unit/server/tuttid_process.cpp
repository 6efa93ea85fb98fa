#include "tests/unit/server/tuttid_process.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/base/socket_address.h"

namespace tutti::server {

TemporaryFile::TemporaryFile(const std::string& text) {
  char name[] = "/tmp/tuttid_test_XXXXXX";
  close(mkstemp(name));
  name_ = name;
  std::ofstream(name_) << text;
}

TemporaryFile::~TemporaryFile() {
  unlink(name_.c_str());
}

std::vector<std::string> on_free_ports(const TemporaryFile& file, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"--config", file.name()};
  const auto given = [&](const std::string& flag) {
    return std::find(more.begin(), more.end(), flag) != more.end();
  };
  if (!given("--sip")) arguments.insert(arguments.end(), {"--sip", "127.0.0.1:0"});
  if (!given("--http")) arguments.insert(arguments.end(), {"--http", "127.0.0.1:0"});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::string told(const ChildProcess& child, const std::string& name) {
  const std::size_t line = child.out().find("tuttid ready ");
  const std::size_t begin = child.out().find(' ' + name + '=', line) + name.size() + 2;
  return child.out().substr(begin, child.out().find_first_of(" \n", begin) - begin);
}

std::string http_get(const std::string& address, const std::string& path) {
  return http_ask(address, "GET", path, "", "");
}

bool eventually(const std::function<bool()>& is_true) {
  const auto patience = std::chrono::steady_clock::now() + kPatience;
  while (!is_true()) {
    if (std::chrono::steady_clock::now() > patience) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

std::string http_ask(const std::string& address, const std::string& method, const std::string& path,
                     const std::string& body, const std::string& headers) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_storage storage{};
  const socklen_t length = base::to_sockaddr(*base::parse_address_and_port(address), storage);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&storage), length), 0) << address;
  std::string request = method + " " + path + " HTTP/1.1\r\nHost: " + address + "\r\n" + headers;
  if (!body.empty()) request += "Content-Type: application/json\r\n";
  request += "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
  std::string answer;
  char bytes[1024];
  for (ssize_t got = 0; (got = recv(fd, bytes, sizeof bytes, 0)) > 0;) {
    answer.append(bytes, static_cast<std::size_t>(got));
  }
  close(fd);
  return answer;
}

}  // namespace tutti::server
