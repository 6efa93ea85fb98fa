// Query: %-escapes, and the values behind a question mark.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tutti::api {

// Nothing where a % is not followed by two hex digits, or an octet that no name has comes out: a control
// character. A plus is a plus. Source: RFC 3986, 2.1.
std::optional<std::string> undo_escapes(std::string_view text);

// The value of the first `key=`, as it was sent; nothing where there is none.
std::optional<std::string_view> find_value(std::string_view query, std::string_view key);

}  // namespace tutti::api
