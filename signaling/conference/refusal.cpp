#include "signaling/conference/refusal.h"

#include <utility>

namespace tutti::conference {

sip::Rejection refuse(int status, std::string phrase) {
  sip::Rejection rejection;
  rejection.status = status;
  rejection.phrase = std::move(phrase);
  return rejection;
}

sip::Rejection refuse_full(std::chrono::seconds retry_after) {
  sip::Rejection rejection = refuse(503);
  rejection.retry_after = retry_after;
  return rejection;
}

sip::Rejection refuse_sdp(const sdp::SdpError& error) {
  std::string text(sdp::to_string(error.what));
  if (error.line != 0) text += ", line " + std::to_string(error.line);
  sip::Rejection rejection = refuse(sdp::is_syntax(error.what) ? 400 : 488);
  rejection.warning = sip::Warning{sdp::warn_code(error.what), std::move(text)};
  return rejection;
}

}  // namespace tutti::conference
