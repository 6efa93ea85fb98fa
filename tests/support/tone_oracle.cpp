#include "tests/support/tone_oracle.h"

#include <algorithm>

namespace tutti::test_support {
namespace {

caller::SampleSource tone_source(const std::optional<analyser::Tone>& tone) {
  if (!tone) return caller::silence_source();
  return [generator = analyser::ToneGenerator(*tone)](std::span<std::int16_t> frame) mutable {
    generator.next(frame);
  };
}

caller::RtpTalkerConfig talker_config(const SyntheticCaller::Config& config) {
  caller::RtpTalkerConfig rtp = config.rtp;
  rtp.law = config.law;
  rtp.payload_type = analyser::payload_type(config.law);
  return rtp;
}

caller::RtpListenerConfig listener_config(analyser::Law law) {
  caller::RtpListenerConfig config;
  config.law = law;
  config.payload_type = analyser::payload_type(law);
  return config;
}

base::Duration duration_of(std::size_t samples) {
  return std::chrono::microseconds(125) * static_cast<std::int64_t>(samples);  // 1 s / 8 000
}

}  // namespace

SyntheticCaller::SyntheticCaller(const Config& config)
    : tone_(config.tone),
      spacing_(duration_of(config.rtp.samples_per_packet)),
      talker_(talker_config(config), tone_source(config.tone)),
      listener_(listener_config(config.law)),
      first_due_(config.first_due) {
  expectation_.payload_type = analyser::payload_type(config.law);
  expectation_.timestamp_step = static_cast<std::uint32_t>(config.rtp.samples_per_packet);
  expectation_.payload_bytes = static_cast<std::uint16_t>(config.rtp.samples_per_packet);
  expectation_.spacing = spacing_;
}

base::Instant SyntheticCaller::next_due() const {
  if (!present()) return base::Instant::max();
  return first_due_ + spacing_ * static_cast<std::int64_t>(due_);
}

std::span<const std::byte> SyntheticCaller::next_packet() {
  ++due_;
  return talker_.next_packet();
}

void SyntheticCaller::receive(std::span<const std::byte> payload, base::Instant arrival) {
  listener_.receive(payload, arrival);
}

void SyntheticCaller::join(base::Instant now) {
  joined_ = true;
  joined_at_ = now;
  first_due_ = std::max(first_due_, now);
}

void SyntheticCaller::leave(base::Instant now) {
  left_ = true;
  left_at_ = now;
}

bool SyntheticCaller::present_throughout(base::Instant from, base::Instant to) const {
  return joined_ && joined_at_ <= from && (!left_ || left_at_ >= to);
}

bool SyntheticCaller::absent_throughout(base::Instant from, base::Instant to) const {
  return !joined_ || joined_at_ >= to || (left_ && left_at_ <= from);
}

void SyntheticCaller::mute() {
  muted_ = true;
  talker_.set_source(caller::silence_source());
}

analyser::RtpStreamReport SyntheticCaller::received_stream() const {
  return analyser::check_rtp_stream(listener_.log(), expectation_);
}

ToneOracle::ToneOracle(const ToneOracleConfig& config) : config_(config) {
  const analyser::TonePlan plan(config.callers);
  std::mt19937_64 random(config.seed);
  for (std::size_t i = 0; i < config.callers; ++i) {
    SyntheticCaller::Config caller;
    caller.tone = plan.tone(i);
    caller.law = config.both_laws && i % 2 == 1 ? analyser::Law::kA : analyser::Law::kMu;
    caller.rtp.ssrc = static_cast<std::uint32_t>(random());
    caller.rtp.first_sequence = static_cast<std::uint16_t>(random());
    caller.rtp.first_timestamp = static_cast<std::uint32_t>(random());
    caller.first_due = config.start + base::Duration(static_cast<std::int64_t>(random() % 20'000'000));
    callers_.push_back(std::make_unique<SyntheticCaller>(caller));
    if (config.join_all) callers_.back()->join(config.start);
  }
}

base::Instant ToneOracle::next_due() const {
  base::Instant earliest = base::Instant::max();
  for (const auto& caller : callers_) earliest = std::min(earliest, caller->next_due());
  return earliest;
}

analyser::HearingMatrix ToneOracle::judge(base::Instant from, base::Instant to,
                                          const analyser::HearingThresholds& thresholds) const {
  const auto samples = [&](base::Instant instant) {
    return (instant - config_.start) / std::chrono::microseconds(125);
  };
  std::vector<std::string> names;
  std::vector<analyser::Track> heard;
  std::vector<std::optional<analyser::Tone>> tones;
  for (std::size_t i = 0; i < size(); ++i) {
    names.push_back("caller " + std::to_string(i));
    heard.push_back(callers_[i]->heard().track(config_.start));
    tones.push_back(callers_[i]->tone());
  }
  analyser::HearingMatrix matrix =
      analyser::tone_matrix(std::move(names), heard, tones, samples(from), samples(to), thresholds);
  for (std::size_t i = 0; i < size(); ++i) {
    if (callers_[i]->present_throughout(from, to)) continue;
    for (std::size_t other = 0; other < size(); ++other) {
      matrix.at(i, other).expected = analyser::Hearing::kNotJudged;  // as a listener
    }
  }
  for (std::size_t i = 0; i < size(); ++i) {
    const SyntheticCaller& one = *callers_[i];
    const bool silent = one.absent_throughout(from, to) || one.muted();
    const bool judged = one.present_throughout(from, to) || one.absent_throughout(from, to);
    for (std::size_t listener = 0; listener < size(); ++listener) {
      analyser::HearingCell& cell = matrix.at(listener, i);
      if (cell.expected == analyser::Hearing::kNotJudged) continue;
      if (!judged) {
        cell.expected = analyser::Hearing::kNotJudged;
      } else if (silent) {
        cell.expected = analyser::Hearing::kAbsent;
      }
    }
  }
  return matrix;
}

::testing::AssertionResult ToneOracle::everyone_hears_the_others(
    base::Instant from, base::Instant to, const analyser::HearingThresholds& thresholds) const {
  const analyser::HearingMatrix matrix = judge(from, to, thresholds);
  const std::vector<std::string> wrong = matrix.wrong_cells();
  if (wrong.empty()) return ::testing::AssertionSuccess();
  auto failure = ::testing::AssertionFailure()
                 << wrong.size() << " wrong cells, seed " << config_.seed << '\n';
  constexpr std::size_t kShown = 12;
  for (std::size_t i = 0; i < std::min(wrong.size(), kShown); ++i) failure << wrong[i] << '\n';
  return failure << analyser::to_text(matrix, false);
}

::testing::AssertionResult ToneOracle::streams_are_steady(base::Duration gap) const {
  for (std::size_t i = 0; i < size(); ++i) {
    const analyser::RtpStreamReport report = callers_[i]->received_stream();
    const auto wait = std::chrono::duration<double, std::milli>(gap).count();
    if (!report.continuous() || report.spacing_ms_max > wait) {
      return ::testing::AssertionFailure()
             << "caller " << i << ", " << report.packets << " packets: " << report.faults()
             << "; longest wait " << report.spacing_ms_max << " ms; seed " << config_.seed;
    }
  }
  return ::testing::AssertionSuccess();
}

std::vector<std::pair<base::Instant, base::Instant>> ToneOracle::heard_intervals(std::size_t listener,
                                                                                 std::size_t talker) const {
  std::vector<std::pair<base::Instant, base::Instant>> intervals;
  const auto& tone = callers_[talker]->tone();
  if (!tone) return intervals;
  const auto instant = [&](std::int64_t samples) {
    return config_.start + std::chrono::microseconds(125) * samples;
  };
  for (const analyser::Interval& interval :
       analyser::tone_intervals(callers_[listener]->heard().track(config_.start), *tone)) {
    intervals.emplace_back(instant(interval.from), instant(interval.to));
  }
  return intervals;
}

}  // namespace tutti::test_support
