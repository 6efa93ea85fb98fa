// Failure: why an operation was not done, for programs and for people.
#pragma once

#include <string>
#include <utility>

#include "dataplane/base/result.h"
#include "signaling/conference/conference_error.h"

namespace tutti::conference {

struct Failure {
  ConferenceError error = ConferenceError::kInvalidState;
  std::string detail;  // one sentence: what is wrong, and what to do where that is not plain
};

template <typename T = void>
using Outcome = base::Result<T, Failure>;

inline auto fail(ConferenceError error, std::string detail) {
  return base::unexpected(Failure{error, std::move(detail)});
}

}  // namespace tutti::conference
