#include "signaling/sip/message_scan.h"

namespace tutti::sip {

ScanResult scan_headers(std::string_view bytes) {
  const std::size_t start = bytes.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) {
    return bytes.size() > kMaxHeaderBytes ? ScanResult::kTooLarge : ScanResult::kIncomplete;
  }
  std::size_t lines = 0;
  std::size_t at = start;
  while (at < bytes.size() && at - start <= kMaxHeaderBytes) {
    at = bytes.find_first_of(std::string_view("\r\n\0", 3), at);
    if (at == std::string_view::npos) break;
    if (bytes[at] == '\0') return ScanResult::kGarbage;
    if (++lines > kMaxHeaderLines) return ScanResult::kTooLarge;
    // The library takes CRLF, LF and a lone CR as the end of a line.
    at += bytes[at] == '\r' && at + 1 < bytes.size() && bytes[at + 1] == '\n' ? 2 : 1;
    if (at >= bytes.size()) return ScanResult::kIncomplete;
    if (bytes[at] == '\r' || bytes[at] == '\n') {
      // The blank line must be there whole: after its CR there may come a LF.
      if (bytes[at] == '\r' && at + 1 == bytes.size()) return ScanResult::kIncomplete;
      return at - start <= kMaxHeaderBytes ? ScanResult::kAcceptable : ScanResult::kTooLarge;
    }
  }
  return bytes.size() - start > kMaxHeaderBytes ? ScanResult::kTooLarge : ScanResult::kIncomplete;
}

}  // namespace tutti::sip
