#include "signaling/records/record_sink.h"

#include <cerrno>

namespace tutti::records {

std::string_view to_string(RecordFault fault) {
  switch (fault) {
    case RecordFault::kFull:
      return "full";
    case RecordFault::kPath:
      return "path";
    case RecordFault::kBusy:
      return "busy";
    case RecordFault::kDevice:
      return "device";
    case RecordFault::kOther:
      break;
  }
  return "other";
}

RecordFault fault_of(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return RecordFault::kFull;
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return RecordFault::kPath;
    case EBUSY:
    case EAGAIN:
      return RecordFault::kBusy;
    case EIO:
    case ENXIO:
    case ENODEV:
    case ESTALE:
      return RecordFault::kDevice;
    default:
      return RecordFault::kOther;
  }
}

}  // namespace tutti::records
