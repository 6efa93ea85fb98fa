// Correlator: where one signal lies in another, for every delay at once (by FFT).
#pragma once

#include <complex>
#include <cstddef>
#include <span>
#include <vector>

namespace tutti::analyser {

// In place; a power of two. The inverse is not scaled.
void fast_fourier_transform(std::span<std::complex<double>> values, bool inverse);

// Holds the longer signal; asked with shorter ones of one length.
class Correlator {
 public:
  // Shapes: shorter <= longer.
  Correlator(std::span<const double> longer, std::size_t shorter);
  // out[d] = sum over n of probe[n] longer[n + d], for d in [0, longer - shorter].
  void correlate(std::span<const std::complex<double>> probe, std::vector<double>& out) const;
  // The probe's transform, to be asked of any Correlator of the same sizes.
  std::vector<std::complex<double>> transform(std::span<const double> probe) const;

 private:
  std::size_t size_;
  std::size_t delays_;
  std::vector<std::complex<double>> spectrum_;
};

}  // namespace tutti::analyser
