// Answers of webhooks' receivers: any bytes are a status, or none, and more bytes never take one back.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/base/check.h"
#include "signaling/api/webhook_reply.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace tutti::api;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto whole = find_reply_status(text);
  if (whole) CHECK(*whole >= 200 && *whole <= 599);
  const auto half = find_reply_status(text.substr(0, size / 2));
  if (half) CHECK(whole && *whole == *half);
  return 0;
}
