// What tests of the whole program share: a small configuration, free ports, the ready line, HTTP.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/checkout.h"
#include "tests/unit/server/child_process.h"

namespace tutti::server {

using test_support::kTuttid;

// How long what must happen is waited for.
inline constexpr std::chrono::milliseconds kPatience(60'000);

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

// Small cores, so that a start is quick under every sanitizer.
inline constexpr const char* kSmall = "[cores]\nparticipants_per_core = 16\nconferences_per_core = 16\n";

// The flags for tuttid on free ports of the loopback, unless `more` says otherwise.
std::vector<std::string> on_free_ports(const TemporaryFile& file, const std::vector<std::string>& more = {});

// What follows `name=` in the ready line.
std::string told(const ChildProcess& child, const std::string& name);

// The whole answer.
std::string http_get(const std::string& address, const std::string& path);
// `body` is JSON where it is not empty; `headers` are lines, each with its end.
std::string http_ask(const std::string& address, const std::string& method, const std::string& path,
                     const std::string& body, const std::string& headers);

// Whether it becomes true before our patience ends.
bool eventually(const std::function<bool()>& is_true);

}  // namespace tutti::server
