// The demonstration's verdict: reads the files back, prints who hears whom and how steady each stream was.
#pragma once

#include "tools/demo/demo_trial.h"

namespace tutti::demo {

// Prints, and writes matrix.json beside the WAV files. True when each hears the others, not their own voice,
// and all streams are steady. Errors: one sentence.
base::Result<bool, std::string> print_verdict(const TrialResult& trial, const DemoPlan& plan, bool colour);

}  // namespace tutti::demo
