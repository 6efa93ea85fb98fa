#include "signaling/server/configuration.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "signaling/api/nearest_name.h"
#include "signaling/server/configuration_keys.h"
#include "signaling/server/dpdk_keys.h"
#include "signaling/server/event_keys.h"

namespace tutti::server {
namespace {

using api::suggestion;
using Errors = std::vector<ConfigurationError>;

// A value as it stands in the file, for an error.
std::string shown(const toml::node& node) {
  std::ostringstream text;
  node.visit([&](const auto& concrete) { text << concrete; });
  std::string line = text.str();
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line.size() <= 60 ? line : line.substr(0, 57) + "...";
}

// Nothing where no key takes such a value: a date, a fraction, a table, a list of numbers.
std::optional<KeyValue> to_key_value(const toml::node& node) {
  if (const auto* flag = node.as_boolean()) return KeyValue(flag->get());
  if (const auto* whole = node.as_integer()) return KeyValue(whole->get());
  if (const auto* text = node.as_string()) return KeyValue(text->get());
  const auto* list = node.as_array();
  if (list == nullptr) return std::nullopt;
  std::vector<std::string> items;
  for (const toml::node& item : *list) {
    if (!item.is_string()) return std::nullopt;
    items.push_back(item.as_string()->get());
  }
  return KeyValue(items);
}

class Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) {}

  base::Result<Configuration, Errors> read(const toml::table& root) {
    read_sections("", root);
    // Behind [rooms], whose settings are each room's to begin with.
    if (const toml::node* rooms = root.get("room")) read_rooms(*rooms);
    check_together(root);
    if (errors_.empty()) return std::move(configuration_);
    std::stable_sort(errors_.begin(), errors_.end(), [](const auto& a, const auto& b) {
      return std::pair(a.line, a.column) < std::pair(b.line, b.column);
    });
    return base::unexpected(std::move(errors_));
  }

 private:
  // `prefix`: of the table they stand in, "dataplane."; empty for the file itself.
  void read_sections(const std::string& prefix, const toml::table& tables) {
    for (const auto& [key, node] : tables) {
      const std::string name = prefix + std::string(key.str());
      const auto* table = node.as_table();
      if (name == "room") continue;
      if (name == "webhook") {
        read_webhooks(node);
      } else if (holds_sections(name) && table != nullptr) {
        read_sections(name + '.', *table);
      } else if (!known_section(name)) {
        error(key.source(), fmt::format("unknown section [{}]{}", name, suggestion(name, sections())));
      } else if (table != nullptr) {
        read_section(name, *table);
      } else {
        error(key.source(), fmt::format("\"{0}\" is a section: write [{0}] and its keys below", name));
      }
    }
  }

  static std::vector<std::string_view> sections() {
    std::vector<std::string_view> names;
    for (const auto& key : configuration_keys()) {
      if (names.empty() || names.back() != key.section) names.push_back(key.section);
    }
    names.push_back("room");
    names.push_back("webhook");
    return names;
  }
  static bool known_section(std::string_view name) {
    const auto names = sections();
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  static bool holds_sections(std::string_view name) {
    const auto names = sections();
    return std::any_of(names.begin(), names.end(), [name](std::string_view section) {
      return section.size() > name.size() && section.substr(0, name.size()) == name &&
             section[name.size()] == '.';
    });
  }

  void read_section(std::string_view section, const toml::table& table) {
    std::vector<const Key<Configuration>*> keys;
    for (const auto& key : configuration_keys()) {
      if (key.section == section) keys.push_back(&key);
    }
    read_keys(fmt::format("[{}]", section), table, keys, configuration_);
  }

  void read_rooms(const toml::node& node) {
    const auto* rooms = node.as_array();
    if (rooms == nullptr || !rooms->is_homogeneous<toml::table>()) {
      error(node.source(), "rooms are written as [[room]], each with its keys below");
      return;
    }
    std::vector<const Key<Configuration::Room>*> keys;
    keys.reserve(room_keys().size());
    for (const auto& key : room_keys()) keys.push_back(&key);
    for (const toml::node& entry : *rooms) {
      Configuration::Room room;
      room.settings = configuration_.rooms.settings;
      const std::size_t errors_before = errors_.size();
      read_keys("[[room]]", *entry.as_table(), keys, room);
      if (errors_.size() > errors_before) continue;
      if (room.name.empty()) {
        error(entry.source(), "this [[room]] has no name: add name = \"...\"");
      } else if (std::any_of(configuration_.room.begin(), configuration_.room.end(),
                             [&](const auto& other) { return other.name == room.name; })) {
        error(entry.source(), fmt::format("a second [[room]] of the name \"{}\": choose another", room.name));
      } else if (const auto fault = conference::find_fault(room.settings)) {
        error(entry.source(), fmt::format("the room \"{}\": {}", room.name, fault->detail));
      } else {
        configuration_.room.push_back(std::move(room));
      }
    }
  }

  void read_webhooks(const toml::node& node) {
    const auto* hooks = node.as_array();
    if (hooks == nullptr || !hooks->is_homogeneous<toml::table>()) {
      error(node.source(), "webhooks are written as [[webhook]], each with its keys below");
      return;
    }
    std::vector<const Key<Configuration::Webhook>*> keys;
    for (const auto& key : webhook_keys()) keys.push_back(&key);
    for (const toml::node& entry : *hooks) {
      Configuration::Webhook hook;
      const std::size_t errors_before = errors_.size();
      read_keys("[[webhook]]", *entry.as_table(), keys, hook);
      if (errors_.size() > errors_before) continue;
      if (hook.url.empty()) error(entry.source(), "this [[webhook]] has no url: add url = \"https://...\"");
      configuration_.webhook.push_back(std::move(hook));
    }
  }

  template <typename Target>
  void read_keys(std::string_view place, const toml::table& table,
                 const std::vector<const Key<Target>*>& keys, Target& target) {
    for (const auto& [name, node] : table) {
      const std::string_view given = name.str();
      const auto key = std::find_if(keys.begin(), keys.end(), [&](auto* k) { return k->name == given; });
      if (key == keys.end()) {
        std::vector<std::string_view> names;
        names.reserve(keys.size());
        for (const auto* k : keys) names.push_back(k->name);
        error(name.source(),
              fmt::format("unknown key \"{}\" in {}{}", given, place, suggestion(given, names)));
        continue;
      }
      const auto value = to_key_value(node);
      if (!value || !(*key)->set(target, *value)) {
        error(node.source(),
              fmt::format("{} in {}: expected {}, not {}", given, place, (*key)->form, shown(node)));
      }
    }
  }

  // What no single key can tell.
  void check_together(const toml::table& root) {
    const auto& sip = configuration_.sip;
    if (sip.session_timer_s < sip.min_session_timer_s) {
      const auto* node = root.at_path("sip.session_timer_s").node();
      if (node == nullptr) node = root.at_path("sip.min_session_timer_s").node();
      error(node->source(), fmt::format("session_timer_s in [sip]: {} is less than min_session_timer_s, {}: "
                                        "raise the one or lower the other",
                                        sip.session_timer_s, sip.min_session_timer_s));
    }
    if (!configuration_.http.token.empty() && !configuration_.http.token_file.empty()) {
      error(root.at_path("http.token_file").node()->source(),
            "token_file in [http]: there is a token as well: keep one of the two");
    }
    if (const auto fault = find_dpdk_fault(configuration_)) {
      error(root.at_path(fault->key).node()->source(), fault->text);
    }
    if (const auto fault = conference::find_fault(configuration_.rooms.settings)) {
      error(root.at_path("rooms").node()->source(), fmt::format("[rooms]: {}", fault->detail));
    }
  }

  void error(const toml::source_region& where, std::string text) {
    errors_.push_back({file_, where.begin.line, where.begin.column, std::move(text)});
  }

  const std::string file_;
  Configuration configuration_;
  Errors errors_;
};

template <typename Target>
void describe(std::string& out, const Key<Target>& key, const Target& target, std::string_view prefix) {
  out += fmt::format("{0}# {1}\n{0}# Takes {2}.\n{0}{3} = {4}\n", prefix, key.meaning, key.form, key.name,
                     to_string(key.get(target)));
}

}  // namespace

