#include "tools/analyser/correlation.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <numbers>
#include <utility>

#include "dataplane/base/check.h"

namespace tutti::analyser {
namespace {

// e^(-j 2 pi i / size) for half a turn; made once a size.
const std::vector<std::complex<double>>& turns_of(std::size_t size) {
  thread_local std::map<std::size_t, std::vector<std::complex<double>>> all;
  std::vector<std::complex<double>>& turns = all[size];
  if (turns.empty()) {
    const double whole = -2.0 * std::numbers::pi / static_cast<double>(size);
    for (std::size_t i = 0; i < std::max<std::size_t>(size / 2, 1); ++i) {
      turns.push_back(std::polar(1.0, whole * static_cast<double>(i)));
    }
  }
  return turns;
}

}  // namespace

void fast_fourier_transform(std::span<std::complex<double>> values, bool inverse) {
  const std::size_t size = values.size();
  CHECK(std::has_single_bit(size));
  for (std::size_t i = 1, j = 0; i < size; ++i) {  // bit-reversed order
    std::size_t bit = size >> 1;
    for (; (j & bit) != 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(values[i], values[j]);
  }
  const std::vector<std::complex<double>>& turns = turns_of(size);
  const double direction = inverse ? -1.0 : 1.0;
  for (std::size_t length = 2; length <= size; length *= 2) {
    const std::size_t step = size / length;
    for (std::size_t start = 0; start < size; start += length) {
      for (std::size_t i = 0; i < length / 2; ++i) {
        const std::complex<double> low = values[start + i];
        const std::complex<double>& high = values[start + i + length / 2];
        const std::complex<double> turn(turns[i * step].real(), direction * turns[i * step].imag());
        // Written out: operator* of std::complex looks for NaNs first.
        const std::complex<double> turned(high.real() * turn.real() - high.imag() * turn.imag(),
                                          high.real() * turn.imag() + high.imag() * turn.real());
        values[start + i] = low + turned;
        values[start + i + length / 2] = low - turned;
      }
    }
  }
}

Correlator::Correlator(std::span<const double> longer, std::size_t shorter)
    : size_(std::bit_ceil(longer.size())), delays_(longer.size() - shorter + 1), spectrum_(size_) {
  CHECK(shorter <= longer.size());
  for (std::size_t i = 0; i < longer.size(); ++i) spectrum_[i] = longer[i];
  fast_fourier_transform(spectrum_, false);
}

std::vector<std::complex<double>> Correlator::transform(std::span<const double> probe) const {
  std::vector<std::complex<double>> spectrum(size_);
  for (std::size_t i = 0; i < probe.size(); ++i) spectrum[i] = probe[i];
  fast_fourier_transform(spectrum, false);
  return spectrum;
}

void Correlator::correlate(std::span<const std::complex<double>> probe, std::vector<double>& out) const {
  CHECK(probe.size() == size_);
  std::vector<std::complex<double>> product(size_);
  for (std::size_t i = 0; i < size_; ++i) {
    const double a = spectrum_[i].real();
    const double b = spectrum_[i].imag();
    const double c = probe[i].real();
    const double d = -probe[i].imag();
    product[i] = {a * c - b * d, a * d + b * c};
  }
  fast_fourier_transform(product, true);
  out.resize(delays_);
  // Circular, but d + shorter - 1 stays within the longer signal for these delays: nothing wraps into them.
  for (std::size_t d = 0; d < delays_; ++d) out[d] = product[d].real() / static_cast<double>(size_);
}

}  // namespace tutti::analyser
