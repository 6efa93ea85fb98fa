#include "tools/analyser/wav.h"

#include <memory>

#include <fmt/format.h>
#include <sndfile.h>

namespace tutti::analyser {
namespace {

struct Close {
  void operator()(SNDFILE* file) const { ::sf_close(file); }
};
using File = std::unique_ptr<SNDFILE, Close>;

constexpr sf_count_t kSamplesMax = sf_count_t{24} * 3'600 * kRateHz;  // a day

}  // namespace

base::Result<Samples, std::string> read_wav(const std::string& path) {
  SF_INFO info{};
  const File file(::sf_open(path.c_str(), SFM_READ, &info));
  if (!file) return base::unexpected(fmt::format("cannot read {}: {}", path, ::sf_strerror(nullptr)));
  if (info.samplerate != kRateHz || info.channels != 1) {
    return base::unexpected(fmt::format("{} has {} Hz and {} channels; 8000 Hz and one channel are needed",
                                        path, info.samplerate, info.channels));
  }
  if (info.frames < 0 || info.frames > kSamplesMax) {
    return base::unexpected(fmt::format("{} is longer than a day", path));
  }
  Samples samples(static_cast<std::size_t>(info.frames));
  const sf_count_t got = ::sf_read_short(file.get(), samples.data(), info.frames);
  samples.resize(static_cast<std::size_t>(got));
  return samples;
}

base::Result<void, std::string> write_wav(const std::string& path, SampleView samples) {
  SF_INFO info{};
  info.samplerate = kRateHz;
  info.channels = 1;
  info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  File file(::sf_open(path.c_str(), SFM_WRITE, &info));
  if (!file) return base::unexpected(fmt::format("cannot write {}: {}", path, ::sf_strerror(nullptr)));
  const auto count = static_cast<sf_count_t>(samples.size());
  const bool whole = ::sf_write_short(file.get(), samples.data(), count) == count;
  if (::sf_close(file.release()) != 0 || !whole) {
    return base::unexpected(fmt::format("cannot write all of {}: is the disk full?", path));
  }
  return {};
}

}  // namespace tutti::analyser
