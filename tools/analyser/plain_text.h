// plain: text from elsewhere, for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tutti::analyser {

// What came from a caller or a server, made harmless for a terminal: control characters, and what turns the
// direction of writing, become '?'; no more than `columns` of it (0: all).
std::string plain(std::string_view text, std::size_t columns = 0);

}  // namespace tutti::analyser
