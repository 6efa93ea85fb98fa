#include "tests/unit/server/child_process.h"

#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tutti::server {
namespace {

constexpr int kPatienceMs = 60'000;

void move_to(int from, int to) {
  dup2(from, to);
  if (from != to) close(from);
}

}  // namespace

ChildProcess::ChildProcess(const std::string& program, const std::vector<std::string>& arguments,
                           const std::function<void()>& prepare, bool terminal) {
  int out[2];
  int err[2];
  if (terminal) {
    out[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    grantpt(out[0]);
    unlockpt(out[0]);
    out[1] = open(ptsname(out[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
  } else if (pipe2(out, O_CLOEXEC) != 0) {
    std::abort();
  }
  if (pipe2(err, O_CLOEXEC) != 0) std::abort();
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    move_to(out[1], STDOUT_FILENO);
    move_to(err[1], STDERR_FILENO);
    if (prepare) prepare();
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(out[1]);
  close(err[1]);
  out_fd_ = out[0];
  err_fd_ = err[0];
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (out_fd_ >= 0) close(out_fd_);
  if (err_fd_ >= 0) close(err_fd_);
}

bool ChildProcess::read_more() {
  pollfd polled[2] = {{out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}};  // negative ones are passed over
  if ((out_fd_ < 0 && err_fd_ < 0) || poll(polled, 2, kPatienceMs) <= 0) return false;
  const auto take = [](const pollfd& from, int& fd, std::string& text) {
    if (from.revents == 0) return;
    char bytes[4096];
    const ssize_t got = read(fd, bytes, sizeof bytes);
    if (got > 0) {
      text.append(bytes, static_cast<std::size_t>(got));
    } else {  // a pseudo terminal ends with EIO
      close(fd);
      fd = -1;
    }
  };
  take(polled[0], out_fd_, out_);
  take(polled[1], err_fd_, err_);
  return true;
}

bool ChildProcess::wait_for_output(const std::string& text) {
  while (out_.find(text) == std::string::npos) {
    if (!read_more()) return false;
  }
  return true;
}

bool ChildProcess::wait_for_error(const std::string& text) {
  while (err_.find(text) == std::string::npos) {
    if (!read_more()) return false;
  }
  return true;
}

int ChildProcess::wait() {
  while (read_more()) {
  }
  if (out_fd_ >= 0 || err_fd_ >= 0) return -1000;
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void ChildProcess::signal(int number) const {
  kill(pid_, number);
}

}  // namespace tutti::server
