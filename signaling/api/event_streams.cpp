#include "signaling/api/event_streams.h"

#include <algorithm>
#include <atomic>
#include <list>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "signaling/api/event_json.h"
#include "signaling/api/query.h"
#include "signaling/conference/event_reader.h"

namespace tutti::api {
namespace {

using conference::Cursor;
using conference::EventFilter;
using conference::EventReader;

// In one piece, some 20 kB.
constexpr std::size_t kEventsPerPiece = 16;
// Of the connections that there are (HttpLimits) the other half is for requests.
constexpr std::size_t kStreamsMax = 32;

std::string block(const std::string& id, std::string_view event, const std::string& data) {
  std::string text = "id: " + id + "\nevent: ";
  text.append(event).append("\ndata: ").append(data).append("\n\n");
  return text;
}

// "TalkingStarted,TalkingStopped"; nothing where one is no event.
std::optional<std::vector<std::string>> parse_names(std::string_view text) {
  std::vector<std::string> names;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view name = text.substr(0, comma);
    if (!conference::is_event_name(name) || names.size() >= conference::event_names().size())
      return std::nullopt;
    names.emplace_back(name);
    if (comma == std::string_view::npos) return names;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

// What the streams share with those who wake them; the last of them may live longer than EventStreams.
struct EventStreams::Hub {
  std::mutex mutex;
  std::list<Stream*> streams;
  EventStreamCounters counters;
};

class EventStreams::Stream final : public BodyStream {
 public:
  Stream(std::shared_ptr<Hub> hub, EventReader reader, std::string room)
      : hub_(std::move(hub)), reader_(std::move(reader)), room_(std::move(room)) {
    const std::lock_guard lock(hub_->mutex);
    place_ = hub_->streams.insert(hub_->streams.end(), this);
  }
  ~Stream() override {
    const std::lock_guard lock(hub_->mutex);
    hub_->streams.erase(place_);
  }

  void start(std::function<void()> wake) override {
    const std::lock_guard lock(hub_->mutex);
    wake_ = std::move(wake);
  }

  Piece next() override {
    woken_ = false;
    const EventReader::Batch batch = reader_.read(kEventsPerPiece);
    Piece piece;
    if (std::exchange(fresh_, false)) piece.bytes = "retry: 1000\n\n";
    if (batch.gap) {
      piece.bytes += gap(batch);
      // It had them all until here, so it is too slow; it may come back behind the gap.
      piece.last = caught_up_;
      if (piece.last) hub_->counters.overtaken.add();
    }
    if (!piece.last) {
      for (const auto& entry : batch.entries) piece.bytes += written(*entry);
    }
    caught_up_ = caught_up_ || !batch.more;
    if (piece.bytes.empty() && batch.more) wake();  // nothing that the filter takes, so far
    return piece;
  }

  std::string sign_of_life() override { return ":\n\n"; }

  // Under the hub's mutex, but for its own thread's.
  void wake() {
    if (wake_ && !woken_.exchange(true)) wake_();
  }

 private:
  // One room's marks are of its numbering, all rooms' are the event's place.
  std::string written(const conference::JournalEntry& entry) const {
    const conference::ConferenceEvent& event = entry.event;
    EventId id{.cursor = {event.number, entry.first_position}};
    if (room_.empty()) id = {.room = event.conference, .cursor = {event.number, entry.position}};
    return block(write_event_id(id), name_of(event.detail), dump(json_of(event)));
  }
  std::string gap(const EventReader::Batch& batch) const {
    EventId id{.cursor = batch.behind};
    if (room_.empty()) id.room = "";
    return block(write_event_id(id), "gap", dump(gap_json(room_, batch.lost, batch.behind.number + 1)));
  }

  const std::shared_ptr<Hub> hub_;
  std::list<Stream*>::iterator place_;
  EventReader reader_;
  const std::string room_;  // empty: all
  bool fresh_ = true;
  bool caught_up_ = false;
  std::atomic<bool> woken_{false};
  std::function<void()> wake_;
};

EventStreams::EventStreams(conference::EventJournal& journal, NameOf name_of)
    : journal_(journal), name_of_(std::move(name_of)), hub_(std::make_shared<Hub>()) {}

EventStreams::~EventStreams() = default;

void EventStreams::add_routes(Router& router) {
  subscription_ = journal_.subscribe([hub = hub_] {
    const std::lock_guard lock(hub->mutex);
    for (Stream* const stream : hub->streams) stream->wake();
  });
  router.add("GET", "/events", [this](const Request& request) { return answer(request, ""); });
  router.add("GET", "/rooms/{room}/events",
             [this](const Request& request) { return answer(request, name_of_(request.parameters[0])); });
}

Response EventStreams::answer(const Request& request, const std::string& room) {
  const bool of_room = !request.parameters.empty();
  if (of_room && !journal_.knows(room)) return problem(404, "Nothing is known of such a room.", request.path);
  if (open() >= kStreamsMax) {
    Response response = problem(503, "Too many streams of events are open.", request.path);
    response.headers.emplace_back("Retry-After", "5");
    return response;
  }
  EventFilter filter;
  if (of_room) filter.conferences = {room};
  if (const auto events = find_value(request.query, "events")) {
    auto names = parse_names(*events);
    if (!names) return problem(400, "\"events\" takes names of events, with commas between.", request.path);
    filter.events = std::move(*names);
  }
  EventReader reader(journal_, std::move(filter));
  // Who reconnects by itself asks for the same URL as at first, and says in the header how far it came.
  std::optional<std::string> after = request.last_event_id;
  if (after->empty()) after = undo_escapes(find_value(request.query, "after").value_or(""));
  if (!after || !after->empty()) {
    const auto id = after ? parse_event_id(*after) : std::nullopt;
    if (!id || !seek(reader, *id, of_room ? &room : nullptr)) {
      return problem(400, "Last-Event-ID and \"after\" take the id of an event of this stream.",
                     request.path);
    }
  }
  Response response{200, "text/event-stream", {}, {}};
  response.stream = std::make_shared<Stream>(hub_, std::move(reader), room);
  return response;
}

// False where the id is of another kind of stream, or of another room.
bool EventStreams::seek(EventReader& reader, const EventId& id, const std::string* room) const {
  if (room != nullptr) {
    if (id.room && *id.room != *room) return false;
    reader.seek(*room, id.cursor);
    return true;
  }
  const bool beginning = id.cursor == Cursor{};
  if (!id.room && !beginning) return false;
  Cursor cursor = id.cursor;
  if (cursor.position == 0 && !beginning) {
    // By number alone: where it is not held any more, all that came after it is as unknown as before it.
    cursor.position = std::max<std::uint64_t>(1, journal_.position_of(*id.room, cursor.number));
  }
  reader.seek(cursor);
  return true;
}

std::size_t EventStreams::open() const {
  const std::lock_guard lock(hub_->mutex);
  return hub_->streams.size();
}

const EventStreamCounters& EventStreams::counters() const {
  return hub_->counters;
}

}  // namespace tutti::api
