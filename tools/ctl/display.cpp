#include "tools/ctl/display.h"

#include <cstdint>

#include <fmt/format.h>

#include "tools/ctl/server_json.h"
#include "tools/ctl/text_table.h"

namespace tutti::ctl {
namespace {

using Json = nlohmann::ordered_json;
using Align = TextTable::Align;

// A member as a cell: text without quotes, what is not there or null as a dash.
std::string cell(const Json& object, const char* key, std::size_t columns = 0) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "-";
  if (found->is_string()) return plain(found->get_ref<const std::string&>(), columns);
  if (found->is_boolean()) return found->get<bool>() ? "yes" : "no";
  if (found->is_number_float()) return fmt::format("{:.1f}", found->get<double>());
  return plain(found->dump());
}

bool is_set(const Json& object, const char* key) {
  return object.value(key, Json(false)) == Json(true);
}

// "moderator muted deaf +3/-6 dB": what is special about one.
std::string marks(const Json& who) {
  std::string out;
  const auto add = [&out](const std::string& mark) { out += (out.empty() ? "" : " ") + mark; };
  if (cell(who, "role") != "speaker") add(cell(who, "role"));
  for (const char* flag : {"muted", "deaf", "held", "waiting"}) {
    if (is_set(who, flag)) add(flag);
  }
  if (is_set(who, "entering_pin")) add("entering PIN");
  const std::int64_t in = who.value("gain_in_db", 0);
  const std::int64_t out_db = who.value("gain_out_db", 0);
  if (in != 0 || out_db != 0) add(fmt::format("{:+}/{:+} dB", in, out_db));
  if (const auto coachee = who.find("coachee"); coachee != who.end() && !coachee->is_null()) {
    add("coaches " + plain(coachee->dump()));
  }
  return out;
}

std::string rooms(const Json& list) {
  TextTable table({{"ROOM"},
                   {"STATE"},
                   {"IN IT", Align::kRight},
                   {"MODERATORS", Align::kRight},
                   {"BOUND", Align::kRight},
                   {"SINCE"},
                   {"NAME"}});
  for (const Json& room : list) {
    const std::string bound = cell(room, "max_participants");
    table.add({cell(room, "name"), cell(room, "state") + (is_set(room, "waiting") ? ", waiting" : ""),
               cell(room, "participants"), cell(room, "moderators"), bound == "0" ? "-" : bound,
               cell(room, "created_at"), cell(room, "display_name", 40)});
  }
  return list.empty() ? "no rooms\n" : table.text();
}

std::string participants(const Json& list) {
  TextTable table({{"ID", Align::kRight},
                   {"NAME"},
                   {"URI"},
                   {"STATUS"},
                   {"TALKS"},
                   {"dBov", Align::kRight},
                   {"LOSS %", Align::kRight},
                   {"JITTER ms", Align::kRight},
                   {"DELAY ms", Align::kRight},
                   {"MOS", Align::kRight},
                   {"CODEC"},
                   {""}});
  for (const Json& who : list) {
    table.add({cell(who, "id"), cell(who, "display_name", 24), cell(who, "uri", 36), cell(who, "status"),
               is_set(who, "talking") ? "*" : "", cell(who, "level_dbov"), cell(who, "loss_percent"),
               cell(who, "jitter_ms"), cell(who, "delay_ms"), cell(who, "mos"), cell(who, "codec"),
               marks(who)});
  }
  return list.empty() ? "nobody\n" : table.text();
}

std::string members(const Json& object) {
  std::size_t longest = 0;
  for (const auto& item : object.items()) longest = std::max(longest, item.key().size());
  std::string out;
  for (const auto& item : object.items()) {
    out += fmt::format("{:<{}}  {}\n", plain(item.key()), longest, cell(object, item.key().c_str()));
  }
  return out;
}

std::string silence(const Json& report) {
  std::string out = fmt::format("{}: {}\n", cell(report, "cause"), cell(report, "advice"));
  for (const Json& stage : report.value("stages", Json::array())) {
    out += fmt::format("  {} {:<9} {}\n", is_set(stage, "passed") ? "ok  " : "STOP", cell(stage, "name"),
                       cell(stage, "detail"));
  }
  return out;
}

std::string matrix(const Json& report) {
  const Json ids = report.value("participants", Json::array());
  const Json hears = report.value("hears", Json::array());
  std::vector<TextTable::Column> columns{{"hears >"}};
  for (const Json& id : ids) columns.push_back({plain(id.dump()), Align::kRight});
  TextTable table(std::move(columns));
  for (std::size_t row = 0; row < hears.size() && row < ids.size(); ++row) {
    std::vector<std::string> cells{plain(ids[row].dump())};
    for (std::size_t column = 0; column < ids.size(); ++column) {
      cells.push_back(row == column                                                    ? "."
                      : column < hears[row].size() && hears[row][column] == Json(true) ? "x"
                                                                                       : "-");
    }
    table.add(std::move(cells));
  }
  std::string out = table.text() +
                    "Routing as the server knows it, not what anybody heard; "
                    "`tuttictl matrix --pcap FILE` measures.\n";
  if (const std::int64_t left_out = report.value("left_out", 0); left_out > 0) {
    out += fmt::format("{} more are not shown.\n", left_out);
  }
  return out;
}

std::string cores(const Json& list) {
  TextTable table({{"CPU", Align::kRight},
                   {"IN CALLS", Align::kRight},
                   {"ROOMS", Align::kRight},
                   {"LOAD %", Align::kRight},
                   {"p99 %", Align::kRight},
                   {"TICKS", Align::kRight},
                   {"LATE", Align::kRight},
                   {"PACKETS IN", Align::kRight},
                   {"OUT", Align::kRight},
                   {"DROPS", Align::kRight}});
  const auto percent = [](const Json& core, const char* key) {
    return fmt::format("{:.1f}", core.value(key, 0.0) / 10);
  };
  for (const Json& core : list) {
    table.add({cell(core, "cpu"), cell(core, "participants"), cell(core, "conferences"),
               percent(core, "load_permille"), percent(core, "used_p99_permille"), cell(core, "ticks"),
               cell(core, "late_ticks"), cell(core, "packets_received"), cell(core, "packets_sent"),
               cell(core, "drops")});
  }
  return table.text();
}

// A table, and below it why those that fail do.
std::string webhooks(const Json& list) {
  TextTable table({{"RECEIVER"},
                   {"STATE"},
                   {"WAITING", Align::kRight},
                   {"DELIVERED", Align::kRight},
                   {"LOST", Align::kRight},
                   {"POSTS", Align::kRight},
                   {"FAILED", Align::kRight},
                   {"IN VAIN", Align::kRight},
                   {"AGAIN AT"},
                   {"CURSOR"}});
  std::string errors;
  for (const Json& hook : list) {
    table.add({cell(hook, "receiver", 60), cell(hook, "state"), cell(hook, "waiting"),
               cell(hook, "delivered"), cell(hook, "lost"), cell(hook, "posts"), cell(hook, "failures"),
               cell(hook, "tries_in_vain"), cell(hook, "retry_at"), cell(hook, "cursor", 60)});
    const std::string error = cell(hook, "last_error");
    if (error == "-") continue;
    const bool now = hook.value("tries_in_vain", 0) > 0;
    errors += fmt::format("{}{}: {}\n", now ? "" : "before: ", cell(hook, "receiver", 60), error);
  }
  return list.empty() ? "no webhooks\n" : table.text() + errors;
}

std::string reload(const Json& report) {
  std::string out;
  for (const Json& key : report.value("changed", Json::array())) {
    out += fmt::format("changed        {}\n", plain(key.get<std::string>()));
  }
  for (const Json& key : report.value("needs_restart", Json::array())) {
    out += fmt::format("needs restart  {}\n", plain(key.get<std::string>()));
  }
  return out.empty() ? "nothing is another than before\n" : out;
}

// Below the page of a list that has others behind it.
std::string more(const Json& json) {
  return json.contains("next") ? "and more\n" : "";
}

std::string show_json(View view, const Json& json) {
  switch (view) {
    case View::kRooms:
      return rooms(json.value("rooms", Json::array())) + more(json);
    case View::kParticipants:
      return participants(json.value("participants", Json::array())) + more(json);
    case View::kChanged:
      return fmt::format("{} changed\n", cell(json, "changed"));
    case View::kSilence:
      return silence(json);
    case View::kMatrix:
      return matrix(json);
    case View::kCores:
      return cores(json.value("cores", Json::array()));
    case View::kWebhooks:
      return webhooks(json.value("webhooks", Json::array()));
    case View::kReload:
      return reload(json);
    case View::kMembers:
    case View::kDone:
    case View::kText:
      return members(json);
  }
  return {};
}

}  // namespace

