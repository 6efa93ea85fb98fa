// Watch: a table that is drawn again each second: rooms and cores, or who is in one room.
#pragma once

#include <chrono>
#include <string>

#include "dataplane/base/result.h"
#include "tools/ctl/http_client.h"

namespace tutti::ctl {

// One picture of it; `room` empty: of the whole server. Errors: one sentence.
base::Result<std::string, std::string> watch_picture(const HttpClient& client, const std::string& room);

// The same as one object of JSON on one line: "cores" and "rooms", or a room's "statistics" and
// "participants".
base::Result<std::string, std::string> watch_line(const HttpClient& client, const std::string& room);

// When the next one is due, after that of `due`: what was missed, as while the server was away or this
// program was stopped, is not made up.
std::chrono::steady_clock::time_point next_picture(std::chrono::steady_clock::time_point due,
                                                   std::chrono::steady_clock::time_point now);

// Draws until it is interrupted or the server refuses; waits for one that is away. On what is no terminal the
// pictures follow each other; with `json` these are lines, and why there is none goes to the standard error.
// Returns the exit code.
int watch(const HttpClient& client, const std::string& room, bool json);

}  // namespace tutti::ctl
