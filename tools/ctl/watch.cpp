#include "tools/ctl/watch.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "tools/ctl/display.h"
#include "tools/ctl/server_json.h"

namespace tutti::ctl {
namespace {

struct Part {
  const char* name;
  std::string path;
  View view;
};

// Of a list its first page: more than a screen shows, and it is asked for every second.
std::array<Part, 2> parts_of(const std::string& room) {
  if (room.empty()) return {Part{"cores", "/cores", View::kCores}, Part{"rooms", "/rooms", View::kRooms}};
  const std::string path = "/rooms/" + escape(room);
  return {Part{"statistics", path + "/statistics", View::kMembers},
          Part{"participants", path + "/participants", View::kParticipants}};
}

base::Result<std::string, std::string> ask(const HttpClient& client, const std::string& path) {
  const auto reply = client.ask({"GET", path, {}, {}});
  if (!reply) return base::unexpected(reply.error());
  if (!reply->ok()) return base::unexpected(problem_sentence(reply->status, reply->body));
  return reply->body;
}

// The screen is cleared once and then written over: no flicker.
std::string over_the_last(const std::string& text, bool first) {
  std::string out = first ? "\x1b[2J\x1b[H" : "\x1b[H";
  for (const char c : text) out += c == '\n' ? std::string("\x1b[K\n") : std::string(1, c);
  return out + "\x1b[J";
}

}  // namespace

base::Result<std::string, std::string> watch_picture(const HttpClient& client, const std::string& room) {
  std::string picture;
  for (const Part& part : parts_of(room)) {
    auto body = ask(client, part.path);
    if (!body) return body;
    picture += (picture.empty() ? "" : "\n") + show(part.view, *body);
  }
  return picture;
}

base::Result<std::string, std::string> watch_line(const HttpClient& client, const std::string& room) {
  nlohmann::ordered_json line = nlohmann::ordered_json::object();
  for (const Part& part : parts_of(room)) {
    auto body = ask(client, part.path);
    if (!body) return body;
    nlohmann::ordered_json answer = parse_json(*body);
    if (!answer.is_object()) {
      return base::unexpected(fmt::format("what {} was answered is no JSON object", part.path));
    }
    // A list comes as the member of that name of its page.
    const auto list = answer.find(part.name);
    line[part.name] = list == answer.end() ? std::move(answer) : std::move(*list);
  }
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::chrono::steady_clock::time_point next_picture(std::chrono::steady_clock::time_point due,
                                                   std::chrono::steady_clock::time_point now) {
  constexpr std::chrono::seconds kPeriod{1};
  return std::max(due + kPeriod, now);
}

int watch(const HttpClient& client, const std::string& room, bool json) {
  const bool terminal = !json && ::isatty(STDOUT_FILENO) != 0;
  auto next = std::chrono::steady_clock::now();
  for (bool first = true;; first = false) {
    const auto picture = json ? watch_line(client, room) : watch_picture(client, room);
    if (!picture && (first || json)) fmt::print(stderr, "tuttictl: {}\n", picture.error());
    if (!picture && first) return 1;
    if (picture || !json) {
      const std::string text = picture ? *picture : picture.error() + '\n';
      fmt::print("{}", terminal ? over_the_last(text, first) : text + '\n');
      if (std::fflush(stdout) != 0) return 0;  // nobody reads any more
    }
    next = next_picture(next, std::chrono::steady_clock::now());
    std::this_thread::sleep_until(next);
  }
}

}  // namespace tutti::ctl
