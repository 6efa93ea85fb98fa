#include "signaling/conference/conference_error.h"

namespace tutti::conference {

std::string_view to_string(ConferenceError error) {
  switch (error) {
    case ConferenceError::kNotFound:
      return "NotFound";
    case ConferenceError::kAlreadyExists:
      return "AlreadyExists";
    case ConferenceError::kInvalidState:
      return "InvalidState";
    case ConferenceError::kCapacityExceeded:
      return "CapacityExceeded";
    case ConferenceError::kNotAllowed:
      return "NotAllowed";
    case ConferenceError::kInvalidArgument:
      return "InvalidArgument";
    case ConferenceError::kNotSupported:
      return "NotSupported";
    case ConferenceError::kTimeout:
      return "Timeout";
    case ConferenceError::kMediaFailed:
      return "MediaFailed";
  }
  return "Unknown";
}

int sip_status(ConferenceError error) {
  switch (error) {
    case ConferenceError::kNotFound:
      return 404;
    case ConferenceError::kAlreadyExists:
    case ConferenceError::kInvalidState:
      return 480;
    case ConferenceError::kCapacityExceeded:
      return 486;
    case ConferenceError::kNotAllowed:
      return 403;
    case ConferenceError::kInvalidArgument:
      return 400;
    case ConferenceError::kNotSupported:
      return 501;
    case ConferenceError::kTimeout:
      return 408;
    case ConferenceError::kMediaFailed:
      return 503;
  }
  return 500;
}

int http_status(ConferenceError error) {
  switch (error) {
    case ConferenceError::kNotFound:
      return 404;
    case ConferenceError::kAlreadyExists:
    case ConferenceError::kInvalidState:
      return 409;
    case ConferenceError::kCapacityExceeded:
      return 503;
    case ConferenceError::kNotAllowed:
      return 403;
    case ConferenceError::kInvalidArgument:
      return 400;
    case ConferenceError::kNotSupported:
      return 501;
    case ConferenceError::kTimeout:
      return 504;
    case ConferenceError::kMediaFailed:
      return 502;
  }
  return 500;
}

}  // namespace tutti::conference
