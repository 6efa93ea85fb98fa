// RecordsOpening: has other files of call records opened, in a thread of its own: a disk may take its time,
// or never answer.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "signaling/records/record_sink.h"
#include "signaling/server/configuration.h"

namespace tutti::server {

// By the sink's name; null: there is to be none.
using OpenedRecords = std::vector<std::pair<std::string_view, std::unique_ptr<records::RecordSink>>>;

// Thread: one, that never waits.
class RecordsOpening {
 public:
  // How long a disk may take.
  static constexpr std::chrono::seconds kPatience{10};

  // Begins to open what is other in `now`. Errors of it: std::system_error where there is no thread.
  RecordsOpening(const Configuration::Records& before, const Configuration::Records& now);

  bool done() const;
  // Once done: all of them, or why one cannot be opened.
  base::Result<OpenedRecords, std::string> take();

 private:
  // The thread's, too: it may be left behind.
  struct State {
    OpenedRecords files;
    std::string error;
    std::atomic<bool> done{false};
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
  const base::Instant give_up_at_ = base::monotonic_now() + kPatience;
};

}  // namespace tutti::server
