#include "tools/analyser/hearing_matrix.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tutti::analyser {
namespace {

constexpr std::size_t kWideCallersMax = 16;  // more columns of 9 do not fit a terminal

// A level as text: what is below the threshold of reporting is "silence".
std::string level_text(double level_db) {
  return level_db <= kSilenceDb ? std::string("silent") : fmt::format("{:+.1f} dB", level_db);
}

std::string sentence(const HearingMatrix& matrix, std::size_t listener, std::size_t caller) {
  const HearingCell& cell = matrix.at(listener, caller);
  const std::string& who = matrix.name(listener);
  const std::string whom = listener == caller ? "their own voice" : matrix.name(caller);
  const std::string level = level_text(cell.level_db);
  if (cell.expected == Hearing::kAbsent) {
    return fmt::format("{} hears {} ({}), and should not", who, whom, level);
  }
  switch (cell.hearing) {
    case Hearing::kWrongLevel:
      return fmt::format("{} hears {} at the wrong level ({})", who, whom, level);
    case Hearing::kInterrupted:
      return fmt::format("{} hears {} with interruptions ({}, at times {})", who, whom, level,
                         level_text(cell.level_db_min));
    default:
      return fmt::format("{} does not hear {} ({})", who, whom, level);
  }
}

const char* mark(const HearingCell& cell) {
  if (cell.wrong()) return "✗";
  switch (cell.hearing) {
    case Hearing::kHeard:
      return "✓";
    case Hearing::kAbsent:
      return cell.expected == Hearing::kAbsent ? "·" : " ";
    case Hearing::kNotJudged:
      return " ";
    default:
      return "?";
  }
}

std::string painted(const std::string& text, const HearingCell& cell, bool colour) {
  if (!colour || cell.expected == Hearing::kNotJudged) return text;
  const char* paint = cell.wrong() ? "\x1b[1;31m" : cell.hearing == Hearing::kHeard ? "\x1b[32m" : "\x1b[2m";
  return paint + text + "\x1b[0m";
}

}  // namespace

const char* to_string(Hearing hearing) {
  switch (hearing) {
    case Hearing::kNotJudged:
      return "not judged";
    case Hearing::kHeard:
      return "heard";
    case Hearing::kAbsent:
      return "absent";
    case Hearing::kWrongLevel:
      return "wrong level";
    case Hearing::kInterrupted:
      return "interrupted";
  }
  return "?";
}

HearingMatrix::HearingMatrix(std::vector<std::string> names)
    : names_(std::move(names)), cells_(names_.size() * names_.size()) {
  for (std::size_t listener = 0; listener < size(); ++listener) {
    for (std::size_t caller = 0; caller < size(); ++caller) {
      at(listener, caller).expected = listener == caller ? Hearing::kAbsent : Hearing::kHeard;
    }
  }
}

void HearingMatrix::measure(std::size_t listener, std::size_t caller, double level_db, double level_db_min,
                            double level_db_max, const HearingThresholds& thresholds) {
  HearingCell& cell = at(listener, caller);
  cell.level_db = level_db;
  cell.level_db_min = level_db_min;
  cell.level_db_max = level_db_max;
  if (level_db <= thresholds.absent_db) {
    cell.hearing = Hearing::kAbsent;
  } else if (level_db_max > level_db - thresholds.stretch_tolerance_db &&
             level_db_min < level_db_max - thresholds.stretch_tolerance_db) {
    cell.hearing = Hearing::kInterrupted;
  } else {
    cell.hearing = std::fabs(level_db) <= thresholds.tolerance_db ? Hearing::kHeard : Hearing::kWrongLevel;
  }
}

void HearingMatrix::leave_out(std::size_t caller) {
  for (std::size_t other = 0; other < size(); ++other) {
    at(caller, other).expected = Hearing::kNotJudged;
    at(other, caller).expected = Hearing::kNotJudged;
  }
}

std::vector<std::string> HearingMatrix::wrong_cells() const {
  std::vector<std::string> sentences;
  for (std::size_t listener = 0; listener < size(); ++listener) {
    for (std::size_t caller = 0; caller < size(); ++caller) {
      if (at(listener, caller).wrong()) sentences.push_back(sentence(*this, listener, caller));
    }
  }
  return sentences;
}

std::string to_text(const HearingMatrix& matrix, bool colour) {
  std::size_t name_width = std::string("listener").size();
  for (std::size_t i = 0; i < matrix.size(); ++i) name_width = std::max(name_width, matrix.name(i).size());
  const bool wide = matrix.size() <= kWideCallersMax;
  std::string text;
  if (wide) {
    const std::size_t cell_width = std::max<std::size_t>(name_width, 11);
    text += fmt::format("{:<{}}", "listener", name_width);
    for (std::size_t i = 0; i < matrix.size(); ++i)
      text += fmt::format("  {:>{}}", matrix.name(i), cell_width);
    text += '\n';
    for (std::size_t listener = 0; listener < matrix.size(); ++listener) {
      text += fmt::format("{:<{}}", matrix.name(listener), name_width);
      for (std::size_t caller = 0; caller < matrix.size(); ++caller) {
        const HearingCell& cell = matrix.at(listener, caller);
        const std::string level = cell.hearing == Hearing::kNotJudged ? "-" : level_text(cell.level_db);
        // The mark is one column wide, whatever its bytes.
        text += "  " + painted(fmt::format("{:>{}} {}", level, cell_width - 2, mark(cell)), cell, colour);
      }
      text += '\n';
    }
    return text;
  }
  text += "(columns in the order of the rows)\n";
  for (std::size_t listener = 0; listener < matrix.size(); ++listener) {
    text += fmt::format("{:<{}}  ", matrix.name(listener), name_width);
    for (std::size_t caller = 0; caller < matrix.size(); ++caller) {
      const HearingCell& cell = matrix.at(listener, caller);
      text += painted(mark(cell), cell, colour);
    }
    text += '\n';
  }
  return text;
}

std::string to_json(const HearingMatrix& matrix) {
  nlohmann::json json;
  json["callers"] = nlohmann::json::array();
  json["cells"] = nlohmann::json::array();
  for (std::size_t listener = 0; listener < matrix.size(); ++listener) {
    json["callers"].push_back(matrix.name(listener));
    nlohmann::json row = nlohmann::json::array();
    for (std::size_t caller = 0; caller < matrix.size(); ++caller) {
      const HearingCell& cell = matrix.at(listener, caller);
      row.push_back({{"level_db", cell.level_db},
                     {"hearing", to_string(cell.hearing)},
                     {"expected", to_string(cell.expected)},
                     {"wrong", cell.wrong()}});
    }
    json["cells"].push_back(std::move(row));
  }
  json["right"] = matrix.right();
  return json.dump();
}

}  // namespace tutti::analyser
