#include "dataplane/base/drop_reason.h"

namespace tutti::base {

std::string_view to_string(DropReason reason) {
  switch (reason) {
    case DropReason::kTruncated:
      return "truncated";
    case DropReason::kBadVersion:
      return "bad_version";
    case DropReason::kMalformed:
      return "malformed";
    case DropReason::kUnknownEndpoint:
      return "unknown_endpoint";
    case DropReason::kStranger:
      return "stranger";
    case DropReason::kUnknownPayloadType:
      return "unknown_payload_type";
    case DropReason::kProbation:
      return "probation";
    case DropReason::kDuplicate:
      return "duplicate";
    case DropReason::kLate:
      return "late";
    case DropReason::kTooFarAhead:
      return "too_far_ahead";
    case DropReason::kBufferFull:
      return "buffer_full";
    case DropReason::kWrongDirection:
      return "wrong_direction";
    case DropReason::kOversize:
      return "oversize";
    case DropReason::kSendFailed:
      return "send_failed";
    case DropReason::kBadChecksum:
      return "bad_checksum";
    case DropReason::kOverrun:
      return "overrun";
    case DropReason::kFragment:
      return "fragment";
    case DropReason::kOtherProtocol:
      return "other_protocol";
    case DropReason::kForeignVlan:
      return "foreign_vlan";
    case DropReason::kForeignMac:
      return "foreign_mac";
    case DropReason::kRateLimited:
      return "rate_limited";
    case DropReason::kCount:
      break;
  }
  return "unknown";
}

}  // namespace tutti::base
