// ProcessFacts: what the kernel says of this process.
#pragma once

#include <cstdint>

namespace tutti::server {

struct ProcessFacts {
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t descriptors = 0;  // open
  std::uint64_t descriptors_max = 0;
  double cpu_seconds = 0;
  double started_at = 0;  // seconds since 1970
};

// 0 where something cannot be read. Costs some 100 us with 10 000 descriptors open. Source: proc(5).
ProcessFacts read_process_facts();

}  // namespace tutti::server
