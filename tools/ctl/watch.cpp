#include "tools/ctl/watch.h"

#include <chrono>
#include <cstdio>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "tools/ctl/display.h"

namespace tutti::ctl {
namespace {

// Of a list its first page: more than a screen shows, and it is asked for every second.
base::Result<std::string, std::string> part(const HttpClient& client, const std::string& path, View view) {
  const auto reply = client.ask({"GET", path, {}, {}});
  if (!reply) return base::unexpected(reply.error());
  if (!reply->ok()) return base::unexpected(problem_sentence(reply->status, reply->body));
  return show(view, reply->body);
}

// The screen is cleared once and then written over: no flicker.
std::string over_the_last(const std::string& text, bool first) {
  std::string out = first ? "\x1b[2J\x1b[H" : "\x1b[H";
  for (const char c : text) out += c == '\n' ? std::string("\x1b[K\n") : std::string(1, c);
  return out + "\x1b[J";
}

}  // namespace

base::Result<std::string, std::string> watch_picture(const HttpClient& client, const std::string& room) {
  auto above = room.empty() ? part(client, "/cores", View::kCores)
                            : part(client, "/rooms/" + escape(room) + "/statistics", View::kMembers);
  if (!above) return above;
  auto below = room.empty() ? part(client, "/rooms", View::kRooms)
                            : part(client, "/rooms/" + escape(room) + "/participants", View::kParticipants);
  if (!below) return below;
  return *above + '\n' + *below;
}

int watch(const HttpClient& client, const std::string& room) {
  constexpr std::chrono::seconds kPeriod{1};
  const bool terminal = ::isatty(STDOUT_FILENO) != 0;
  auto next = std::chrono::steady_clock::now();
  for (bool first = true;; first = false) {
    const auto picture = watch_picture(client, room);
    if (!picture && first) {
      fmt::print(stderr, "tuttictl: {}\n", picture.error());
      return 1;
    }
    const std::string text = picture ? *picture : picture.error() + '\n';
    fmt::print("{}", terminal ? over_the_last(text, first) : text + '\n');
    if (std::fflush(stdout) != 0) return 0;  // nobody reads any more
    next += kPeriod;
    std::this_thread::sleep_until(next);
  }
}

}  // namespace tutti::ctl
