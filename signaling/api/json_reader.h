// JsonReader: a body from outside, read member by member; the first thing wrong with it is told.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "signaling/api/json_shapes.h"
#include "signaling/conference/failure.h"

namespace tutti::api {

inline constexpr std::size_t kJsonDepthMax = 8;      // objects and lists inside each other
inline constexpr std::size_t kJsonMembersMax = 256;  // of all objects and lists together

// Reads one JSON object; an empty text is an empty one. Errors: InvalidArgument, also for what is too deep
// or has too many members, which is seen before anything is built of it, and for a name that comes twice.
conference::Outcome<Json> parse_object(std::string_view text);

// Each read leaves its target as it is where the member is missing. Every member asked for is known from
// then on; fault() tells those that nobody has asked for.
class ObjectReader {
 public:
  // `object` is one, and outlives this.
  explicit ObjectReader(const Json& object) : object_(object) {}

  // Text without control characters: it may go into a header, a log line or SDP.
  void read(std::string_view name, std::string& target, std::size_t bytes_max);
  void read(std::string_view name, bool& target);
  template <typename Whole>
  void read(std::string_view name, Whole& target, std::int64_t low, std::int64_t high) {
    if (const auto value = whole(name, low, high)) target = static_cast<Whole>(*value);
  }
  void read(std::string_view name, std::chrono::seconds& target, std::int64_t low, std::int64_t high);
  // One of `names`; its place among them.
  std::optional<std::size_t> choice(std::string_view name, const std::vector<std::string_view>& names);
  // Null where it is missing.
  const Json* object(std::string_view name);
  void require(std::string_view name);

  // The first thing wrong, if any. Once, at the end.
  std::optional<conference::Failure> fault();

 private:
  const Json* find(std::string_view name);
  std::optional<std::int64_t> whole(std::string_view name, std::int64_t low, std::int64_t high);
  void wrong(std::string_view name, std::string_view expected);

  const Json& object_;
  std::vector<std::string_view> known_;
  std::optional<conference::Failure> fault_;
};

}  // namespace tutti::api
