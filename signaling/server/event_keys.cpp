#include "signaling/server/event_keys.h"

#include <algorithm>

#include "signaling/api/webhook_url.h"
#include "signaling/conference/conference_event.h"
#include "signaling/conference/conference_name.h"
#include "signaling/server/key_kinds.h"

namespace tutti::server {
namespace {

using C = Configuration;

// Where something is written.
template <typename Member>
Key<C> file(std::string_view name, Member member, std::string_view meaning) {
  const auto set = [=](C& target, const KeyValue& value) {
    const auto* given = std::get_if<std::string>(&value);
    if (given == nullptr || (!given->empty() && given->front() != '/')) return false;
    member(target) = *given;
    return true;
  };
  const auto get = [=](const C& target) { return KeyValue(member(target)); };
  return {"records", name, meaning, R"("" or the whole path of a file, such as "/var/lib/tutti/calls")",
          set,       get,  true};
}

using Webhook = Configuration::Webhook;

template <typename Fits>
Key<Webhook> hook_text(std::string_view name, std::string Webhook::*member, std::string form, Fits fits,
                       std::string_view meaning) {
  const auto set = [=](Webhook& target, const KeyValue& value) {
    const auto* given = std::get_if<std::string>(&value);
    if (given == nullptr || !fits(*given)) return false;
    target.*member = *given;
    return true;
  };
  return {"",      name,
          meaning, std::move(form),
          set,     [=](const Webhook& target) { return KeyValue(target.*member); }};
}

template <typename Fits>
Key<Webhook> hook_list(std::string_view name, std::vector<std::string> Webhook::*member, std::string form,
                       Fits fits, std::string_view meaning) {
  const auto set = [=](Webhook& target, const KeyValue& value) {
    const auto* given = std::get_if<std::vector<std::string>>(&value);
    if (given == nullptr || !std::all_of(given->begin(), given->end(), fits)) return false;
    target.*member = *given;
    return true;
  };
  return {"",      name,
          meaning, std::move(form),
          set,     [=](const Webhook& target) { return KeyValue(target.*member); }};
}

}  // namespace

const std::vector<Key<Webhook>>& webhook_keys() {
  static const std::vector<Key<Webhook>> table = {
      hook_text(
          "url", &Webhook::url, "an http:// or https:// URL without user and fragment",
          [](const std::string& given) { return api::parse_webhook_url(given).has_value(); },
          "Where events are posted, in order; anything but 2xx is tried again, redirects are not followed."),
      hook_list("rooms", &Webhook::rooms, "a list of rooms' names", conference::is_conference_name,
                "Of which rooms; [] = all."),
      hook_list("events", &Webhook::events, R"(a list of events' names, such as "ParticipantJoined")",
                conference::is_event_name, "Which events; [] = all."),
      hook_text(
          "secret", &Webhook::secret, "a text", [](const std::string&) { return true; },
          "Signs each POST by HMAC-SHA256; \"\" = none is signed."),
      hook_text(
          "ca_file", &Webhook::ca_file, R"("" or the whole path of a file of certificates)",
          [](const std::string& given) { return given.empty() || given.front() == '/'; },
          "Who vouches for an https receiver; \"\" = whom this host trusts."),
  };
  return table;
}

std::vector<Key<Configuration>> event_keys() {
  return {
      live(number<C>(
          "events", "journal", 1, 1'000'000, [](auto& c) -> auto& { return c.events.journal; },
          "Events of each room that are held for readers who come back or are slow; the oldest go. Of "
          "its statistics the newest are held.")),
      live(number<C>(
          "events", "journal_mb", 1, 65'536, [](auto& c) -> auto& { return c.events.journal_mb; },
          "Memory for the events of all rooms together, in MB; the oldest go.")),
      live(number<C>(
          "events", "keep_s", 0, 86'400, [](auto& c) -> auto& { return c.events.keep_s; },
          "How long a room's events are held after its end.")),
      file(
          "file", [](auto& c) -> auto& { return c.records.file; },
          "Call records as JSON, a line for each stay of a caller and each room; moved away, it is made "
          "anew."),
      file(
          "sqlite", [](auto& c) -> auto& { return c.records.sqlite; },
          "The same as an SQLite database: tables participants and conferences."),
      live(number<C>(
          "records", "flush_ms", 10, 60'000, [](auto& c) -> auto& { return c.records.flush_ms; },
          "How often call records are synced to the disk: what a loss of power may cost.")),
  };
}

}  // namespace tutti::server
