#include "tools/load/report_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tutti::load {

base::Result<ReportFile, std::string> ReportFile::open(const std::string& name) {
  constexpr mode_t kMode = 0666;
  constexpr int kFlags = O_WRONLY | O_CREAT | O_CLOEXEC;
  int fd = ::open(name.c_str(), kFlags | O_EXCL, kMode);
  const bool made = fd >= 0;
  if (!made) fd = ::open(name.c_str(), kFlags, kMode);
  if (fd < 0) {
    return base::unexpected(fmt::format("{}: the file cannot be written: {}", name, std::strerror(errno)));
  }
  return ReportFile(name, fd, made);
}

ReportFile::ReportFile(ReportFile&& other) noexcept
    : name_(std::move(other.name_)),
      fd_(std::exchange(other.fd_, -1)),
      made_(std::exchange(other.made_, false)) {}

ReportFile::~ReportFile() {
  if (fd_ >= 0) ::close(fd_);
  if (made_) ::unlink(name_.c_str());
}

base::Result<void, std::string> ReportFile::write(std::string_view text) {
  struct stat what {};
  bool ok = ::fstat(fd_, &what) == 0 && (!S_ISREG(what.st_mode) || ::ftruncate(fd_, 0) == 0);
  while (ok && !text.empty()) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    ok = written > 0;
    if (ok) text.remove_prefix(static_cast<std::size_t>(written));
  }
  const int error = errno;
  if (!ok) return base::unexpected(fmt::format("{}: not written: {}", name_, std::strerror(error)));
  made_ = false;
  return {};
}

}  // namespace tutti::load
