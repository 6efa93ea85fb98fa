// WAV files: 8 000 Hz, one channel, 16-bit PCM; what callers say and what they heard.
#pragma once

#include <string>

#include "dataplane/base/result.h"
#include "tools/analyser/samples.h"

namespace tutti::analyser {

// Errors: one sentence for people, naming the file.
base::Result<Samples, std::string> read_wav(const std::string& path);
base::Result<void, std::string> write_wav(const std::string& path, SampleView samples);

}  // namespace tutti::analyser
