// TextTable: rows of text as aligned columns, for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tutti::ctl {

// What came from a caller, made harmless for a terminal: control characters, and what turns the direction of
// writing, become '?'; no more than `columns` of it (0: all).
std::string plain(std::string_view text, std::size_t columns = 0);

class TextTable {
 public:
  enum class Align : std::uint8_t { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Shapes: as many cells as columns.
  void add(std::vector<std::string> cells);
  // Two spaces between columns, none behind the last; ends with a line feed.
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tutti::ctl
