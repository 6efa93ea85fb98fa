#include "signaling/sdp/session_description.h"

#include <algorithm>
#include <utility>

#include "dataplane/base/ascii.h"
#include "signaling/sdp/fields.h"

namespace tutti::sdp {
namespace {

// No field of SDP has a use for these; a tab is text (RFC 8866, section 9).
bool is_control(char c) {
  return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7F';
}

// Reads one description line by line; a line's reader returns the fault, if any.
class Parser {
 public:
  base::Result<SessionDescription, SdpError> parse(std::string_view text);

 private:
  std::optional<SdpFault> parse_line(char type, std::string_view value);
  std::optional<SdpFault> parse_origin(std::string_view value);
  std::optional<SdpFault> parse_connection(std::string_view value);
  std::optional<SdpFault> parse_timing(std::string_view value);
  std::optional<SdpFault> parse_attribute(std::string_view value);
  std::optional<SdpFault> parse_media(std::string_view value);

  SessionDescription description_;
  std::uint32_t line_ = 0;
  std::size_t attributes_ = 0;
  bool has_version_ = false;
  bool has_origin_ = false;
  bool has_timing_ = false;
};

base::Result<SessionDescription, SdpError> Parser::parse(std::string_view text) {
  if (text.size() > kBodyBytesMax) return base::unexpected(SdpError{SdpFault::kTooLarge, 0});
  while (!text.empty()) {
    std::string_view line = take_field(text, '\n');
    ++line_;
    const auto fail = [this](SdpFault fault) { return base::unexpected(SdpError{fault, line_}); };
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line_ > kLinesMax || line.size() > kLineBytesMax) return fail(SdpFault::kTooLarge);
    if (line.empty()) continue;  // some senders end the body with one line end too many
    if (line.size() < 2 || line[1] != '=' || std::any_of(line.begin(), line.end(), is_control)) {
      return fail(SdpFault::kMalformed);
    }
    if (!has_version_ && line[0] != 'v') return fail(SdpFault::kMissingLine);
    if (const auto fault = parse_line(line[0], line.substr(2))) return fail(*fault);
  }
  if (!has_version_ || !has_origin_) return base::unexpected(SdpError{SdpFault::kMissingLine, 0});
  return std::move(description_);
}

std::optional<SdpFault> Parser::parse_line(char type, std::string_view value) {
  switch (type) {
    case 'v':
      if (has_version_ || value != "0") return SdpFault::kMalformed;
      has_version_ = true;
      return std::nullopt;
    case 'o':
      return parse_origin(value);
    case 's':
      description_.session_name = value;
      return std::nullopt;
    case 'c':
      return parse_connection(value);
    case 't':
      return parse_timing(value);
    case 'a':
      return parse_attribute(value);
    case 'm':
      return parse_media(value);
    case 'i':
    case 'u':
    case 'e':
    case 'p':
    case 'b':
    case 'r':
    case 'z':
    case 'k':
      return std::nullopt;
    default:
      return SdpFault::kUnknownLine;
  }
}

std::optional<SdpFault> Parser::parse_origin(std::string_view value) {
  if (has_origin_) return SdpFault::kMalformed;
  Origin& origin = description_.origin;
  origin.username = take_field(value, ' ');
  origin.session_id = take_field(value, ' ');
  origin.session_version = take_field(value, ' ');
  const std::string_view network_type = take_field(value, ' ');
  origin.address_type = take_field(value, ' ');
  origin.address = take_field(value, ' ');
  if (origin.username.empty() || origin.session_id.empty() || origin.session_version.empty() ||
      network_type.empty() || origin.address_type.empty() || origin.address.empty()) {
    return SdpFault::kMalformed;
  }
  has_origin_ = true;
  return std::nullopt;
}

std::optional<SdpFault> Parser::parse_connection(std::string_view value) {
  Connection connection;
  connection.network_type = take_field(value, ' ');
  connection.address_type = take_field(value, ' ');
  connection.address = take_field(value, ' ');
  connection.line = line_;
  if (connection.network_type.empty() || connection.address_type.empty() || connection.address.empty()) {
    return SdpFault::kMalformed;
  }
  auto& place = description_.media.empty() ? description_.connection : description_.media.back().connection;
  // A stream may name several addresses for layered coding; the first is the one to send to.
  if (!place) place = std::move(connection);
  return std::nullopt;
}

std::optional<SdpFault> Parser::parse_timing(std::string_view value) {
  std::string_view rest = value;
  const auto start = parse_number<std::uint64_t>(take_field(rest, ' '));
  const auto stop = parse_number<std::uint64_t>(take_field(rest, ' '));
  if (!start || !stop) return SdpFault::kMalformed;
  if (!has_timing_) description_.timing = std::to_string(*start) + " " + std::to_string(*stop);
  has_timing_ = true;
  return std::nullopt;
}

std::optional<SdpFault> Parser::parse_attribute(std::string_view value) {
  if (++attributes_ > kAttributesMax) return SdpFault::kTooLarge;
  Attribute attribute;
  attribute.name = base::trim(take_field(value, ':'));
  attribute.value = base::trim(value);
  if (attribute.name.empty()) return SdpFault::kMalformed;
  auto& place = description_.media.empty() ? description_.attributes : description_.media.back().attributes;
  place.push_back(std::move(attribute));
  return std::nullopt;
}

std::optional<SdpFault> Parser::parse_media(std::string_view value) {
  if (description_.media.size() >= kMediaMax) return SdpFault::kTooLarge;
  MediaDescription media;
  media.type = take_field(value, ' ');
  std::string_view ports = take_field(value, ' ');
  const auto port = parse_number<std::uint16_t>(take_field(ports, '/'));
  media.protocol = take_field(value, ' ');
  media.line = line_;
  if (media.type.empty() || media.protocol.empty() || !port) return SdpFault::kMalformed;
  if (!ports.empty() && !parse_number<std::uint16_t>(ports)) return SdpFault::kMalformed;
  media.port = *port;
  while (!value.empty()) {
    const std::string_view format = take_field(value, ' ');
    if (format.empty()) continue;  // two spaces
    if (media.formats.size() >= kFormatsMax) return SdpFault::kTooLarge;
    media.formats.emplace_back(format);
  }
  if (media.formats.empty() && media.port != 0) return SdpFault::kMalformed;
  description_.media.push_back(std::move(media));
  return std::nullopt;
}

// Appends lines whose fields cannot break out of them.
class Writer {
 public:
  Writer& field(std::string_view text) {
    for (const char c : text) text_ += is_control(c) ? ' ' : c;
    return *this;
  }
  Writer& end() {
    text_ += "\r\n";
    return *this;
  }
  void connection(const Connection& connection) {
    field("c=").field(connection.network_type).field(" ").field(connection.address_type).field(" ");
    field(connection.address).end();
  }
  void attributes(const std::vector<Attribute>& attributes) {
    for (const Attribute& attribute : attributes) {
      field("a=").field(attribute.name);
      if (!attribute.value.empty()) field(":").field(attribute.value);
      end();
    }
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace

const std::string* find_attribute(const std::vector<Attribute>& attributes, std::string_view name) {
  for (const Attribute& attribute : attributes) {
    if (attribute.name == name) return &attribute.value;
  }
  return nullptr;
}

base::Result<SessionDescription, SdpError> parse(std::string_view text) {
  return Parser().parse(text);
}

std::string write(const SessionDescription& description) {
  Writer out;
  const Origin& origin = description.origin;
  out.field("v=0").end();
  out.field("o=").field(origin.username).field(" ").field(origin.session_id).field(" ");
  out.field(origin.session_version).field(" IN ").field(origin.address_type).field(" ");
  out.field(origin.address).end();
  // RFC 8866, 5.3: never empty; a single space or a dash stands for no name.
  out.field("s=").field(description.session_name.empty() ? "-" : description.session_name).end();
  if (description.connection) out.connection(*description.connection);
  out.field("t=").field(description.timing).end();
  out.attributes(description.attributes);
  for (const MediaDescription& media : description.media) {
    out.field("m=").field(media.type).field(" ").field(std::to_string(media.port)).field(" ");
    out.field(media.protocol);
    for (const std::string& format : media.formats) out.field(" ").field(format);
    out.end();
    if (media.connection) out.connection(*media.connection);
    out.attributes(media.attributes);
  }
  return out.take();
}

}  // namespace tutti::sdp
