#include "tools/ctl/events.h"

#include <cstdio>

#include <fmt/format.h>

#include "tools/ctl/display.h"

namespace tutti::ctl {

void EventStreamReader::feed(std::string_view piece) {
  for (const char c : piece) {
    if (c == '\n') {
      take_line();
    } else if (line_.size() < kLineMax) {
      line_ += c;
    }
  }
}

void EventStreamReader::take_line() {
  if (!line_.empty() && line_.back() == '\r') line_.pop_back();
  constexpr std::string_view kData = "data:";
  if (line_.empty()) {
    if (!data_.empty()) on_data_(data_);
    data_.clear();
  } else if (line_.compare(0, kData.size(), kData) == 0) {
    std::string_view value = std::string_view(line_).substr(kData.size());
    if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    if (!data_.empty()) data_ += '\n';
    data_ += value;
  }
  line_.clear();
}

int print_events(const HttpClient& client, const std::string& room, const std::string& after, bool json) {
  HttpRequest request;
  request.path = room.empty() ? "/events" : "/rooms/" + escape(room) + "/events";
  if (!after.empty()) request.path += "?after=" + escape(after);
  bool read = true;  // by somebody, still
  EventStreamReader reader([&](std::string_view data) {
    fmt::print("{}\n", json ? std::string(data) : event_line(data));
    read = std::fflush(stdout) == 0;
  });
  const auto reply = client.follow(request, [&](std::string_view piece) {
    reader.feed(piece);
    return read;
  });
  if (reply && reply->ok()) return 0;
  fmt::print(stderr, "tuttictl: {}\n", reply ? problem_sentence(reply->status, reply->body) : reply.error());
  return 1;
}

}  // namespace tutti::ctl
