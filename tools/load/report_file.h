// ReportFile: where a run's JSON will stand: known to be writable before the run begins, and left as it was
// by one that writes nothing.
#pragma once

#include <string>
#include <string_view>

#include "dataplane/base/result.h"

namespace tutti::load {

class ReportFile {
 public:
  // Errors: one sentence.
  static base::Result<ReportFile, std::string> open(const std::string& name);
  // A file that was made here and holds no whole report is taken away again.
  ~ReportFile();
  ReportFile(ReportFile&& other) noexcept;
  ReportFile& operator=(ReportFile&&) = delete;

  // In place of all that it held. Once. Errors: one sentence.
  base::Result<void, std::string> write(std::string_view text);

 private:
  ReportFile(std::string name, int fd, bool made) : name_(std::move(name)), fd_(fd), made_(made) {}

  std::string name_;
  int fd_;
  bool made_;  // by open(), and not written since
};

}  // namespace tutti::load