std::vector<base::SocketAddress> media_addresses(const Configuration& configuration) {
  if (configuration.cores.backend != "dpdk") return {configuration.media.address};
  std::vector<base::SocketAddress> addresses;
  for (const auto& address : configuration.dpdk.addresses) addresses.push_back(address.ip);
  return addresses;
}

std::string to_string(const ConfigurationError& error) {
  if (error.line == 0) return fmt::format("{}: {}", error.file, error.text);
  return fmt::format("{}:{}:{}: {}", error.file, error.line, error.column, error.text);
}

base::Result<Configuration, Errors> parse_configuration(std::string_view text, std::string_view file) {
  try {
    return Reader(file).read(toml::parse(text));
  } catch (const toml::parse_error& error) {
    const auto where = error.source().begin;
    return base::unexpected(Errors{
        {std::string(file), where.line, where.column, fmt::format("not TOML: {}", error.description())}});
  }
}

base::Result<Configuration, Errors> read_configuration(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (stream && stream.peek() != std::ifstream::traits_type::eof()) text << stream.rdbuf();
  if (!stream.is_open() || stream.bad()) {  // a directory opens, and fails at the first byte
    return base::unexpected(Errors{{file, 0, 0, fmt::format("cannot be read: {}", std::strerror(errno))}});
  }
  return parse_configuration(text.str(), file);
}

base::Result<void, std::string> set_from_text(Configuration& configuration, std::string_view key,
                                              std::string_view text) {
  const auto& keys = configuration_keys();
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const auto& candidate) {
    return key == fmt::format("{}.{}", candidate.section, candidate.name);
  });
  if (found == keys.end()) return base::unexpected(fmt::format("no key {}", key));
  if (!found->set(configuration, KeyValue(std::string(text)))) {
    return base::unexpected(fmt::format("expected {}, not \"{}\"", found->form, text));
  }
  return {};
}

std::string example_configuration() {
  const Configuration defaults;
  std::string out =
      "# Every key of tuttid with its default: a file may leave out any of them.\n"
      "# Printed by `tuttid --example-config`; `tuttid --check-config --config FILE` checks a file.\n";
  std::string_view section;
  for (const auto& key : configuration_keys()) {
    if (key.section != section) out += fmt::format("\n[{}]\n", section = key.section);
    describe(out, key, defaults, "");
  }
  out += "\n# Rooms that exist from the start and stay when they are empty, one block each.\n# [[room]]\n";
  const Configuration::Room room{.name = "lobby"};
  for (const auto& key : room_keys()) describe(out, key, room, "# ");
  out += "\n# Who is told of events by HTTP, one block each.\n# [[webhook]]\n";
  const Configuration::Webhook hook{.url = "https://example.org/tutti"};
  for (const auto& key : webhook_keys()) describe(out, key, hook, "# ");
  return out;
}

}  // namespace tutti::server
