#include <sqlite3.h>

#include "dataplane/base/rfc3339.h"
#include "signaling/records/record_sink.h"

namespace tutti::records {
namespace {

constexpr int kBusyMs = 2'000;  // while another writes; readers hold nobody up

constexpr const char* kSetUp =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=1000;"
    "CREATE TABLE IF NOT EXISTS participants ("
    " conference_id TEXT, room TEXT, participant INTEGER, uri TEXT, display_name TEXT, role TEXT,"
    " direction TEXT, joined_at TEXT, left_at TEXT, stay_ms INTEGER, reason TEXT, codec TEXT,"
    " packets_received INTEGER, packets_sent INTEGER, packets_lost INTEGER, packets_dropped INTEGER,"
    " loss_percent REAL, jitter_ms REAL, round_trip_ms REAL, mos REAL);"
    "CREATE INDEX IF NOT EXISTS participants_joined_at ON participants (joined_at);"
    "CREATE TABLE IF NOT EXISTS conferences ("
    " conference_id TEXT, room TEXT, created_at TEXT, ended_at TEXT, duration_ms INTEGER, reason TEXT,"
    " participants INTEGER, ticks INTEGER, late_ticks INTEGER, loss_percent REAL, jitter_ms REAL, mos REAL);"
    "CREATE INDEX IF NOT EXISTS conferences_created_at ON conferences (created_at);";
constexpr const char* kAddParticipant =
    "INSERT INTO participants VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
constexpr const char* kAddConference = "INSERT INTO conferences VALUES (?,?,?,?,?,?,?,?,?,?,?,?)";

// One INSERT: its values in order, then a step.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  Row& operator<<(std::string_view text) {
    sqlite3_bind_text(statement_, ++column_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Row& operator<<(std::int64_t number) {
    sqlite3_bind_int64(statement_, ++column_, number);
    return *this;
  }
  Row& operator<<(std::uint64_t number) { return *this << static_cast<std::int64_t>(number); }
  Row& operator<<(double number) {
    sqlite3_bind_double(statement_, ++column_, number);
    return *this;
  }
  bool add() {
    const bool done = sqlite3_step(statement_) == SQLITE_DONE;
    sqlite3_reset(statement_);
    return done;
  }

 private:
  sqlite3_stmt* const statement_;
  int column_ = 0;
};

class Database final : public RecordSink {
 public:
  explicit Database(std::string path) : path_(std::move(path)) {}
  ~Database() override { Database::close(); }

  std::string_view name() const override { return kDatabaseName; }

  Result open() override {
    if (database_ != nullptr) return {};
    constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    bool done = sqlite3_open_v2(path_.c_str(), &database_, kFlags, nullptr) == SQLITE_OK;
    sqlite3_busy_timeout(database_, kBusyMs);
    done = done && run(kSetUp) &&
           sqlite3_prepare_v2(database_, kAddParticipant, -1, &add_participant_, nullptr) == SQLITE_OK &&
           sqlite3_prepare_v2(database_, kAddConference, -1, &add_conference_, nullptr) == SQLITE_OK;
    if (done) return {};
    auto error = failed("cannot be opened");
    close();
    return error;
  }

  Result write(std::span<const RecordPointer> records) override {
    if (auto opened = open(); !opened) return opened;
    bool done = run("BEGIN IMMEDIATE");
    for (auto record = records.begin(); done && record != records.end(); ++record) {
      done = std::visit([this](const auto& one) { return add(one); }, **record);
    }
    done = done && run("COMMIT");
    if (!done) {
      auto error = failed("cannot be written");
      run("ROLLBACK");
      return error;
    }
    dirty_ = true;
    return {};
  }

  // A checkpoint syncs the log before the database; where a reader or another's checkpoint keeps it from all
  // of it, the log alone is synced, which is as good.
  Result flush() override {
    if (!dirty_ || database_ == nullptr) return {};
    int frames = 0;
    int moved = 0;
    const int result =
        sqlite3_wal_checkpoint_v2(database_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &frames, &moved);
    if (result != SQLITE_OK && result != SQLITE_BUSY) return failed("cannot be flushed");
    if ((result == SQLITE_BUSY || moved < frames) && !sync_log()) return failed("cannot be flushed");
    dirty_ = false;
    return {};
  }

  void close() override {
    static_cast<void>(flush());
    sqlite3_finalize(add_participant_);
    sqlite3_finalize(add_conference_);
    sqlite3_close(database_);
    add_participant_ = add_conference_ = nullptr;
    database_ = nullptr;
  }

 private:
  base::unexpected<RecordError> failed(const char* what) const {
    return base::unexpected(RecordError{fault(), path_ + ' ' + what + ": " + sqlite3_errmsg(database_)});
  }
  RecordFault fault() const {
    switch (sqlite3_errcode(database_) & 0xFF) {
      case SQLITE_FULL:
        return RecordFault::kFull;
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
        return RecordFault::kBusy;
      case SQLITE_PERM:
      case SQLITE_READONLY:
      case SQLITE_NOTADB:
      case SQLITE_CANTOPEN:
        return RecordFault::kPath;
      case SQLITE_IOERR:  // of a shared memory, too, that the disk has no room for
        return fault_of(sqlite3_system_errno(database_)) == RecordFault::kFull ? RecordFault::kFull
                                                                               : RecordFault::kDevice;
      default:
        return RecordFault::kOther;
    }
  }
  bool sync_log() {
    sqlite3_file* log = nullptr;
    sqlite3_file_control(database_, nullptr, SQLITE_FCNTL_JOURNAL_POINTER, &log);
    return log == nullptr || log->pMethods == nullptr ||
           log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) == SQLITE_OK;
  }
  bool run(const char* statements) {
    return sqlite3_exec(database_, statements, nullptr, nullptr, nullptr) == SQLITE_OK;
  }

  bool add(const ParticipantRecord& record) {
    const conference::ParticipantInfo& info = record.info;
    Row row(add_participant_);
    row << record.conference_id << info.conference << static_cast<std::uint64_t>(info.id) << info.uri
        << info.display_name << to_string(info.role) << (info.dialled_out ? "out" : "in")
        << base::rfc3339(info.joined_at) << base::rfc3339(record.left_at) << std::int64_t{info.stay.count()}
        << record.reason << codec_of(info) << info.packets_received << info.packets_sent << info.packets_lost
        << info.packets_dropped << info.loss_percent << info.jitter_ms << info.round_trip_ms << info.mos;
    return row.add();
  }
  bool add(const ConferenceRecord& record) {
    const conference::ConferenceStatistics& statistics = record.statistics;
    Row row(add_conference_);
    row << record.conference_id << record.conference << base::rfc3339(statistics.created_at)
        << base::rfc3339(record.ended_at) << std::int64_t{statistics.duration.count()} << record.reason
        << statistics.participants_total << statistics.ticks << statistics.late_ticks
        << statistics.loss_percent << statistics.jitter_ms << statistics.mos;
    return row.add();
  }

  const std::string path_;
  sqlite3* database_ = nullptr;
  sqlite3_stmt* add_participant_ = nullptr;
  sqlite3_stmt* add_conference_ = nullptr;
  bool dirty_ = false;
};

}  // namespace

std::unique_ptr<RecordSink> make_database(std::string path) {
  return std::make_unique<Database>(std::move(path));
}

}  // namespace tutti::records
