#include "tools/ctl/capture_hearing.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "tools/analyser/correlation.h"
#include "tools/analyser/tone_hearing.h"
#include "tools/analyser/voice_hearing.h"

namespace tutti::ctl {
namespace {

using analyser::kRateHz;
using analyser::Samples;
using analyser::SampleView;
using analyser::Tone;
using analyser::Track;

constexpr std::int64_t kSettle = kRateHz;     // after the last join: jitter buffers fill
constexpr std::int64_t kLeast = 3 * kRateHz;  // what a verdict needs
constexpr double kSilentDbov = -65.0;         // who sends no more than this says nothing
constexpr std::size_t kSpectrum = 32'768;     // 4.1 s: bins of a quarter of a hertz
constexpr double kPure = 0.9;                 // of the power that one frequency of a tone has

// The one frequency that a track is, if it is one.
std::optional<Tone> find_tone(SampleView samples) {
  const std::size_t length = std::min(samples.size(), kSpectrum);
  std::vector<std::complex<double>> bins(kSpectrum);
  double power = 0.0;
  for (std::size_t i = 0; i < length; ++i) {
    const double sample = samples[i];
    power += sample * sample;
    const double window =
        0.5 - 0.5 * std::cos(2.0 * M_PI * static_cast<double>(i) / static_cast<double>(length));
    bins[i] = sample * window;
  }
  analyser::fast_fourier_transform(bins, false);
  std::size_t peak = 1;
  for (std::size_t bin = 1; bin < kSpectrum / 2; ++bin) {
    if (std::abs(bins[bin]) > std::abs(bins[peak])) peak = bin;
  }
  const double near = static_cast<double>(peak) * kRateHz / static_cast<double>(kSpectrum);
  // The bin is as wide as a stretch is short: look between the neighbours.
  const SampleView stretch = samples.first(length);
  const analyser::ToneProbe probe(stretch);
  const double step = static_cast<double>(kRateHz) / static_cast<double>(kSpectrum);
  Tone tone{near, probe.amplitude(near)};
  for (int i = -10; i <= 10; ++i) {
    const double hz = near + step * i / 10.0;
    if (const double amplitude = probe.amplitude(hz); amplitude > tone.amplitude) tone = {hz, amplitude};
  }
  const double mean = power / static_cast<double>(std::max<std::size_t>(length, 1));
  const bool pure = tone.amplitude * tone.amplitude / 2.0 > kPure * mean;
  return pure ? std::optional(tone) : std::nullopt;
}

// Two tones that lie apart as a stretch of a second tells them.
bool distinct(const std::vector<std::optional<Tone>>& tones) {
  for (std::size_t i = 0; i < tones.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (tones[i] && tones[j] && std::abs(tones[i]->frequency_hz - tones[j]->frequency_hz) < 2.0)
        return false;
    }
  }
  return true;
}

// Whether one says what another says as well, at whatever time: then nobody can tell who of them is heard.
bool same_sound(const Track& a, const Track& b) {
  const std::size_t probe = 4'000;  // half a second, from where there is something
  if (a.samples.size() < probe || b.samples.size() < probe) return false;
  std::size_t loudest = 0;
  double most = -1.0;
  for (std::size_t at = 0; at + probe <= a.samples.size(); at += probe) {
    if (const double level = analyser::rms(a.samples.subspan(at, probe)); level > most) {
      most = level;
      loudest = at;
    }
  }
  if (most <= 0.0) return false;
  const SampleView piece = a.samples.subspan(loudest, probe);
  std::vector<double> whole(b.samples.begin(), b.samples.end());
  std::vector<double> part(piece.begin(), piece.end());
  analyser::Correlator correlator(whole, probe);
  std::vector<std::complex<double>> spectrum = correlator.transform(part);
  std::vector<double> found;
  correlator.correlate(spectrum, found);
  const double energy = most * most * static_cast<double>(probe);
  return std::any_of(found.begin(), found.end(), [&](double value) { return value > 0.9 * energy; });
}

}  // namespace

base::Result<CaptureHearing, std::string> judge_capture(const Capture& capture) {
  if (capture.callers.size() < 2) {
    return base::unexpected(fmt::format(
        "{} callers with G.711 in {} packets of RTP, {} of them between unknown ends: two are needed; "
        "--rtp-ports LO-HI says which ports are the server's",
        capture.callers.size(), capture.rtp_packets, capture.unplaced));
  }
  std::vector<std::string> names;
  std::vector<Track> sent;
  std::vector<Track> heard;
  std::int64_t from = 0;
  std::int64_t to = std::numeric_limits<std::int64_t>::max();
  for (const CapturedCaller& caller : capture.callers) {
    names.push_back(caller.name);
    sent.push_back(caller.sent.track());
    heard.push_back(caller.heard.track());
    for (const Track& track : {sent.back(), heard.back()}) {
      if (track.samples.empty()) continue;
      from = std::max(from, track.start + kSettle);
      to = std::min(to, track.end());
    }
  }
  if (to - from < kLeast) {
    return base::unexpected(fmt::format(
        "all {} callers were there together for {:.1f} s: {:.0f} are needed, and one for the jitter buffers",
        names.size(), static_cast<double>(std::max<std::int64_t>(to - from, 0)) / kRateHz,
        static_cast<double>(kLeast) / kRateHz));
  }

  std::vector<std::optional<Tone>> tones;
  bool all_tones = true;
  for (const Track& track : sent) {
    const Track part = track.part(from, to);
    const bool silent = part.samples.empty() || analyser::level_dbov(part.samples) < kSilentDbov;
    tones.push_back(silent ? std::nullopt : find_tone(part.samples));
    all_tones = all_tones && (silent || tones.back());
  }
  const double seconds = static_cast<double>(to - from) / kRateHz;
  if (all_tones && distinct(tones)) {
    return CaptureHearing{analyser::tone_matrix(names, heard, tones, from, to),
                          {fmt::format("judged by tones over {:.1f} s", seconds)}};
  }
  CaptureHearing hearing{analyser::voice_matrix(names, heard, sent, from, to).matrix,
                         {fmt::format("judged by voices over {:.1f} s", seconds)}};
  for (std::size_t i = 0; i < sent.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (same_sound(sent[i], sent[j])) {
        hearing.notes.push_back(fmt::format(
            "{} and {} send the same sound: which of them is heard cannot be told", names[j], names[i]));
      }
    }
  }
  return hearing;
}

}  // namespace tutti::ctl
