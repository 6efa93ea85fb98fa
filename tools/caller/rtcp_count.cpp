#include "tools/caller/rtcp_count.h"

namespace tutti::caller {
namespace {

constexpr unsigned kSenderReport = 200;
constexpr unsigned kReceiverReport = 201;
constexpr unsigned kSourceDescription = 202;
constexpr unsigned kBye = 203;

void put(std::vector<std::byte>& out, std::uint32_t word) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::byte>(word >> shift & 0xFFU));
}

}  // namespace

RtcpContent read_rtcp(std::span<const std::byte> packet) {
  RtcpContent content;
  bool first = true;
  while (!packet.empty()) {
    if (packet.size() < 4 || std::to_integer<unsigned>(packet[0]) >> 6 != 2) return content;
    const auto type = std::to_integer<unsigned>(packet[1]);
    const std::size_t bytes =
        4 * (1 + (std::to_integer<std::size_t>(packet[2]) << 8 | std::to_integer<std::size_t>(packet[3])));
    if (bytes > packet.size()) return content;
    if (first && type != kSenderReport && type != kReceiverReport) return content;
    if (type == kSenderReport) ++content.sender_reports;
    if (type == kReceiverReport) ++content.receiver_reports;
    if (type == kBye) ++content.byes;
    packet = packet.subspan(bytes);
    first = false;
  }
  content.well_formed = !first;
  return content;
}

std::vector<std::byte> write_sender_report(const SenderReport& report, std::string_view cname) {
  std::vector<std::byte> out;
  put(out, 2U << 30 | kSenderReport << 16 | 6);  // 7 words, less one
  put(out, report.ssrc);
  put(out, static_cast<std::uint32_t>(report.ntp >> 32));
  put(out, static_cast<std::uint32_t>(report.ntp));
  put(out, report.timestamp);
  put(out, report.packets);
  put(out, report.octets);
  cname = cname.substr(0, 255);
  // SSRC, then type, length and text of the item, then 1 to 4 zeros up to a whole word.
  const std::size_t item = 2 + cname.size();
  const std::size_t words = item / 4 + 1;
  put(out, 2U << 30 | 1U << 24 | kSourceDescription << 16 | static_cast<std::uint32_t>(1 + words));
  put(out, report.ssrc);
  out.push_back(std::byte{1});  // CNAME
  out.push_back(static_cast<std::byte>(cname.size()));
  for (const char letter : cname) out.push_back(static_cast<std::byte>(letter));
  out.resize(out.size() + 4 * words - item);
  return out;
}

}  // namespace tutti::caller
