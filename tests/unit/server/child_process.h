// ChildProcess: a program started by a test, with what it says.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace tutti::server {

class ChildProcess {
 public:
  // Starts `program`; `prepare` runs in the child before it, and may only call async-signal-safe functions.
  // With `terminal` standard output is a pseudo terminal.
  ChildProcess(const std::string& program, const std::vector<std::string>& arguments,
               const std::function<void()>& prepare = {}, bool terminal = false);
  // Kills what still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Reads standard output until it holds `text`; false when it ends, or our patience does, before.
  bool wait_for_output(const std::string& text);
  // The same of standard error.
  bool wait_for_error(const std::string& text);
  // Waits for the end. Returns the exit code, or minus the signal, or -1000 when patience ends before.
  int wait();
  void signal(int number) const;

  pid_t pid() const { return pid_; }
  const std::string& out() const { return out_; }
  const std::string& err() const { return err_; }

 private:
  // False at the end of both, or of patience.
  bool read_more();

  pid_t pid_ = -1;
  int out_fd_ = -1;
  int err_fd_ = -1;
  std::string out_;
  std::string err_;
};

}  // namespace tutti::server
