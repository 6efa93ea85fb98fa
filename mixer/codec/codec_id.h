// CodecId: the codecs that a core can decode and encode.
#pragma once

#include <cstdint>

namespace tutti::codec {

enum class CodecId : std::uint8_t { kPcmu, kPcma };  // G.711 u-law and A-law (RFC 3551, 4.5.14)

}  // namespace tutti::codec
