#include "tools/analyser/least_squares.h"

#include <cmath>
#include <utility>

#include "dataplane/base/check.h"

namespace tutti::analyser {

Cholesky::Cholesky(std::vector<double> matrix, std::size_t size) : factor_(std::move(matrix)), size_(size) {
  CHECK(factor_.size() == size * size);
  for (std::size_t row = 0; row < size; ++row) {
    const double whole = factor_[row * size + row];
    for (std::size_t column = 0; column <= row; ++column) {
      double rest = factor_[row * size + column];
      for (std::size_t k = 0; k < column; ++k) rest -= factor_[row * size + k] * factor_[column * size + k];
      if (row == column) {
        factor_[row * size + row] = rest > 1e-9 * whole ? std::sqrt(rest) : 0.0;
      } else {
        const double pivot = factor_[column * size + column];
        factor_[row * size + column] = pivot > 0.0 ? rest / pivot : 0.0;
      }
    }
  }
}

void Cholesky::solve(std::vector<double>& vector) const {
  CHECK(vector.size() == size_);
  for (std::size_t row = 0; row < size_; ++row) {
    for (std::size_t k = 0; k < row; ++k) vector[row] -= factor_[row * size_ + k] * vector[k];
    const double pivot = factor_[row * size_ + row];
    vector[row] = pivot > 0.0 ? vector[row] / pivot : 0.0;
  }
  for (std::size_t row = size_; row-- > 0;) {
    for (std::size_t k = row + 1; k < size_; ++k) vector[row] -= factor_[k * size_ + row] * vector[k];
    const double pivot = factor_[row * size_ + row];
    vector[row] = pivot > 0.0 ? vector[row] / pivot : 0.0;
  }
}

}  // namespace tutti::analyser
