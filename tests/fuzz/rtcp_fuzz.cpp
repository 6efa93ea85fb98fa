// Any bytes as an RTCP compound: what passes the checks is read to its last field, and answered.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/check.h"
#include "dataplane/rtp/reception_statistics.h"
#include "dataplane/rtp/rtcp_packet.h"
#include "dataplane/rtp/rtcp_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tutti;
  auto compound = rtp::RtcpCompound::parse(std::as_bytes(std::span(data, size)));
  if (!compound) return 0;

  rtp::ReceptionStatistics statistics;
  statistics.start(rtp::SequenceNumber(0), rtp::RtpTimestamp(0), base::Instant(), 8'000);
  std::size_t packets = 0;
  std::uint32_t sum = 0;
  while (const auto packet = compound->next()) {
    CHECK(++packets <= size / 4);
    sum += static_cast<std::uint32_t>(packet->ssrc());
    if (packet->type() == rtp::RtcpType::kSenderReport) {
      statistics.receive_sender_report(packet->sender_info(), base::Instant());
    }
    for (std::size_t i = 0; i < packet->report_count(); ++i) {
      const rtp::ReportBlock block = packet->report(i);
      CHECK(block.cumulative_lost >= -0x80'0000 && block.cumulative_lost <= 0x7F'FFFF);
      if (const auto time = rtp::round_trip(block, std::uint64_t{sum} << 16)) CHECK(time->count() >= 0);

      rtp::OutgoingReport out;
      out.sender = packet->ssrc();
      out.report = block;
      std::array<std::byte, rtp::rtcp_bytes_max(0)> written;
      auto again = rtp::RtcpCompound::parse(std::span(written).first(rtp::write_rtcp(written, out)));
      CHECK(again);
      const auto report = again->next();
      CHECK(report && report->report_count() == 1 && report->report(0) == block);
    }
    for (std::size_t i = 0; i < packet->bye_count(); ++i)
      sum += static_cast<std::uint32_t>(packet->bye_source(i));
  }
  statistics.report(rtp::Ssrc{sum}, base::Instant());
  return 0;
}
