#include "signaling/sip/request_rate.h"

#include <memory>

#include <gtest/gtest.h>

namespace tutti::sip {
namespace {

TEST(RequestRate, ACallHasItsRequestsInEachWindowWhateverOthersDo) {
  const auto rate = std::make_unique<RequestRate>();
  const base::Instant start{RequestRate::kWindow * 5};
  const base::Instant last = start + RequestRate::kWindow - base::Duration(1);
  for (std::uint32_t i = 0; i < RequestRate::kRequests; ++i) EXPECT_TRUE(rate->try_enter("flood", start));
  EXPECT_FALSE(rate->try_enter("flood", start));
  EXPECT_FALSE(rate->try_enter("flood", last));
  for (std::uint32_t i = 0; i < RequestRate::kRequests; ++i) EXPECT_TRUE(rate->try_enter("other", last));
  EXPECT_FALSE(rate->try_enter("other", last));
  EXPECT_TRUE(rate->try_enter("flood", start + RequestRate::kWindow));
}

}  // namespace
}  // namespace tutti::sip
