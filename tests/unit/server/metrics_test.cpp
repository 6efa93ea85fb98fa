#include "signaling/server/metrics.h"

#include <cstdio>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "dataplane/mailbox/mailbox.h"
#include "signaling/server/card_metrics.h"
#include "tests/support/checkout.h"
#include "tests/unit/server/tuttid_process.h"

namespace tutti::server {
namespace {

using testing::HasSubstr;

// Two cores as they would be after some calls.
class MetricsTest : public testing::Test {
 protected:
  MetricsTest() {
    for (int i = 0; i < 2; ++i) {
      counters_[i].ticks.add(1'000);
      counters_[i].drops.add(base::DropReason::kLate, 3);
      counters_[i].tick_time_us.add(100);
      counters_[i].tick_time_us.add(5'119);
      counters_[i].tick_time_us.add(1'000'000'000);
      doors_[i] = {&mailbox_, &counters_[i], {16, 16}, &reports_};
    }
    sip_.received(sip::Method::kInvite).add(4);
    sip_.responses_sent.add(200);
    sip_.responses_sent.add(503);
    http_.answers.add(404);
    sources_.version = "1.2.3";
    sources_.cores = doors_;
    sources_.cpus = {1, 3};
    sources_.sip = &sip_;
    sources_.http = &http_;
    sources_.journal = &journal_;
    sources_.webhooks = {
        {.receiver = "http://a.example", .waiting = 3, .delivered = 7, .posts = 5, .failures = 2},
        {.receiver = "http://a.example", .retries = 4, .lost = 6, .tries_in_vain = 2}};
    sources_.records = &records_;
    sources_.card = card();
    sources_.process = read_process_facts();
  }

  // A disk that takes nothing, and one that takes all.
  class Disk final : public records::RecordSink {
   public:
    explicit Disk(bool full) : full_(full) {}
    std::string_view name() const override { return full_ ? "sqlite" : "lines"; }
    Result open() override { return {}; }
    Result write(std::span<const records::RecordPointer>) override {
      if (full_) return base::unexpected(records::RecordError{records::RecordFault::kFull, "it is full"});
      return {};
    }
    Result flush() override { return {}; }
    void close() override {}

   private:
    const bool full_;
  };
  static std::vector<std::unique_ptr<records::RecordSink>> sinks() {
    std::vector<std::unique_ptr<records::RecordSink>> both;
    both.push_back(std::make_unique<Disk>(false));
    both.push_back(std::make_unique<Disk>(true));
    return both;
  }

  // A card with a queue for each core, and a driver that counts much.
  CardFacts card() {
    queues_[1].polls.add(9);
    queues_[1].bursts.add(1);
    queues_[1].bursts.add(64);
    queues_[1].longest_sleep_ns.set(250'000);
    host_.echoes_answered.add(2);
    host_.drops.add(base::DropReason::kFragment);
    CardFacts facts;
    for (const net::QueueCounters& queue : queues_)
      facts.queues.push_back({&queue, nullptr, 100, 90, 50, 40});
    facts.slow_path = {.frames_sent = 5,
                       .frames_lost = 1,
                       .to_kernel = 3,
                       .from_kernel = 4,
                       .buffers = 10,
                       .buffers_free = 8,
                       .link_up = false,
                       .link_downs = 2};
    facts.host = &host_;
    facts.neighbours = &neighbours_;
    facts.device = {{"rx_good_packets", 7}, {"rx_q0_packets", 8}, {"a \"name\"", 9}};
    for (int i = 0; i < 500; ++i) facts.device.emplace_back("rx_kind_" + std::to_string(i), 1);
    return facts;
  }

  net::QueueCounters queues_[2];
  net::IpHost::Counters host_;
  net::NeighbourTable::Counters neighbours_;
  mailbox::Mailbox mailbox_{16};
  mailbox::CoreCounters counters_[2];
  mailbox::ParticipantReports reports_{16};
  conference::CoreDoor doors_[2];
  sip::SipCounters sip_;
  api::HttpCounters http_;
  conference::JournalCounters journal_;
  records::CallRecords records_{sinks(), {.flush_every = std::chrono::milliseconds(1)}, [](const auto&) {}};
  MetricsSources sources_;
};

std::size_t samples(const std::string& text) {
  std::istringstream lines(text);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) count += line.empty() || line[0] == '#' ? 0 : 1;
  return count;
}

TEST_F(MetricsTest, PassPromtool) {
  const TemporaryFile file(metrics(sources_));
  // As installed, or as tools/test unpacks it.
  const std::string command =
      "PATH=\"$PATH:" + test_support::in_checkout("build/packages/prometheus/usr/bin") +
      "\" promtool check metrics < " + file.name() + " 2>&1";
  FILE* const pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string said;
  char bytes[512];
  while (std::fgets(bytes, sizeof bytes, pipe) != nullptr) said += bytes;
  EXPECT_EQ(::pclose(pipe), 0) << said;
  EXPECT_EQ(said, "");
}

TEST_F(MetricsTest, TellEachCoreReasonMethodAndStatus) {
  const std::string text = metrics(sources_);
  for (const char* line : {
           "tutti_build_info{version=\"1.2.3\"} 1\n",
           "tutti_ticks_total{cpu=\"3\"} 1000\n",
           "tutti_packets_dropped_total{cpu=\"1\",reason=\"late\"} 3\n",
           "tutti_sip_requests_received_total{method=\"INVITE\"} 4\n",
           "tutti_sip_responses_sent_total{status=\"503\"} 1\n",
           "tutti_http_responses_total{status=\"404\"} 1\n",
           "tutti_core_queue_depth{cpu=\"1\",queue=\"commands\"} 0\n",
           "tutti_core_headroom_ratio{cpu=\"1\"} 1\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(MetricsTest, TellEachWebhookAndEachSinkOfRecords) {
  records_.emit({.conference = "a", .detail = conference::ParticipantLeft{}});
  records_.finish(std::chrono::seconds(30));
  const std::string text = metrics(sources_);
  for (const char* line : {
           "tutti_webhook_events_delivered_total{webhook=\"1\",receiver=\"http://a.example\"} 7\n",
           "tutti_webhook_events_waiting{webhook=\"1\",receiver=\"http://a.example\"} 3\n",
           "tutti_webhook_posts_total{webhook=\"1\",receiver=\"http://a.example\"} 5\n",
           "tutti_webhook_posts_failed_total{webhook=\"1\",receiver=\"http://a.example\"} 2\n",
           "tutti_webhook_posts_retried_total{webhook=\"2\",receiver=\"http://a.example\"} 4\n",
           "tutti_webhook_events_lost_total{webhook=\"2\",receiver=\"http://a.example\"} 6\n",
           "tutti_webhook_failing{webhook=\"1\",receiver=\"http://a.example\"} 0\n",
           "tutti_webhook_failing{webhook=\"2\",receiver=\"http://a.example\"} 1\n",
           "tutti_call_records_total 1\n",
           "tutti_call_records_overrun_total 0\n",
           "tutti_call_records_written_total{sink=\"lines\"} 1\n",
           "tutti_call_records_flushed_total{sink=\"lines\"} 1\n",
           "tutti_call_records_written_total{sink=\"sqlite\"} 0\n",
           "tutti_call_records_waiting{sink=\"sqlite\"} 1\n",
           "tutti_call_records_lost_total{sink=\"sqlite\"} 0\n",
           "tutti_call_records_errors_total{sink=\"lines\",reason=\"full\"} 0\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, testing::Not(HasSubstr("errors_total{sink=\"sqlite\",reason=\"full\"} 0\n")));
}

TEST_F(MetricsTest, TellOfACardWhereThereIsOne) {
  const std::string text = metrics(sources_);
  for (const char* line : {
           "tutti_dpdk_polls_total{cpu=\"3\"} 9\n",
           "tutti_dpdk_burst_packets_bucket{cpu=\"3\",le=\"1\"} 1\n",
           "tutti_dpdk_burst_packets_bucket{cpu=\"3\",le=\"63\"} 1\n",
           "tutti_dpdk_burst_packets_sum{cpu=\"3\"} 65\n",
           "tutti_dpdk_burst_packets_count{cpu=\"3\"} 2\n",
           "tutti_dpdk_longest_sleep_seconds{cpu=\"3\"} 0.00025\n",
           "tutti_dpdk_buffers{cpu=\"1\",queue=\"receive\"} 100\n",
           "tutti_dpdk_buffers_free{cpu=\"1\",queue=\"transmit\"} 40\n",
           "tutti_dpdk_link_up 0\n",
           "tutti_dpdk_link_downs_total 2\n",
           "tutti_dpdk_slow_path_sent_total 5\n",
           "tutti_dpdk_slow_path_lost_total 1\n",
           "tutti_dpdk_to_kernel_total 3\n",
           "tutti_dpdk_from_kernel_total 4\n",
           "tutti_dpdk_slow_path_buffers_free 8\n",
           "tutti_dpdk_echoes_answered_total 2\n",
           "tutti_dpdk_host_dropped_total{reason=\"fragment\"} 1\n",
           "tutti_dpdk_neighbour_changes_total{kind=\"moved\"} 0\n",
           "tutti_dpdk_device{counter=\"rx_good_packets\"} 7\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  // Whatever is a queue's is told of each.
  for (const char* name :
       {"polls_total", "empty_polls_total", "burst_packets_count", "handed_over_total", "taken_over_total",
        "hand_over_full_total", "exceptions_total", "exceptions_lost_total", "queue_full_total", "held_total",
        "no_next_hop_total", "no_buffers_total", "longest_sleep_seconds"}) {
    for (const char* cpu : {"1", "3"}) {
      EXPECT_THAT(text, HasSubstr("\ntutti_dpdk_" + std::string(name) + "{cpu=\"" + cpu + "\"} "));
    }
  }
  for (const char* cpu : {"1", "3"}) {
    for (const char* queue : {"receive", "transmit"}) {
      const std::string labels = std::string("{cpu=\"") + cpu + "\",queue=\"" + queue + "\"} ";
      EXPECT_THAT(text, HasSubstr("\ntutti_dpdk_buffers" + labels));
      EXPECT_THAT(text, HasSubstr("\ntutti_dpdk_buffers_free" + labels));
    }
  }
  sources_.card.reset();
  EXPECT_THAT(metrics(sources_), testing::Not(HasSubstr("tutti_dpdk_")));
}

TEST_F(MetricsTest, OfADriversCountersThereAreAFew) {
  const std::string text = metrics(sources_);
  EXPECT_THAT(text, testing::Not(HasSubstr("rx_q0")));
  EXPECT_THAT(text, testing::Not(HasSubstr("name\\\"")));
  std::size_t count = 0;
  for (auto at = text.find("\ntutti_dpdk_device{"); at != std::string::npos;
       at = text.find("\ntutti_dpdk_device{", at + 1)) {
    ++count;
  }
  EXPECT_EQ(count, kDeviceCountersMax);
}

TEST_F(MetricsTest, HistogramsAreExactAtTheirBounds) {
  const std::string text = metrics(sources_);
  for (const char* line : {
           "tutti_tick_time_seconds_bucket{cpu=\"1\",le=\"6.3e-05\"} 0\n",
           "tutti_tick_time_seconds_bucket{cpu=\"1\",le=\"0.000127\"} 1\n",
           "tutti_tick_time_seconds_bucket{cpu=\"1\",le=\"0.004095\"} 1\n",
           "tutti_tick_time_seconds_bucket{cpu=\"1\",le=\"0.005119\"} 2\n",
           "tutti_tick_time_seconds_bucket{cpu=\"1\",le=\"+Inf\"} 3\n",
           "tutti_tick_time_seconds_sum{cpu=\"1\"} 1000.005219\n",
           "tutti_tick_time_seconds_count{cpu=\"1\"} 3\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(MetricsTest, SpreadOverThoseWhoSendAndNoLabelForAny) {
  const std::size_t before = samples(metrics(sources_));
  sources_.now = base::Instant{} + std::chrono::seconds(10);
  counters_[0].participants.set(3);
  for (std::uint32_t slot = 0; slot < 3; ++slot) {
    const mailbox::ParticipantHandle tenant{slot, 1};
    reports_.begin(tenant, sources_.now);
    mailbox::ReportedState state;
    state.at = sources_.now;
    state.has_source = true;
    state.ms_since_packet = 10;
    state.talking = slot == 0;
    state.jitter_us = 1'000 * (slot + 1);
    state.recent_loss_x65536 = static_cast<std::uint16_t>(slot * 6'554);
    reports_.write(tenant, state);
  }
  const std::string text = metrics(sources_);
  EXPECT_THAT(text, HasSubstr("tutti_talkers 1\n"));
  EXPECT_THAT(text, HasSubstr("tutti_participant_jitter_seconds{of=\"median\"} 0.002\n"));
  EXPECT_THAT(text, HasSubstr("tutti_participant_jitter_seconds{of=\"max\"} 0.003\n"));
  EXPECT_THAT(text, HasSubstr("tutti_participant_loss_ratio{of=\"max\"} 0.200012207031\n"));
  EXPECT_EQ(samples(text), before);
  // Who left a while ago is told no more.
  sources_.now += std::chrono::seconds(5);
  EXPECT_THAT(metrics(sources_), HasSubstr("tutti_talkers 0\n"));
}

TEST_F(MetricsTest, AreFewWhateverTheServerSees) {
  for (int status = 100; status < 700; ++status) sip_.responses_sent.add(status);
  EXPECT_LT(samples(metrics(sources_)), 1'200U);
}

TEST_F(MetricsTest, HaveAllThatTheDashboardNames) {
  std::ifstream file(test_support::in_checkout("docs/grafana.json"));
  std::stringstream dashboard;
  dashboard << file.rdbuf();
  const std::string drawn = dashboard.str();
  const std::string text = metrics(sources_);
  std::set<std::string> names;
  const std::regex name(R"((tutti|process)_[a-z0-9_]+)");
  for (std::sregex_iterator at(drawn.begin(), drawn.end(), name), end; at != end; ++at)
    names.insert(at->str());
  EXPECT_GT(names.size(), 30U);
  for (const auto& one : names) {
    EXPECT_TRUE(text.find("\n" + one + "{") != std::string::npos ||
                text.find("\n" + one + " ") != std::string::npos)
        << one;
  }
}

TEST(ProcessFacts, AreThoseOfThisProcess) {
  const ProcessFacts facts = read_process_facts();
  EXPECT_GT(facts.resident_bytes, 1'000'000U);
  EXPECT_GT(facts.virtual_bytes, facts.resident_bytes);
  EXPECT_GE(facts.descriptors, 3U);
  EXPECT_GT(facts.descriptors_max, facts.descriptors);
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_NEAR(facts.started_at, now, 600);
}

}  // namespace
}  // namespace tutti::server
