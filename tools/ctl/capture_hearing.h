// Who hears whom in a capture: measured, by tones where all who sound send one of their own, else by voices.
#pragma once

#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "tools/analyser/hearing_matrix.h"
#include "tools/ctl/capture.h"

namespace tutti::ctl {

struct CaptureHearing {
  analyser::HearingMatrix matrix;
  std::vector<std::string> notes;  // one sentence each: by what it was judged, who cannot be told apart
};

// Judges the time in which all callers were there. Errors: one sentence, where there is too little to judge.
base::Result<CaptureHearing, std::string> judge_capture(const Capture& capture);

}  // namespace tutti::ctl
