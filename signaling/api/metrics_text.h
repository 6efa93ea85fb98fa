// MetricsText: figures as Prometheus reads them. Source: the text exposition format, version 0.0.4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "dataplane/base/histogram.h"

namespace tutti::api {

using MetricLabels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// One family after the other, each with all its samples behind it.
class MetricsText {
 public:
  // `type` is counter, gauge or histogram; what follows belongs to it.
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(std::uint64_t value, MetricLabels labels = {});
  void sample(std::int64_t value, MetricLabels labels = {});
  void sample(double value, MetricLabels labels = {});
  // One of microseconds, as seconds, with the bounds of kHistogramBounds.
  void histogram_us(const base::Histogram& values, MetricLabels labels);
  // One of packets taken at once, with the bounds of kBurstBounds.
  void histogram_of_bursts(const base::Histogram& values, MetricLabels labels);

  std::string take() { return std::move(text_); }

 private:
  void histogram(const base::Histogram& histogram, MetricLabels labels, std::span<const std::uint64_t> bounds,
                 double unit);
  void line(std::string_view suffix, MetricLabels labels, std::string_view le, std::string_view value);

  std::string text_;
  std::string name_;
};

// In microseconds. Each is the greatest value of a bucket of base::LogBuckets, so that no count is a guess:
// 2^n - 1, and beside them what is late (5 ms) and a tick (20 ms), as near as buckets are.
inline constexpr std::uint64_t kHistogramBounds[] = {63,    127,   255,   511,    1'023,  2'047,
                                                     4'095, 5'119, 8'191, 16'383, 20'479, 32'767};
// In packets: a bucket's greatest as well.
inline constexpr std::uint64_t kBurstBounds[] = {1, 2, 4, 8, 16, 31, 63};

}  // namespace tutti::api
