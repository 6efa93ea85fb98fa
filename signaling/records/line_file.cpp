#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signaling/records/record_sink.h"

namespace tutti::records {
namespace {

class LineFile final : public RecordSink {
 public:
  explicit LineFile(std::string path) : path_(std::move(path)) {}
  ~LineFile() override { LineFile::close(); }

  std::string_view name() const override { return kLineFileName; }

  Result open() override {
    if (fd_ >= 0) return {};
    fd_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
    if (fd_ < 0) return failed("cannot be opened", errno);
    cut_torn_line();
    return {};
  }

  Result write(std::span<const RecordPointer> records) override {
    if (moved()) close();
    if (auto opened = open(); !opened) return opened;
    std::string lines;
    for (const RecordPointer& record : records) lines += to_line(*record);
    struct stat before {};
    if (fstat(fd_, &before) != 0) return failed("cannot be looked at", errno);
    std::size_t done = 0;
    while (done < lines.size()) {
      const ssize_t written = ::write(fd_, lines.data() + done, lines.size() - done);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        const int error = errno;
        // Half of it is as bad as none: it will be written again.
        if (done > 0) static_cast<void>(!ftruncate(fd_, before.st_size));
        return failed("cannot be written", error);
      }
      done += static_cast<std::size_t>(written);
    }
    dirty_ = true;
    return {};
  }

  Result flush() override {
    if (!dirty_ || fd_ < 0) return {};
    if (fdatasync(fd_) != 0 && errno != EINVAL) return failed("cannot be flushed", errno);  // EINVAL: a pipe
    dirty_ = false;
    return {};
  }

  void close() override {
    if (fd_ < 0) return;
    static_cast<void>(flush());
    ::close(fd_);
    fd_ = -1;
  }

 private:
  Result failed(const char* what, int error) {
    return base::unexpected(RecordError{fault_of(error), path_ + ' ' + what + ": " + std::strerror(error)});
  }

  // By who rotates it.
  bool moved() const {
    struct stat here {};
    struct stat there {};
    if (fd_ < 0) return false;
    if (stat(path_.c_str(), &there) != 0 || fstat(fd_, &here) != 0) return true;
    return here.st_ino != there.st_ino || here.st_dev != there.st_dev;
  }

  // The last line of a file of ours ends, or was cut off.
  void cut_torn_line() {
    struct stat status {};
    if (fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) return;
    constexpr off_t kLineMax = 64 * 1024;
    const off_t from = status.st_size > kLineMax ? status.st_size - kLineMax : 0;
    std::string tail(static_cast<std::size_t>(status.st_size - from), '\0');
    if (pread(fd_, tail.data(), tail.size(), from) != static_cast<ssize_t>(tail.size())) return;
    if (tail.back() == '\n') return;
    const std::size_t end = tail.rfind('\n');
    const std::size_t line = end == std::string::npos ? 0 : end + 1;
    if (tail[line] == '{' && (end != std::string::npos || from == 0)) {
      static_cast<void>(!ftruncate(fd_, from + static_cast<off_t>(line)));
    } else {  // not ours: it stays, and ours begins on a line of its own
      static_cast<void>(!::write(fd_, "\n", 1));
    }
  }

  const std::string path_;
  int fd_ = -1;
  bool dirty_ = false;
};

}  // namespace

std::unique_ptr<RecordSink> make_line_file(std::string path) {
  return std::make_unique<LineFile>(std::move(path));
}

}  // namespace tutti::records
