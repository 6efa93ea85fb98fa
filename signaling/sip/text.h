// Small text: the quoting and escaping of header fields and URIs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tutti::sip {

// Undoes %-escapes; a broken escape stays as it is. Source: RFC 3986, 2.1.
std::string unescape(std::string_view text);
// `"a \"b\""` becomes `a "b"`; text without quotes is only trimmed. Source: RFC 3261, 25.1, quoted-string.
std::string unquote(std::string_view text);
// The way back; control characters are left out.
std::string quote(std::string_view text);
// The Reason header of a BYE or a CANCEL, in the words given; none where there are none. Source: RFC 3326.
std::string reason_header(std::string_view reason);
// True when it cannot end a header line or hide one: no control character, not empty.
bool fits_in_header(std::string_view text);
// Of a URI's parameters, as in `a=b;lr`, the value of the first of this name, upper or lower case; empty
// where it has none. A name with its value, `transport=tcp`, is found where it stands just so. Points into
// `parameters`. Source: RFC 3261, 25.1, uri-parameters.
std::optional<std::string_view> uri_parameter(std::string_view parameters, std::string_view name);
// Of a header field's parameters, as in `type; a=b; c="d;e"`, the value of the first of this name, upper or
// lower case, without its quotes; empty where it has none. Source: RFC 3261, 25.1, generic-param.
std::optional<std::string> header_parameter(std::string_view field, std::string_view name);
// True when `field`, with parameters or not, has this value, upper or lower case.
bool is_value(std::string_view field, std::string_view value);
// True when `type`, with parameters or not, is application/sdp.
bool is_sdp(std::string_view type);

}  // namespace tutti::sip