std::string show(View view, std::string_view body) {
  if (view == View::kDone) return {};
  if (view != View::kText) {
    const Json json = parse_json(body);
    if (json.is_object()) {
      try {
        return show_json(view, json);
      } catch (const Json::exception&) {
        // Not of the shape that the API promises: as it is, then.
      }
    }
  }
  std::string out;
  for (std::size_t from = 0; from < body.size();) {  // line by line: a line feed is one here
    const std::size_t end = std::min(body.find('\n', from), body.size());
    std::string_view line = body.substr(from, end - from);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    out += plain(line) + '\n';
    from = end + 1;
  }
  return out;
}

std::string problem_sentence(int status, std::string_view body) {
  const Json json = parse_json(body);
  if (!json.is_object())
    return fmt::format("the server answered {}: is it tuttid that listens there?", status);
  std::string out = cell(json, "detail");
  if (out == "-") out = cell(json, "title");
  const std::string error = cell(json, "error");
  out += error == "-" ? fmt::format(" ({})", status) : fmt::format(" ({}, {})", error, status);
  if (status == 401) out += "\n  give its token by --token-file FILE, or in TUTTI_TOKEN";
  const auto errors = json.find("errors");
  if (errors != json.end() && errors->is_array()) {
    for (const Json& one : *errors) {
      if (one.is_string()) out += "\n  " + plain(one.get_ref<const std::string&>());
    }
  }
  return out;
}

std::string event_line(std::string_view data) {
  const Json json = parse_json(data);
  if (!json.is_object()) return plain(data);
  if (cell(json, "event") == "gap") {
    return fmt::format("{} GAP: {} events are gone", cell(json, "room"), cell(json, "lost"));
  }
  std::string out = fmt::format("{} {} #{} {}", cell(json, "at"), cell(json, "room"), cell(json, "number"),
                                cell(json, "event"));
  if (const std::string who = cell(json, "participant"); who != "-") out += " " + who;
  const auto detail = json.find("detail");
  if (detail == json.end() || !detail->is_object()) return out;
  for (const auto& item : detail->items()) {
    if (item.value().is_object()) {
      const std::string name = cell(item.value(), "display_name", 40);
      const std::string uri = cell(item.value(), "uri", 60);
      if (uri != "-") out += fmt::format(" {} <{}>", name, uri);
    } else if (item.value().is_array()) {
      out += fmt::format(" {}={}", plain(item.key()), plain(item.value().dump()));
    } else {
      out += fmt::format(" {}={}", plain(item.key()), cell(*detail, item.key().c_str()));
    }
  }
  return out;
}

}  // namespace tutti::ctl
