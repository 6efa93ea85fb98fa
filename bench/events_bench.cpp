// What an event costs: published, read, told as JSON, delivered to a webhook; and what a call record costs.

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <malloc.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "signaling/api/event_json.h"
#include "signaling/api/webhooks.h"
#include "signaling/conference/event_reader.h"
#include "signaling/records/call_records.h"
#include "tests/support/loopback_listener.h"

namespace {

using namespace tutti;

constexpr int kBatch = 10'000;  // fits into the list on its way to the journal

// The longest of the frequent ones: it carries all that is known of a participant.
conference::ConferenceEvent an_event() {
  conference::ParticipantInfo info;
  info.id = conference::ParticipantId{7};
  info.conference = "lobby";
  info.uri = "sip:ann@198.51.100.7:5060";
  info.display_name = "Ann Example";
  return {.at = std::chrono::system_clock::now(),
          .conference = "lobby",
          .participant = info.id,
          .detail = conference::ParticipantLeft{"Hung up", info}};
}

// What the event loop pays; the journal's thread works meanwhile.
void publish(benchmark::State& state) {
  conference::EventJournal journal({.events = kBatch, .bytes = std::size_t{1} << 30});
  const conference::ConferenceEvent event = an_event();
  const auto heap = mallinfo2().uordblks;
  while (state.KeepRunningBatch(kBatch)) {
    state.PauseTiming();
    journal.settle();
    std::vector<conference::ConferenceEvent> events(kBatch, event);
    state.ResumeTiming();
    for (auto& one : events) journal.emit(std::move(one));
  }
  journal.settle();
  const auto held = static_cast<double>(journal.counters().events.value());
  state.counters["bytes"] = static_cast<double>(mallinfo2().uordblks - heap) / held;
  state.counters["bytes_counted"] = static_cast<double>(journal.counters().bytes.value()) / held;
}
BENCHMARK(publish);

// By 64, as streams and webhooks do.
void read(benchmark::State& state) {
  conference::EventJournal journal({.events = kBatch, .bytes = std::size_t{1} << 30});
  for (int i = 0; i < kBatch; ++i) journal.emit(an_event());
  journal.settle();
  conference::EventReader reader(journal, {});
  while (state.KeepRunningBatch(kBatch)) {
    reader.seek(conference::Cursor{});
    for (std::size_t taken = 0; taken < kBatch;) taken += reader.read(64).entries.size();
  }
}
BENCHMARK(read);

void as_json(benchmark::State& state) {
  const conference::ConferenceEvent event = an_event();
  for (auto _ : state) benchmark::DoNotOptimize(api::dump(api::json_of(event)));
}
BENCHMARK(as_json);

// Takes every POST with a 204.
class Receiver {
 public:
  const std::string& port() const { return listener_.port(); }

 private:
  bool serve(int fd) {
    char last[2] = {};
    while (last[0] != ']' || last[1] != '}') {
      const ssize_t got = ::recv(fd, bytes_.data(), bytes_.size(), 0);
      if (got < 2) break;
      last[0] = bytes_[static_cast<std::size_t>(got) - 2];
      last[1] = bytes_[static_cast<std::size_t>(got) - 1];
    }
    static_cast<void>(!::send(fd, "HTTP/1.1 204 No Content\r\n\r\n", 27, MSG_NOSIGNAL));
    return true;
  }

  std::vector<char> bytes_ = std::vector<char>(64 * 1024);
  LoopbackListener listener_{[this](int connection) { return serve(connection); }};  // dies first
};

// From the journal to the receiver's answer, signed, over the loopback.
void deliver(benchmark::State& state) {
  conference::EventJournal journal({.events = 2 * kBatch, .bytes = std::size_t{1} << 30});
  const Receiver receiver;
  std::vector<api::WebhookConfig> one;
  one.push_back({*api::parse_webhook_url("http://127.0.0.1:" + receiver.port() + "/"), {}, "secret", ""});
  api::Webhooks webhooks(journal, std::move(one));
  while (state.KeepRunningBatch(kBatch)) {
    for (int i = 0; i < kBatch; ++i) journal.emit(an_event());
    journal.settle();
    webhooks.settle(std::chrono::seconds(60));
  }
  const api::WebhookStatus status = webhooks.status().front();
  state.counters["events_per_post"] =
      static_cast<double>(status.delivered) / static_cast<double>(status.posts);
}
BENCHMARK(deliver)->UseRealTime()->MeasureProcessCPUTime();

// From the event to what the sink has taken and synced; range(0): lines, SQLite.
void record(benchmark::State& state) {
  const auto folder = std::filesystem::temp_directory_path() / ("tutti_bench_" + std::to_string(getpid()));
  while (state.KeepRunningBatch(kBatch)) {
    state.PauseTiming();
    std::filesystem::create_directory(folder);
    std::vector<std::unique_ptr<records::RecordSink>> sinks;
    sinks.push_back(state.range(0) == 0 ? records::make_line_file(folder / "calls.jsonl")
                                        : records::make_database(folder / "calls.db"));
    records::CallRecords kept(std::move(sinks), {}, [](const std::string&) {});
    state.ResumeTiming();
    for (int i = 0; i < kBatch; ++i) kept.emit(an_event());
    kept.finish(std::chrono::seconds(60));
    state.PauseTiming();
    std::uintmax_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder)) bytes += file.file_size();
    state.counters["bytes"] = static_cast<double>(bytes) / kBatch;
    std::filesystem::remove_all(folder);
    state.ResumeTiming();
  }
}
BENCHMARK(record)->Arg(0)->Arg(1)->UseRealTime()->MeasureProcessCPUTime();

}  // namespace

BENCHMARK_MAIN();
