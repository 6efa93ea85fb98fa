// Rfc3339: a moment as text, "2026-01-02T03:04:05.678Z", for logs, JSON and records.
#pragma once

#include <chrono>
#include <string>

namespace tutti::base {

// In UTC, to the millisecond below. Source: RFC 3339, 5.6.
std::string rfc3339(std::chrono::system_clock::time_point at);

}  // namespace tutti::base
