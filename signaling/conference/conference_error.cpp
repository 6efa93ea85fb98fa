#include "signaling/conference/conference_error.h"

#include <array>
#include <cstddef>
#include <iterator>

#include "dataplane/base/check.h"

namespace tutti::conference {
namespace {

struct Row {
  ConferenceError error;
  std::string_view name;
  int sip;
  int http;
};

// In the order of the enumeration.
constexpr Row kRows[] = {
    {ConferenceError::kNotFound, "NotFound", 404, 404},
    {ConferenceError::kAlreadyExists, "AlreadyExists", 480, 409},
    {ConferenceError::kInvalidState, "InvalidState", 480, 409},
    {ConferenceError::kCapacityExceeded, "CapacityExceeded", 486, 503},
    {ConferenceError::kNotAllowed, "NotAllowed", 403, 403},
    {ConferenceError::kInvalidArgument, "InvalidArgument", 400, 400},
    {ConferenceError::kNotSupported, "NotSupported", 501, 501},
    {ConferenceError::kTimeout, "Timeout", 408, 504},
    {ConferenceError::kMediaFailed, "MediaFailed", 503, 502},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (static_cast<std::size_t>(kRows[i].error) != i) return false;
  }
  return true;
}
static_assert(in_order());

constexpr std::array<ConferenceError, std::size(kRows)> kErrors = [] {
  std::array<ConferenceError, std::size(kRows)> errors{};
  for (std::size_t i = 0; i < errors.size(); ++i) errors[i] = kRows[i].error;
  return errors;
}();

const Row& row(ConferenceError error) {
  const auto index = static_cast<std::size_t>(error);
  CHECK(index < std::size(kRows));
  return kRows[index];
}

}  // namespace

std::string_view to_string(ConferenceError error) {
  return row(error).name;
}

int sip_status(ConferenceError error) {
  return row(error).sip;
}

int http_status(ConferenceError error) {
  return row(error).http;
}

std::span<const ConferenceError> conference_errors() {
  return kErrors;
}

}  // namespace tutti::conference
