#include "signaling/server/cpu_set.h"

#include <algorithm>
#include <charconv>

#include <pthread.h>
#include <sched.h>

#include "dataplane/mailbox/handles.h"

namespace tutti::server {
namespace {

constexpr std::size_t kManyCpus = 8;

std::optional<int> parse_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0 || number >= kCpusMax) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

std::optional<CpuSet> parse_cpu_set(std::string_view text) {
  CpuSet cpus;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const std::size_t dash = part.find('-');
    const auto first = parse_number(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_number(part.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    for (int cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

std::string to_string(const CpuSet& cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t last = i;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(cpus[i]);
    if (last > i) text += (last == i + 1 ? ',' : '-') + std::to_string(cpus[last]);
    i = last + 1;
  }
  return text;
}

CpuSet allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  CpuSet cpus;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    }
  }
  return cpus;
}

CpuSet default_media_cpus(const CpuSet& allowed) {
  if (allowed.size() < 2) return allowed;
  const std::size_t count =
      allowed.size() >= kManyCpus ? std::min<std::size_t>(allowed.size() - 1, mailbox::kCoresMax) : 1;
  return {allowed.end() - static_cast<std::ptrdiff_t>(count), allowed.end()};
}

CpuSet control_cpus(const CpuSet& allowed, const CpuSet& media) {
  CpuSet left;
  std::set_difference(allowed.begin(), allowed.end(), media.begin(), media.end(), std::back_inserter(left));
  return left.empty() ? allowed : left;
}

void set_thread_affinity(const CpuSet& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(cpu, &set);
  // A CPU may be taken from the process at any moment; then the kernel's choice stands.
  static_cast<void>(pthread_setaffinity_np(pthread_self(), sizeof set, &set));
}

}  // namespace tutti::server
