// Any bytes as an SDP body: read or refused; what was read is written, read again and comes out the same;
// whatever is answered is a valid answer to it, and can be gone on from with an offer of ours.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "dataplane/base/check.h"
#include "signaling/sdp/negotiation.h"

using namespace tutti;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto offer = sdp::parse({reinterpret_cast<const char*>(data), size});
  if (!offer) {
    CHECK(sdp::is_syntax(offer.error().what));
    return 0;
  }
  const std::string written = sdp::write(*offer);
  // Only where every count and line of it still fits: writing adds what was missing.
  if (const auto again = sdp::parse(written)) CHECK(sdp::write(*again) == written);

  sdp::LocalMedia local;
  local.rtp = *base::parse_ip("192.0.2.1", 40'000);
  local.rtcp = local.rtp.with_port(40'001);
  const auto planned = sdp::plan_answer(*offer, local);
  const auto answered = sdp::answer(*offer, local);
  CHECK(planned.has_value() == answered.has_value());
  (void)sdp::apply_answer(sdp::offer(local), *offer);
  if (!answered) return 0;

  const sdp::MediaPlan& plan = answered->plan;
  CHECK(plan == *planned);
  CHECK(!plan.codecs.empty() && plan.codecs.size() <= 2);
  CHECK(plan.ptime_ms >= 10 && plan.ptime_ms <= 60 && plan.ptime_ms % 10 == 0);
  CHECK(plan.remote_rtp.valid() && plan.remote_rtp.port != 0 && plan.remote_rtcp.port != 0);
  CHECK(!(plan.remote_rtp.unspecified() && sdp::may_send(plan.direction)));
  CHECK(answered->description.media.size() == offer->media.size());
  const auto read = sdp::parse(sdp::write(answered->description));
  if (!read) return 0;
  CHECK(read->media[plan.stream].port == 40'000);

  const sdp::SessionDescription ours = sdp::offer_within(*read, plan, local);
  CHECK(ours.media.size() == offer->media.size());
  const sdp::MediaDescription& stream = ours.media[plan.stream];
  const std::set<std::string> numbers(stream.formats.begin(), stream.formats.end());
  CHECK(stream.port == 40'000 && numbers.size() == stream.formats.size());
  for (const sdp::CodecChoice& choice : plan.codecs)
    CHECK(numbers.contains(std::to_string(choice.payload_type)));
  return 0;
}
