// TextTable: rows of text as aligned columns, for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/analyser/plain_text.h"

namespace tutti::ctl {

using analyser::plain;

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
