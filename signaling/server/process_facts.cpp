#include "signaling/server/process_facts.h"

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tutti::server {
namespace {

std::uint64_t count_descriptors() {
  // Since Linux 6.2 its size is their number; before it is 0, and they are counted.
  struct stat status {};
  if (::stat("/proc/self/fd", &status) == 0 && status.st_size > 0) {
    return static_cast<std::uint64_t>(status.st_size);
  }
  DIR* const directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(directory)) count += entry->d_name[0] == '.' ? 0 : 1;
  ::closedir(directory);
  return count - 1;  // without the directory itself
}

// Its start since the host's, in clock ticks: the 22nd field of stat, the 20th behind the name's bracket.
double read_start() {
  std::ifstream stat("/proc/self/stat");
  std::string line;
  std::getline(stat, line);
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string field;
  for (int i = 0; i < 20; ++i) fields >> field;
  timespec since_boot{};
  clock_gettime(CLOCK_BOOTTIME, &since_boot);
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const double boot =
      now - static_cast<double>(since_boot.tv_sec) - static_cast<double>(since_boot.tv_nsec) * 1e-9;
  return field.empty() ? 0 : boot + std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

ProcessFacts read_process_facts() {
  ProcessFacts facts;
  std::uint64_t pages_virtual = 0;
  std::uint64_t pages_resident = 0;
  std::ifstream("/proc/self/statm") >> pages_virtual >> pages_resident;
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  facts.virtual_bytes = pages_virtual * page;
  facts.resident_bytes = pages_resident * page;
  facts.descriptors = count_descriptors();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) facts.descriptors_max = limit.rlim_cur;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0)
    facts.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  static const double started_at = read_start();
  facts.started_at = started_at;
  return facts;
}

}  // namespace tutti::server
