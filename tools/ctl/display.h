// Display: what the server answered, as a person reads it.
#pragma once

#include <string>
#include <string_view>

namespace tutti::ctl {

// How an answer's JSON is to be shown.
enum class View : std::uint8_t {
  kDone,  // nothing but that it was done
  kRooms,
  kParticipants,
  kMembers,  // a line for each member of an object
  kChanged,
  kSilence,
  kMatrix,
  kCores,
  kWebhooks,
  kReload,
  kText,  // as it came: SDP, metrics
};

// `body` is what the API says of that view; text that is not is shown as it is. Ends with a line feed, or is
// empty.
std::string show(View view, std::string_view body);

// The one sentence of a refusal (RFC 9457), with the status.
std::string problem_sentence(int status, std::string_view body);

// One server-sent event's data as a line: "21:14:03 lobby #12 ParticipantJoined 7 Alice <sip:a@x>".
std::string event_line(std::string_view data);

}  // namespace tutti::ctl
