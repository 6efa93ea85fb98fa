// Cholesky: solves the normal equations of a least-squares fit.
#pragma once

#include <cstddef>
#include <vector>

namespace tutti::analyser {

// Factor of a symmetric, positive definite matrix; directions without weight are left at zero.
class Cholesky {
 public:
  // Shapes: size x size, row by row.
  Cholesky(std::vector<double> matrix, std::size_t size);
  // Turns the right-hand side into the solution. Shapes: size.
  void solve(std::vector<double>& vector) const;

 private:
  std::vector<double> factor_;
  std::size_t size_;
};

}  // namespace tutti::analyser
