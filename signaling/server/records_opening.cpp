#include "signaling/server/records_opening.h"

#include <thread>

namespace tutti::server {
namespace {

using records::RecordSink;

std::unique_ptr<RecordSink> sink_or_none(std::unique_ptr<RecordSink> (*make)(std::string),
                                         const std::string& path) {
  return path.empty() ? nullptr : make(path);
}

}  // namespace

RecordsOpening::RecordsOpening(const Configuration::Records& before, const Configuration::Records& now) {
  OpenedRecords& files = state_->files;
  if (before.file != now.file) {
    files.emplace_back(records::kLineFileName, sink_or_none(records::make_line_file, now.file));
  }
  if (before.sqlite != now.sqlite) {
    files.emplace_back(records::kDatabaseName, sink_or_none(records::make_database, now.sqlite));
  }
  if (files.empty()) {
    state_->done = true;
    return;
  }
  std::thread([state = state_] {
    for (auto& [name, sink] : state->files) {
      if (sink == nullptr || !state->error.empty()) continue;
      if (const auto opened = sink->open(); !opened) state->error = "records: " + opened.error().sentence;
    }
    state->done = true;
  }).detach();
}

bool RecordsOpening::done() const {
  return state_->done || base::monotonic_now() >= give_up_at_;
}

base::Result<OpenedRecords, std::string> RecordsOpening::take() {
  if (!state_->done) {
    return base::unexpected("records: no file could be opened within " + std::to_string(kPatience.count()) +
                            " s");
  }
  if (!state_->error.empty()) return base::unexpected(state_->error);
  return std::move(state_->files);
}

}  // namespace tutti::server
