#include "tools/analyser/rtp_stream_check.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

namespace tutti::analyser {
namespace {

constexpr std::size_t kHeaderBytes = 12;

std::uint32_t big_endian(std::span<const std::byte> bytes) {
  std::uint32_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint32_t>(byte);
  return value;
}

double milliseconds(base::Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

void check_waits(std::span<const RtpPacketRecord> log, const RtpExpectation& expectation,
                 RtpStreamReport& report) {
  std::vector<double> waits;
  double jitter = 0.0;  // in units of the timestamp
  const double units_per_ms = expectation.timestamp_step / milliseconds(expectation.spacing);
  for (std::size_t i = 1; i < log.size(); ++i) {
    const base::Duration wait = log[i].arrival - log[i - 1].arrival;
    waits.push_back(milliseconds(wait));
    if (wait > expectation.gap) ++report.gaps;
    if (wait * 4 < expectation.spacing) ++report.bursts;
    if (log[i].ssrc != log[i - 1].ssrc) continue;
    const double sent = static_cast<std::int32_t>(log[i].timestamp - log[i - 1].timestamp);
    const double difference = std::fabs(milliseconds(wait) * units_per_ms - sent);
    jitter += (difference - jitter) / 16.0;
    report.jitter_ms_max = std::max(report.jitter_ms_max, jitter / units_per_ms);
  }
  report.jitter_ms = jitter / units_per_ms;
  if (waits.empty()) return;
  report.spacing_ms_mean =
      milliseconds(log.back().arrival - log.front().arrival) / static_cast<double>(waits.size());
  std::sort(waits.begin(), waits.end());
  report.spacing_ms_p99 = waits[(waits.size() - 1) * 99 / 100];
  report.spacing_ms_max = waits.back();
}

}  // namespace

std::optional<RtpPacketView> parse_rtp_strictly(std::span<const std::byte> packet) {
  if (packet.size() < kHeaderBytes) return std::nullopt;
  const auto first = std::to_integer<unsigned>(packet[0]);
  const auto second = std::to_integer<unsigned>(packet[1]);
  if (first >> 6 != 2) return std::nullopt;
  RtpPacketView view;
  view.marker = (second & 0x80U) != 0;
  view.payload_type = static_cast<std::uint8_t>(second & 0x7FU);
  view.sequence = static_cast<std::uint16_t>(big_endian(packet.subspan(2, 2)));
  view.timestamp = big_endian(packet.subspan(4, 4));
  view.ssrc = big_endian(packet.subspan(8, 4));
  std::size_t at = kHeaderBytes + 4 * (first & 15U);  // CSRCs
  if (packet.size() < at) return std::nullopt;
  if ((first & 0x10U) != 0) {  // one header extension: 4 bytes and as many words as its length says
    if (packet.size() < at + 4) return std::nullopt;
    at += 4 + 4 * static_cast<std::size_t>(big_endian(packet.subspan(at + 2, 2)));
    if (packet.size() < at) return std::nullopt;
  }
  std::size_t end = packet.size();
  if ((first & 0x20U) != 0) {  // padding: the last byte counts it, itself included
    const auto padding = std::to_integer<std::size_t>(packet.back());
    if (padding == 0 || end - at < padding) return std::nullopt;
    end -= padding;
  }
  view.payload = packet.subspan(at, end - at);
  return view;
}

bool RtpStreamReport::continuous() const {
  return lost == 0 && duplicates == 0 && reordered == 0 && timestamp_breaks == 0 && ssrc_changes == 0 &&
         wrong_payload_type == 0 && wrong_size == 0;
}

std::string RtpStreamReport::faults() const {
  std::string text;
  const auto add = [&](std::uint64_t count, const char* what) {
    if (count != 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  };
  add(lost, "lost");
  add(duplicates, "duplicated");
  add(reordered, "out of order");
  add(timestamp_breaks, "breaks of the timestamp");
  add(ssrc_changes, "changes of SSRC");
  add(wrong_payload_type, "of a wrong payload type");
  add(wrong_size, "of a wrong size");
  add(gaps, "waits too long");
  return text;
}

RtpStreamReport check_rtp_stream(std::span<const RtpPacketRecord> log, const RtpExpectation& expectation) {
  RtpStreamReport report;
  report.packets = log.size();
  if (log.empty()) return report;
  // Sequence numbers, extended beyond their wrap, of the current SSRC.
  std::set<std::int64_t> seen;
  std::int64_t highest = 0;
  std::uint32_t highest_timestamp = 0;
  const auto close_run = [&] {
    if (!seen.empty()) {
      const auto span = static_cast<std::uint64_t>(*seen.rbegin() - *seen.begin() + 1);
      report.lost += span - seen.size();
    }
    seen.clear();
  };
  for (std::size_t i = 0; i < log.size(); ++i) {
    const RtpPacketRecord& packet = log[i];
    if (packet.payload_type != expectation.payload_type) ++report.wrong_payload_type;
    if (packet.payload_bytes != expectation.payload_bytes) ++report.wrong_size;
    const bool new_run = i == 0 || packet.ssrc != log[i - 1].ssrc;
    if (new_run) {
      if (i != 0) ++report.ssrc_changes;
      close_run();
      highest = packet.sequence;
      highest_timestamp = packet.timestamp;
      seen.insert(highest);
      continue;
    }
    const auto step = static_cast<std::int16_t>(
        static_cast<std::uint16_t>(packet.sequence - static_cast<std::uint16_t>(highest & 0xFFFF)));
    if (!seen.insert(highest + step).second) {
      ++report.duplicates;
      continue;
    }
    if (step < 0) ++report.reordered;
    const auto time_step = static_cast<std::int32_t>(packet.timestamp - highest_timestamp);
    if (time_step != step * static_cast<std::int32_t>(expectation.timestamp_step)) {
      ++report.timestamp_breaks;
    }
    if (step > 0) {
      highest += step;
      highest_timestamp = packet.timestamp;
    }
  }
  close_run();
  check_waits(log, expectation, report);
  return report;
}

}  // namespace tutti::analyser
