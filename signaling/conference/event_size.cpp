#include "signaling/conference/event_size.h"

#include "signaling/conference/journal_entry.h"

namespace tutti::conference {
namespace {

// Of an entry: its shared pointer's block, and a node in each of the journal's two indices.
constexpr std::size_t kBookkeeping = 16 + 2 * 80;

std::size_t outside(const std::string& text) {
  return text.capacity() > sizeof(std::string) / 2 - 1 ? text.capacity() + 1 : 0;
}
std::size_t outside(const ParticipantInfo& info) {
  return outside(info.conference) + outside(info.uri) + outside(info.display_name);
}

// What of a detail's texts lies outside of it.
struct Outside {
  std::size_t operator()(const ConferenceCreated& event) const { return outside(event.id); }
  std::size_t operator()(const ConferenceTerminated& event) const { return outside(event.reason); }
  std::size_t operator()(const ConferenceFailed& event) const { return outside(event.detail); }
  std::size_t operator()(const ConfigurationChanged& event) const {
    std::size_t bytes = event.keys.capacity() * sizeof(std::string);
    for (const std::string& key : event.keys) bytes += outside(key);
    return bytes;
  }
  std::size_t operator()(const ActiveSpeakerChanged& event) const { return outside(event.display_name); }
  std::size_t operator()(const RecordingStarted& event) const { return outside(event.file); }
  std::size_t operator()(const RecordingStopped& event) const { return outside(event.file); }
  std::size_t operator()(const ParticipantJoined& event) const { return outside(event.info); }
  std::size_t operator()(const ParticipantLeft& event) const {
    return outside(event.reason) + outside(event.info);
  }
  std::size_t operator()(const ParticipantMediaTerminated& event) const { return outside(event.reason); }
  std::size_t operator()(const ParticipantFailed& event) const { return outside(event.detail); }
  std::size_t operator()(const ConferenceStateChanged&) const { return 0; }
  std::size_t operator()(const StatsUpdated&) const { return 0; }
  std::size_t operator()(const ParticipantStatusChanged&) const { return 0; }
  std::size_t operator()(const ParticipantMediaEstablished&) const { return 0; }
  std::size_t operator()(const TalkingStarted&) const { return 0; }
  std::size_t operator()(const TalkingStopped&) const { return 0; }
  std::size_t operator()(const DtmfReceived&) const { return 0; }
};

}  // namespace

std::size_t size_of(const ConferenceEvent& event) {
  return kBookkeeping + sizeof(JournalEntry) + outside(event.conference) +
         std::visit(Outside{}, event.detail);
}

}  // namespace tutti::conference
