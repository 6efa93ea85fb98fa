#include "signaling/api/event_id.h"

#include <charconv>

namespace tutti::api {
namespace {

bool parse_whole(std::string_view text, int base, std::uint64_t& number) {
  const auto end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number, base);
  return error == std::errc{} && stopped == end;
}

bool is_room_text(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c > '~') return false;
  }
  return true;
}

}  // namespace

std::optional<EventId> parse_event_id(std::string_view text) {
  if (text.size() > kEventIdBytesMax) return std::nullopt;
  EventId id;
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    if (!is_room_text(text.substr(0, colon))) return std::nullopt;
    id.room = std::string(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  const std::size_t dash = text.find('-');
  if (!parse_whole(text.substr(0, dash), 10, id.cursor.number)) return std::nullopt;
  if (dash != std::string_view::npos && !parse_whole(text.substr(dash + 1), 16, id.cursor.position)) {
    return std::nullopt;
  }
  return id;
}

std::string write_event_id(const EventId& id) {
  std::string text = id.room ? *id.room + ':' : std::string();
  text += std::to_string(id.cursor.number);
  if (id.cursor.position == 0) return text;
  char mark[16];
  const auto end = std::to_chars(mark, mark + sizeof mark, id.cursor.position, 16).ptr;
  return text.append(1, '-').append(mark, end);
}

}  // namespace tutti::api
