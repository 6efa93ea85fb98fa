// KeyKinds: what a key's value may be: a number, a switch, a text, one of some names; how a row of the tables
// of keys is written in one call.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include <fmt/format.h>

#include "signaling/server/configuration_keys.h"

namespace tutti::server {

// A whole number in [low, high]; `member` finds it in the target.
template <typename Target, typename Member>
Key<Target> number(std::string_view section, std::string_view name, std::int64_t low, std::int64_t high,
                   Member member, std::string_view meaning) {
  return {section,
          name,
          meaning,
          fmt::format("a whole number from {} to {}", low, high),
          [=](Target& target, const KeyValue& value) {
            const auto* given = std::get_if<std::int64_t>(&value);
            if (given == nullptr || *given < low || *given > high) return false;
            auto& place = member(target);
            place = static_cast<std::remove_reference_t<decltype(place)>>(*given);
            return true;
          },
          [=](const Target& target) { return KeyValue(static_cast<std::int64_t>(member(target))); }};
}

template <typename Target, typename Member>
Key<Target> yes_or_no(std::string_view section, std::string_view name, Member member,
                      std::string_view meaning) {
  return {section,
          name,
          meaning,
          "true or false",
          [=](Target& target, const KeyValue& value) {
            const auto* given = std::get_if<bool>(&value);
            if (given != nullptr) member(target) = *given;
            return given != nullptr;
          },
          [=](const Target& target) { return KeyValue(bool{member(target)}); }};
}

// A string that `set` takes or refuses and `get` writes.
template <typename Target, typename Set, typename Get>
Key<Target> text(std::string_view section, std::string_view name, std::string_view form, Set set, Get get,
                 std::string_view meaning) {
  return {section,
          name,
          meaning,
          std::string(form),
          [=](Target& target, const KeyValue& value) {
            const auto* given = std::get_if<std::string>(&value);
            return given != nullptr && set(target, *given);
          },
          [=](const Target& target) { return KeyValue(std::string(get(target))); }};
}

// One of `names`, which stand in the enumeration's order.
template <typename Target, std::size_t kCount, typename Member>
Key<Target> choice(std::string_view section, std::string_view name, const std::string_view (&names)[kCount],
                   std::string_view form, Member member, std::string_view meaning) {
  return text<Target>(
      section, name, form,
      [=, &names](Target& target, const std::string& given) {
        const auto* const found = std::find(std::begin(names), std::end(names), given);
        if (found == std::end(names)) return false;
        auto& place = member(target);
        place = static_cast<std::remove_reference_t<decltype(place)>>(found - std::begin(names));
        return true;
      },
      [=, &names](const Target& target) { return names[static_cast<std::size_t>(member(target))]; }, meaning);
}

// What a reload puts in force.
template <typename Target>
Key<Target> live(Key<Target> key) {
  key.live = true;
  return key;
}

}  // namespace tutti::server
