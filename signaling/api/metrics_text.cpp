#include "signaling/api/metrics_text.h"

#include <array>
#include <cstdio>

namespace tutti::api {
namespace {

// Source: the format's own rules: a backslash, a quote and a line feed are escaped, nothing else.
void append_escaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
}

std::string number(double value) {
  std::array<char, 32> text;
  const int length = std::snprintf(text.data(), text.size(), "%.12g", value);
  return {text.data(), static_cast<std::size_t>(length)};
}

constexpr double kSecond = 1e-6;  // a microsecond

constexpr bool bounds_are_of_buckets(std::span<const std::uint64_t> bounds) {
  for (const std::uint64_t bound : bounds) {
    if (base::LogBuckets::greatest(base::LogBuckets::of(bound)) != bound) return false;
  }
  return true;
}
static_assert(bounds_are_of_buckets(kHistogramBounds) && bounds_are_of_buckets(kBurstBounds));

}  // namespace

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void MetricsText::line(std::string_view suffix, MetricLabels labels, std::string_view le,
                       std::string_view value) {
  text_.append(name_).append(suffix);
  char mark = '{';
  const auto label = [&](std::string_view name, std::string_view of) {
    text_ += std::exchange(mark, ',');
    text_.append(name).append("=\"");
    append_escaped(text_, of);
    text_ += '"';
  };
  for (const auto& [name, of] : labels) label(name, of);
  if (!le.empty()) label("le", le);
  if (mark == ',') text_ += '}';
  text_.append(" ").append(value).append("\n");
}

void MetricsText::sample(std::uint64_t value, MetricLabels labels) {
  line("", labels, "", std::to_string(value));
}
void MetricsText::sample(std::int64_t value, MetricLabels labels) {
  line("", labels, "", std::to_string(value));
}
void MetricsText::sample(double value, MetricLabels labels) {
  line("", labels, "", number(value));
}

void MetricsText::histogram_us(const base::Histogram& values, MetricLabels labels) {
  histogram(values, labels, kHistogramBounds, kSecond);
}
void MetricsText::histogram_of_bursts(const base::Histogram& values, MetricLabels labels) {
  histogram(values, labels, kBurstBounds, 1);
}

void MetricsText::histogram(const base::Histogram& histogram, MetricLabels labels,
                            std::span<const std::uint64_t> bounds, double unit) {
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  const auto up_to = [&](std::size_t end) {
    for (; bucket < end; ++bucket) seen += histogram.count(bucket);
    return std::to_string(seen);
  };
  for (const std::uint64_t bound : bounds) {
    const std::string count = up_to(base::LogBuckets::of(bound) + 1);
    line("_bucket", labels, number(static_cast<double>(bound) * unit), count);
  }
  const std::string all = up_to(base::LogBuckets::kCount);
  line("_bucket", labels, "+Inf", all);
  line("_sum", labels, "", number(static_cast<double>(histogram.sum()) * unit));
  line("_count", labels, "", all);
}

}  // namespace tutti::api
