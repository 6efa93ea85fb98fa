#include "signaling/api/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace tutti::api {
namespace {

constexpr std::size_t kGivenBytesMax = 64;  // what is longer is near to nothing

// Levenshtein's.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row[b.size()];
}

}  // namespace

std::string suggestion(std::string_view given, const std::vector<std::string_view>& known) {
  given = given.substr(0, kGivenBytesMax);
  const auto nearest = std::min_element(known.begin(), known.end(), [&](auto a, auto b) {
    return edit_distance(given, a) < edit_distance(given, b);
  });
  if (edit_distance(given, *nearest) <= std::max<std::size_t>(2, nearest->size() / 3)) {
    return "; did you mean \"" + std::string(*nearest) + "\"?";
  }
  std::string all = "; known here: ";
  for (const auto name : known) all += (name == known.front() ? "" : ", ") + std::string(name);
  return all;
}

}  // namespace tutti::api
