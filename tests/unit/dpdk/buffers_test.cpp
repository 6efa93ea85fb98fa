#include "dataplane/dpdk/buffers.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/base/check.h"
#include "tests/support/crossed_rings.h"

namespace tutti::dpdk {
namespace {

class BuffersTest : public testing::Test {
 protected:
  BuffersTest() {
    test_eal();
    for (auto& pool : pools_) {
      pool = ::rte_pktmbuf_pool_create(("buffers" + std::to_string(made++)).c_str(), kAll, 0, 0,
                                       RTE_PKTMBUF_HEADROOM + 256, 0);
      CHECK(pool != nullptr);
    }
  }
  ~BuffersTest() override {
    for (rte_mempool* pool : pools_) {
      EXPECT_EQ(::rte_mempool_avail_count(pool), kAll) << "a buffer was lost, or came back twice";
      ::rte_mempool_free(pool);
    }
  }

  rte_mbuf* take(std::size_t pool) {
    rte_mbuf* buffer = nullptr;
    CHECK(take_buffers(pools_[pool], {&buffer, 1}));
    return buffer;
  }
  static void give_back_copies(std::vector<rte_mbuf*> buffers) { give_back(buffers); }

  static constexpr unsigned kAll = 63;
  inline static int made = 0;
  std::array<rte_mempool*, 2> pools_{};
};

TEST_F(BuffersTest, TakesAllOrNone) {
  std::vector<rte_mbuf*> all(kAll);
  ASSERT_TRUE(take_buffers(pools_[0], all));
  rte_mbuf* none = nullptr;
  EXPECT_FALSE(take_buffers(pools_[0], {&none, 1}));
  give_back(all);
  give_back({});
}

TEST_F(BuffersTest, WhatIsTakenIsOnePieceOfOneOwner) {
  std::vector<rte_mbuf*> all(kAll);
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(take_buffers(pools_[0], all));
    for (rte_mbuf* buffer : all) {
      EXPECT_EQ(buffer->nb_segs, 1);
      EXPECT_EQ(buffer->next, nullptr);
      EXPECT_EQ(::rte_mbuf_refcnt_read(buffer), 1);
      EXPECT_TRUE(RTE_MBUF_DIRECT(buffer));
      buffer->data_off = 7;
      buffer->data_len = 5;
      buffer->pkt_len = 5;
      buffer->ol_flags = RTE_MBUF_F_TX_UDP_CKSUM;
    }
    give_back_copies(all);
  }
}

TEST_F(BuffersTest, EachGoesBackToItsOwnPool) {
  give_back_copies({take(0), take(1), take(1), take(0), take(0), take(1)});
}

TEST_F(BuffersTest, ThoseInPiecesAndThoseWithOtherOwnersTheLongWay) {
  rte_mbuf* const pieces = take(0);
  pieces->pkt_len = pieces->data_len = 10;
  rte_mbuf* const second = take(1);
  second->pkt_len = second->data_len = 10;
  ASSERT_EQ(::rte_pktmbuf_chain(pieces, second), 0);
  rte_mbuf* const shared = take(0);
  ::rte_mbuf_refcnt_update(shared, 1);
  rte_mbuf* const lent = take(1);
  lent->pkt_len = lent->data_len = 10;
  rte_mbuf* const looks = take(0);
  ::rte_pktmbuf_attach(looks, lent);
  give_back_copies({take(0), pieces, take(1), shared, looks, lent, take(0)});
  EXPECT_EQ(::rte_mempool_in_use_count(pools_[0]), 1u);  // the other owner's
  ::rte_pktmbuf_free(shared);
}

}  // namespace
}  // namespace tutti::dpdk
