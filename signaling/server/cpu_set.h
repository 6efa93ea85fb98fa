// CpuSet: CPUs by their kernel numbers, ascending, each once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::server {

using CpuSet = std::vector<int>;

inline constexpr int kCpusMax = 1'024;  // CPU_SETSIZE

// "1", "1,3" or "2-5,8"; nothing else, and never empty.
std::optional<CpuSet> parse_cpu_set(std::string_view text);
// "1,3-5"
std::string to_string(const CpuSet& cpus);

// The CPUs that the scheduler may run this process on.
CpuSet allowed_cpus();

// Which of the allowed ones carry media when nobody says: on a host of 8 or more all but the first, on a
// smaller one the last. The first is left to signaling and to the kernel's own work. At most kCoresMax.
CpuSet default_media_cpus(const CpuSet& allowed);

// The allowed CPUs without the media ones; all allowed ones where nothing would be left.
CpuSet control_cpus(const CpuSet& allowed, const CpuSet& media);

// Keeps the calling thread, and the threads it starts later, on these CPUs.
void set_thread_affinity(const CpuSet& cpus);

}  // namespace tutti::server
