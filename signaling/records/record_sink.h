// RecordSink: where call records are written to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "dataplane/base/result.h"
#include "signaling/records/call_record.h"

namespace tutti::records {

using RecordPointer = std::shared_ptr<const CallRecord>;

// Why records cannot be written, for who counts.
enum class RecordFault : std::uint8_t {
  kFull,    // no room, or no more allowed
  kPath,    // the file cannot be made or opened, or is another's
  kBusy,    // another process holds it
  kDevice,  // reading or writing fails below
  kOther,
};
constexpr std::size_t kRecordFaults = 5;
std::string_view to_string(RecordFault fault);  // "full"
RecordFault fault_of(int error);                // an errno

struct RecordError {
  RecordFault fault = RecordFault::kOther;
  std::string sentence;  // for people
};

// Thread: one at a time; it may block. After an error all is as before the call.
class RecordSink {
 public:
  using Result = base::Result<void, RecordError>;

  virtual ~RecordSink() = default;
  // What it is called where it is counted, "lines". Of static storage.
  virtual std::string_view name() const = 0;
  // Makes or opens what it writes to, where it is not open yet; the first write does so, too.
  virtual Result open() = 0;
  // All of them or none: they outlive this process from now on.
  virtual Result write(std::span<const RecordPointer> records) = 0;
  // What was written outlives the host's power.
  virtual Result flush() = 0;
  // Closes what is open; the next write opens it again.
  virtual void close() = 0;
};

inline constexpr std::string_view kLineFileName = "lines";
inline constexpr std::string_view kDatabaseName = "sqlite";

// A file of JSON lines, made with mode 0640. It follows its name: where the file was moved, the next write
// makes another. A line that was cut off in the middle by a crash is taken away.
std::unique_ptr<RecordSink> make_line_file(std::string path);
// An SQLite database (write-ahead log) with the tables participants and conferences; others may read it all
// the while.
std::unique_ptr<RecordSink> make_database(std::string path);

}  // namespace tutti::records
