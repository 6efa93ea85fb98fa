// HearingMatrix: who hears whom, measured; one row a listener, one column a caller.
#pragma once

#include <string>
#include <vector>

#include "tools/analyser/samples.h"

namespace tutti::analyser {

enum class Hearing : std::uint8_t {
  kNotJudged,    // the listener or the caller was not there, or the caller sent nothing
  kHeard,        // as loud as it was sent, within the tolerance
  kAbsent,       // below the threshold
  kWrongLevel,   // there, but not at the level it was sent with
  kInterrupted,  // at its level for a part of the time only
};

// "heard", "absent" and so on.
const char* to_string(Hearing hearing);

struct HearingCell {
  double level_db = kSilenceDb;      // relative to what the caller sent
  double level_db_min = kSilenceDb;  // the weakest and the strongest stretch of the time judged
  double level_db_max = kSilenceDb;
  Hearing hearing = Hearing::kNotJudged;
  Hearing expected = Hearing::kNotJudged;  // kHeard, kAbsent, or no opinion

  bool wrong() const { return expected != Hearing::kNotJudged && hearing != expected; }
};

struct HearingThresholds {
  double tolerance_db = 1.0;
  double absent_db = -40.0;
  double stretch_tolerance_db = 6.0;  // how far the weakest stretch may fall below the level
};

class HearingMatrix {
 public:
  // Expects what a conference promises: everyone hears everyone else and nobody their own voice.
  explicit HearingMatrix(std::vector<std::string> names);

  std::size_t size() const { return names_.size(); }
  const std::string& name(std::size_t caller) const { return names_[caller]; }
  HearingCell& at(std::size_t listener, std::size_t caller) { return cells_[listener * size() + caller]; }
  const HearingCell& at(std::size_t listener, std::size_t caller) const {
    return cells_[listener * size() + caller];
  }
  // Writes a measured level into a cell and gives the verdict.
  void measure(std::size_t listener, std::size_t caller, double level_db, double level_db_min,
               double level_db_max, const HearingThresholds& thresholds);
  // Nobody expects anything in the row and the column of one who was not there.
  void leave_out(std::size_t caller);

  bool right() const { return wrong_cells().empty(); }
  // One sentence for each wrong cell: "bob does not hear alice (-120.0 dB)".
  std::vector<std::string> wrong_cells() const;

 private:
  std::vector<std::string> names_;
  std::vector<HearingCell> cells_;
};

// An aligned table with a tick or a cross and the level in each cell; beyond 16 callers one character a cell.
std::string to_text(const HearingMatrix& matrix, bool colour);

// {"callers": [...], "cells": [[{"level_db": .., "hearing": "heard", "expected": .., "wrong": false}, ..]],
// "right": true}
std::string to_json(const HearingMatrix& matrix);

}  // namespace tutti::analyser
