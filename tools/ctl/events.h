// Events: the server's event stream as lines, for as long as it lasts.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tools/ctl/http_client.h"

namespace tutti::ctl {

// Takes a text/event-stream apart. Source: WHATWG HTML, 9.2.6. A line longer than kLineMax is cut.
class EventStreamReader {
 public:
  static constexpr std::size_t kLineMax = 1 << 20;

  // Called with the data of each event.
  explicit EventStreamReader(std::function<void(std::string_view)> on_data) : on_data_(std::move(on_data)) {}
  void feed(std::string_view piece);

 private:
  void take_line();

  const std::function<void(std::string_view)> on_data_;
  std::string line_;
  std::string data_;
};

// Prints what happens in a room (empty: in all), from behind event `after` on (empty: from now on), as lines
// or, with `json`, as the server's own JSON, one event a line. Returns the exit code.
int print_events(const HttpClient& client, const std::string& room, const std::string& after, bool json);

}  // namespace tutti::ctl
