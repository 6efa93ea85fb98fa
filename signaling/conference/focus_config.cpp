#include "signaling/conference/focus_config.h"

#include <set>

#include "signaling/conference/conference_name.h"

namespace tutti::conference {

std::optional<std::string> find_fault(const FocusConfig& config) {
  std::set<std::string> names;
  for (const RoomRule& rule : config.rooms.rooms) {
    if (!is_conference_name(rule.name)) {
      return "\"" + rule.name + "\" cannot be a room's name: 1 to 64 letters, digits or -_.+!~*' are needed";
    }
    if (!names.insert(rule.name).second) return "the room \"" + rule.name + "\" is there twice";
    if (const auto fault = find_fault(rule.settings))
      return "the room \"" + rule.name + "\": " + fault->detail;
  }
  if (const auto fault = find_fault(config.rooms.settings)) return "rooms: " + fault->detail;
  if (config.pins.tries == 0) return "a PIN may never be tried";
  if (config.share_participants == 0) return "a conference's share holds nobody";
  const auto& codecs = config.media.codecs;
  if (codecs.empty()) return "no codec is allowed";
  if (std::set<sdp::AudioCodec>(codecs.begin(), codecs.end()).size() != codecs.size()) {
    return "a codec is there twice";
  }
  return std::nullopt;
}

}  // namespace tutti::conference
