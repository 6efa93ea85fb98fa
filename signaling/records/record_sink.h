// RecordSink: where call records are written to.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "dataplane/base/result.h"
#include "signaling/records/call_record.h"

namespace tutti::records {

using RecordPointer = std::shared_ptr<const CallRecord>;

// Thread: one at a time; it may block. Errors are one sentence for people; after one all is as before the
// call.
class RecordSink {
 public:
  using Result = base::Result<void, std::string>;

  virtual ~RecordSink() = default;
  // All of them or none: they outlive this process from now on.
  virtual Result write(std::span<const RecordPointer> records) = 0;
  // What was written outlives the host's power.
  virtual Result flush() = 0;
  // Closes what is open; the next write opens it again.
  virtual void close() = 0;
};

// A file of JSON lines, made with mode 0640. It follows its name: where the file was moved, the next write
// makes another. A line that was cut off in the middle by a crash is taken away.
std::unique_ptr<RecordSink> make_line_file(std::string path);
// An SQLite database (write-ahead log) with the tables participants and conferences; others may read it all
// the while.
std::unique_ptr<RecordSink> make_database(std::string path);

}  // namespace tutti::records
