// MessageScan: looks at the raw bytes of a SIP message before the library parses them.
//
// The library parses headers as they trickle in, keeps no limit for any but the first message of a stream,
// and appends each header by walking all before it; so the block of headers is judged whole, first.
#pragma once

#include <cstddef>
#include <string_view>

namespace tutti::sip {

inline constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
inline constexpr std::size_t kMaxBodyBytes = 64 * 1024;
inline constexpr std::size_t kMaxHeaderLines = 512;  // appending is O(n) each: 512 cost some 100 us

enum class ScanResult {
  kIncomplete,  // no blank line yet
  kAcceptable,
  kTooLarge,  // more bytes or lines of headers than allowed
  kGarbage,   // a NUL in the headers, at which the library would wait forever
};

// `bytes`: what has come of the message, from its start; white space before the first line is passed over.
ScanResult scan_headers(std::string_view bytes);

}  // namespace tutti::sip
