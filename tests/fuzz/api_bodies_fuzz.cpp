// Every reader of a request's body against any bytes: a value within its bounds, or InvalidArgument.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/base/check.h"
#include "signaling/api/json_reader.h"
#include "signaling/api/request_bodies.h"

namespace {

using namespace tutti;

template <typename T>
void hold(const conference::Outcome<T>& outcome) {
  if (outcome) return;
  CHECK(outcome.error().error == conference::ConferenceError::kInvalidArgument);
  CHECK(!outcome.error().detail.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto body = api::parse_object({reinterpret_cast<const char*>(data), size});
  hold(body);
  if (!body) return 0;
  const conference::ConferenceSettings defaults;
  hold(api::read_nothing(*body));
  hold(api::read_new_room(*body));
  hold(api::patch_settings(defaults, *body, defaults));
  hold(api::read_reason(*body));
  hold(api::read_invitation(*body));
  hold(api::read_mute_all(*body));
  hold(api::read_file(*body));
  hold(api::read_gain(*body));
  hold(api::read_role(*body));
  hold(api::read_status(*body));
  hold(api::read_move(*body));
  hold(api::read_coach(*body));
  const auto tone = api::read_tone(*body);
  hold(tone);
  if (tone) CHECK(tone->frequency_hz >= 50 && tone->frequency_hz <= 3'400);
  return 0;
}
