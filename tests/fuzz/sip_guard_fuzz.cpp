// The guard's verdict on raw SIP bytes: final once given, whatever comes after; and the small text helpers.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/base/check.h"
#include "signaling/sip/message_scan.h"
#include "signaling/sip/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using tutti::sip::ScanResult;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const ScanResult whole = tutti::sip::scan_headers(bytes);

  // As it trickles in: a verdict never changes, and what was whole stays whole.
  ScanResult before = ScanResult::kIncomplete;
  const std::size_t step = size / 64 + 1;
  for (std::size_t length = 0; length < size; length += step) {
    const ScanResult now = tutti::sip::scan_headers(bytes.substr(0, length));
    CHECK(before == ScanResult::kIncomplete || before == now);
    before = now;
  }
  CHECK(before == ScanResult::kIncomplete || before == whole);
  // The library must find the blank line that we have seen.
  if (whole == ScanResult::kAcceptable) {
    CHECK(bytes.find("\n\n") != bytes.npos || bytes.find("\n\r") != bytes.npos ||
          bytes.find("\r\r") != bytes.npos);
  }

  CHECK(tutti::sip::unescape(bytes).size() <= size);
  CHECK(tutti::sip::unquote(bytes).size() <= size);
  if (tutti::sip::fits_in_header(bytes)) CHECK(tutti::sip::unquote(tutti::sip::quote(bytes)) == bytes);
  (void)tutti::sip::is_sdp(bytes);
  return 0;
}
