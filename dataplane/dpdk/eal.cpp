#include "dataplane/dpdk/eal.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <utility>

#include <dlfcn.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <sched.h>

#include "dataplane/dpdk/host_facts.h"

namespace tutti::dpdk {
namespace {

std::atomic<bool> started{false};

LogLevel level_of(std::uint32_t rte) {
  if (rte <= RTE_LOG_ERR) return LogLevel::kError;
  return rte == RTE_LOG_WARNING ? LogLevel::kWarning : LogLevel::kInfo;
}

std::vector<int> cpus_of_this_thread() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ::sched_getaffinity(0, sizeof(allowed), &allowed);
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) cpus.push_back(cpu);
  }
  return cpus;
}

// libxdp and libbpf, which AF_XDP's driver has brought along, write to standard error where nobody asks them
// not to. What fails of it the driver says itself.
void take_lines_of_xdp() {
  using Print = int (*)(int level, const char* format, va_list values);
  constexpr int kInfo = 1;  // of both libraries; above it is what helps to find their own mistakes
  const Print print = [](int level, const char* format, va_list values) {
    return level > kInfo ? 0 : ::rte_vlog(RTE_LOG_INFO, RTE_LOGTYPE_EAL, format, values);
  };
  for (const auto& [library, name] :
       {std::pair("libbpf.so.1", "libbpf_set_print"), std::pair("libxdp.so.1", "libxdp_set_print")}) {
    void* const loaded = ::dlopen(library, RTLD_NOW | RTLD_NOLOAD);
    if (loaded == nullptr) continue;
    if (void* const set = ::dlsym(loaded, name)) reinterpret_cast<Print (*)(Print)>(set)(print);
    ::dlclose(loaded);
  }
}

// Why EAL did not start, of its number and of the last thing that it complained of.
std::string sentence(int error, const std::string& complaint) {
  std::string said = "DPDK does not start";
  if (!complaint.empty()) said += " (" + complaint + ")";
  switch (error) {
    case EACCES:
    case EPERM:
      return said + ": this user may not; start as root, or without huge pages and on virtual devices";
    case ENOMEM:
      return said + ": reserve more huge pages (sysctl vm.nr_hugepages), or ask for less memory";
    case EINVAL:
      return said + ": look at the further arguments for EAL";
    case EALREADY:
      return said + ": it runs in this process already";
    default:
      return said + ": the log has more of it";
  }
}

}  // namespace

// What EAL prints, line by line, to the sink.
class Eal::Log {
 public:
  explicit Log(LogSink sink) : sink_(std::move(sink)) {
    cookie_io_functions_t calls{};
    calls.write = [](void* self, const char* text, std::size_t bytes) -> ssize_t {
      static_cast<Log*>(self)->write({text, bytes});
      return static_cast<ssize_t>(bytes);
    };
    stream_ = ::fopencookie(this, "w", calls);
    if (stream_ == nullptr) return;
    ::setvbuf(stream_, nullptr, _IOLBF, BUFSIZ);
    ::rte_openlog_stream(stream_);
  }
  ~Log() {
    if (stream_ == nullptr) return;
    ::rte_openlog_stream(nullptr);
    ::fclose(stream_);
  }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  std::string complaint() {
    const std::lock_guard lock(mutex_);
    return complaint_;
  }

 private:
  void write(std::string_view text) {
    const std::lock_guard lock(mutex_);
    const int current = ::rte_log_cur_msg_loglevel();
    const LogLevel level = current < 0 ? LogLevel::kInfo : level_of(static_cast<std::uint32_t>(current));
    line_ += text;
    for (auto end = line_.find('\n'); end != std::string::npos; end = line_.find('\n')) {
      std::string line = line_.substr(0, end);
      line_.erase(0, end + 1);
      while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0) line.pop_back();
      if (line.empty()) continue;
      if (level == LogLevel::kError) complaint_ = line;
      if (sink_) sink_(level, line);
    }
  }

  const LogSink sink_;
  std::FILE* stream_ = nullptr;
  std::mutex mutex_;
  std::string line_;       // not yet at its end
  std::string complaint_;  // the last error
};

std::vector<std::string> Eal::command_line(const EalOptions& options) {
  std::vector<std::string> words{"tuttid"};
  // One lcore, the caller's, on all of its CPUs: no thread is launched, and none is moved.
  std::string cpus;
  for (const int cpu : options.cpus.empty() ? cpus_of_this_thread() : options.cpus) {
    cpus += (cpus.empty() ? "" : ",") + std::to_string(cpu);
  }
  words.insert(words.end(), {"--lcores", "0@(" + cpus + ")"});
  // Nothing is left in the file system, and no other process can join.
  if (options.huge_pages) {
    words.push_back("--in-memory");
  } else {
    words.insert(words.end(), {"--no-huge", "--no-shconf"});
  }
  words.insert(words.end(), {"-m", std::to_string(options.memory_mb)});
  words.push_back("--no-telemetry");
  const auto& more = options.arguments;
  const bool allows = std::any_of(more.begin(), more.end(), [](const std::string& word) {
    return word.starts_with("-a") || word.starts_with("--allow");
  });
  if (options.cards.empty() && !allows) words.push_back("--no-pci");
  for (const std::string& card : options.cards) words.insert(words.end(), {"-a", card});
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  return words;
}

Eal::Eal(std::unique_ptr<Log> log) : log_(std::move(log)) {}

base::Result<std::unique_ptr<Eal>, std::string> Eal::start(const EalOptions& options, LogSink log) {
  if (options.huge_pages) {
    const std::uint64_t free = free_huge_bytes() >> 20;
    if (free < options.memory_mb) {
      return base::unexpected("of the " + std::to_string(options.memory_mb) + " MB of huge pages asked for " +
                              std::to_string(free) + " are free: reserve them with sysctl vm.nr_hugepages=" +
                              std::to_string(options.memory_mb / 2) + ", or do without");
    }
  }
  for (const std::string& card : options.cards) {
    if (auto usable = check_card(card.substr(0, card.find(','))); !usable)
      return base::unexpected(usable.error());
  }
  if (started.exchange(true)) return base::unexpected(std::string("DPDK is started once in a process"));

  std::unique_ptr<Eal> eal(new Eal(std::make_unique<Log>(std::move(log))));
  eal->words_ = command_line(options);
  std::vector<char*> words;
  for (std::string& word : eal->words_) words.push_back(word.data());
  const std::size_t count = words.size();
  words.push_back(nullptr);
  cpu_set_t before;
  CPU_ZERO(&before);
  ::sched_getaffinity(0, sizeof(before), &before);
  const int outcome = ::rte_eal_init(static_cast<int>(count), words.data());
  ::sched_setaffinity(0, sizeof(before), &before);  // it has put the caller where its lcore is
  if (outcome < 0) return base::unexpected(sentence(rte_errno, eal->log_->complaint()));
  eal->runs_ = true;
  take_lines_of_xdp();
  return eal;
}

Eal::~Eal() {
  if (runs_) ::rte_eal_cleanup();
}

EalThread::EalThread() {
  if (::rte_lcore_id() == LCORE_ID_ANY) registered_ = ::rte_thread_register() == 0;
}

EalThread::~EalThread() {
  if (registered_) ::rte_thread_unregister();
}

}  // namespace tutti::dpdk
