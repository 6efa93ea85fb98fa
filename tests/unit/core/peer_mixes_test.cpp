// One core's view of a conference that others mix as well: what is heard of them, and when.
#include "dataplane/core/peer_mixes.h"

#include <algorithm>
#include <memory>
#include <random>

#include <gtest/gtest.h>

#include "dataplane/base/realtime.h"

namespace tutti::core {
namespace {

using mixer::MixPart;

constexpr std::uint32_t kPeer = 1;
constexpr mailbox::ConferenceHandle kOwn{2, 5};
constexpr mailbox::ConferenceHandle kShare{3, 7};

// What the peer says in a tick, at sample i: no two ticks alike, no step within or between them over 40.
std::int32_t said(std::uint64_t tick, std::size_t i) {
  const auto at = static_cast<std::int64_t>(tick * base::kFrameSamples + i) % 2'000;
  return static_cast<std::int32_t>((at < 1'000 ? at : 2'000 - at) * 40);
}

// Core 0 of two, whose conference is mixed in sub-slot 4; the other core's share is published by hand.
class Pair : public ::testing::Test {
 protected:
  Pair() : rings_(2, 8), peers_(std::make_unique<PeerMixes>(rings_, 0, 8, counters_)) {
    conference_.handle = kOwn;
  }

  void link() { peers_->link(conference_, kPeer, kPeer, kShare); }
  // The peer's tick, with `speakers` of its members in it.
  void publish(std::uint64_t tick, std::uint32_t speakers = 1, std::uint32_t phase = 2) {
    MixPart part;
    part.tenant = kShare.generation;
    part.contributors = speakers;
    part.phase = phase;
    base::SumFrame sum;
    for (std::size_t i = 0; i < sum.samples.size(); ++i) sum.samples[i] = speakers == 0 ? -1 : said(tick, i);
    auto& ring = rings_.open(kPeer, kShare.slot);
    ring.pass_to(kShare.generation);
    ring.publish(tick, part, sum);
  }
  // Our tick, with nobody here: what is heard of the peer.
  const base::SumFrame& tick(std::uint64_t tick) {
    const base::RealtimeSection turn;
    mixer_.begin_tick();
    peers_->exchange(conference_, {tick, 4, {}}, mixer_);
    return mixer_.sum();
  }
  static bool is_tick(const base::SumFrame& sum, std::uint64_t tick) {
    for (std::size_t i = 0; i < sum.samples.size(); ++i) {
      if (sum.samples[i] != said(tick, i)) return false;
    }
    return true;
  }
  static bool is_silence(const base::SumFrame& sum) {
    return std::all_of(sum.samples.begin(), sum.samples.end(), [](auto sample) { return sample == 0; });
  }
  std::uint64_t missed() const { return counters_.peer_ticks_missed.value(); }

  mailbox::CoreCounters counters_;
  RingDirectory rings_;
  std::unique_ptr<PeerMixes> peers_;
  Conference conference_;
  mixer::ConferenceMixer mixer_;
};

TEST(LeastLag, KeepsFiveMillisecondsBehindThePeer) {
  EXPECT_EQ(least_lag(4, 2), 0U);
  EXPECT_EQ(least_lag(4, 3), 1U);
  EXPECT_EQ(least_lag(4, 4), 1U);
  EXPECT_EQ(least_lag(0, 6), 1U);
  EXPECT_EQ(least_lag(0, 7), 2U);
  for (std::uint32_t own = 0; own < kSubSlots; ++own) {
    for (std::uint32_t phase = 0; phase < kSubSlots; ++phase) {
      const int ahead = static_cast<int>(own + least_lag(own, phase) * kSubSlots) - static_cast<int>(phase);
      EXPECT_GE(ahead, 2);
      EXPECT_LE(ahead, 9);
    }
  }
}

TEST_F(Pair, EachTickIsHeardOnceAndInOrderAfterAFadeIn) {
  link();
  EXPECT_TRUE(is_silence(tick(99))) << "not there yet, and no memory of its ring touched";
  for (std::uint64_t t = 100; t < 300; ++t) {
    publish(t);
    const auto& heard = tick(t);
    if (t > 100) {
      ASSERT_TRUE(is_tick(heard, t)) << t;
      continue;
    }
    EXPECT_EQ(heard.samples.front(), said(100, 0) / 320);
    EXPECT_NEAR(heard.samples.back(), said(100, 159), said(100, 159) / 160 + 1);
  }
  EXPECT_EQ(missed(), 0U);
  EXPECT_EQ(counters_.peer_ticks_mixed.value(), 200U);
}

TEST_F(Pair, ALinkIsAReaderOfThePeersRingUntilItIsUndone) {
  EXPECT_FALSE(rings_.readers(kPeer).any(kShare.slot));
  link();
  EXPECT_TRUE(rings_.readers(kPeer).any(kShare.slot));
  peers_->unlink(conference_, kPeer);
  EXPECT_FALSE(rings_.readers(kPeer).any(kShare.slot));
  link();
  peers_->close(conference_);
  EXPECT_FALSE(rings_.readers(kPeer).any(kShare.slot));
  EXPECT_EQ(conference_.peers, 0U);
}

TEST_F(Pair, OwnShareIsPublishedOnlyToReaders) {
  link();
  publish(9);
  mixer_.begin_tick();
  peers_->exchange(conference_, {9, 4, {}}, mixer_);
  EXPECT_EQ(rings_.find(0, kOwn.slot), nullptr);
  rings_.attach_reader(0, kOwn.slot);
  peers_->exchange(conference_, {10, 4, {}}, mixer_);
  EXPECT_EQ(rings_.find(0, kOwn.slot)->latest(), 10U);
  peers_->close(conference_);
  EXPECT_EQ(rings_.find(0, kOwn.slot)->tenant(), mixer::MixRing::kNobody);
}

TEST_F(Pair, OwnShareIsPublishedWithoutThePeers) {
  link();
  rings_.attach_reader(0, kOwn.slot);
  publish(10);
  base::Frame own;
  own.samples.fill(-77);
  mixer_.begin_tick();
  mixer_.add(own);
  peers_->exchange(conference_, {10, 4, {}}, mixer_);
  MixPart part;
  base::SumFrame sum;
  ASSERT_EQ(rings_.find(0, kOwn.slot)->read(10, part, sum), mixer::MixRead::kWhole);
  EXPECT_EQ(part.tenant, kOwn.generation);
  EXPECT_EQ(part.contributors, 1U);
  EXPECT_EQ(part.phase, 4U);
  EXPECT_TRUE(std::all_of(sum.samples.begin(), sum.samples.end(), [](auto s) { return s == -77; }));
  EXPECT_EQ(mixer_.contributors(), 2U);
}

// A peer that is mixed later in the tick is heard one tick behind, whatever the moment it is asked at.
TEST_F(Pair, APeerThatComesLaterInTheTickIsHeardOneBehind) {
  link();
  for (std::uint64_t t = 50; t < 80; ++t) {
    publish(t, 1, 6);
    const auto& heard = tick(t);
    if (t > 52) {
      ASSERT_TRUE(is_tick(heard, t - 1)) << t;
    }
  }
}

TEST_F(Pair, LateByATickItIsHeardOneLaterAndNothingIsLostOrRepeated) {
  link();
  for (std::uint64_t t = 10; t < 20; ++t) {
    publish(t);
    tick(t);
  }
  const auto before = tick(20);  // 20 has not come
  EXPECT_EQ(missed(), 1U);
  publish(20);
  tick(21);  // 20, fading in
  for (std::uint64_t t = 22; t < 40; ++t) {
    publish(t - 1);
    ASSERT_TRUE(is_tick(tick(t), t - 1)) << t;
  }
  EXPECT_EQ(missed(), 1U);
  // What stood in began where 19 stopped, and ended in silence.
  EXPECT_NEAR(before.samples.front(), said(19, 159), said(19, 159) / 100);
  EXPECT_NEAR(before.samples.back(), 0, said(19, 0) / 300 + 1);
}

TEST_F(Pair, AWaitThatHasProvenVainIsGivenBackByACrossFade) {
  link();
  for (std::uint64_t t = 10; t < 20; ++t) {
    publish(t);
    tick(t);
  }
  tick(20);
  tick(21);
  publish(20);
  publish(21);
  publish(22);
  std::uint64_t t = 22;
  tick(t);  // 20
  std::uint64_t next = 21;
  std::vector<std::uint64_t> faded_at;
  std::int32_t previous = said(20, 159);
  for (++t; t < 700; ++t) {
    publish(t);
    const auto& heard = tick(t);
    for (const auto sample : heard.samples) {
      ASSERT_LE(std::abs(sample - previous), 400) << "a click at " << t;
      previous = sample;
    }
    if (is_tick(heard, next)) {
      ++next;
      continue;
    }
    faded_at.push_back(t);
    EXPECT_NEAR(heard.samples.front(), said(next, 0), 400);
    EXPECT_NEAR(heard.samples.back(), said(next + 1, 159), 400);
    next += 2;
  }
  EXPECT_EQ(faded_at.size(), 2U);
  EXPECT_EQ(next, t) << "as close as at first";
  EXPECT_GE(faded_at.at(1) - faded_at.at(0), PeerMixes::kSpareTicks);
  EXPECT_EQ(missed(), 2U);
}

TEST_F(Pair, OneThatStandsStillIsSilentCountedAndBackByItself) {
  link();
  for (std::uint64_t t = 10; t < 20; ++t) {
    publish(t);
    tick(t);
  }
  EXPECT_FALSE(is_silence(tick(20))) << "it fades out";
  for (std::uint64_t t = 21; t < 45; ++t) ASSERT_TRUE(is_silence(tick(t))) << t;
  EXPECT_EQ(missed(), 25U);
  // It left out what it slept through, but for the last ten.
  for (std::uint64_t t = 35; t <= 45; ++t) publish(t);
  EXPECT_EQ(tick(45).samples.front(), said(42, 0) / 320);
  for (std::uint64_t t = 46; t < 60; ++t) {
    publish(t);
    ASSERT_TRUE(is_tick(tick(t), t - 3)) << "at most 60 ms behind";
  }
}

TEST_F(Pair, WeReturnFromAStopOfOurOwn) {
  link();
  for (std::uint64_t t = 10; t < 20; ++t) {
    publish(t);
    tick(t);
  }
  for (std::uint64_t t = 20; t < 60; ++t) publish(t);
  EXPECT_EQ(tick(48).samples.front(), said(48, 0) / 320) << "fades in: 29 ticks were left out";
  for (std::uint64_t t = 49; t < 60; ++t) ASSERT_TRUE(is_tick(tick(t), t)) << t;
}

TEST_F(Pair, ASilentShareCostsNoSamplesAndNoFade) {
  link();
  for (std::uint64_t t = 10; t < 15; ++t) {
    publish(t, 0);
    ASSERT_TRUE(is_silence(tick(t)));
  }
  publish(15);
  EXPECT_TRUE(is_tick(tick(15), 15)) << "its talker's gate opened before the syllable";
  EXPECT_EQ(mixer_.contributors(), 1U);
}

TEST_F(Pair, ARingThatPassedToAnotherConferenceIsNotHeardAndNotMissed) {
  link();
  for (std::uint64_t t = 10; t < 15; ++t) {
    publish(t);
    tick(t);
  }
  auto& ring = rings_.open(kPeer, kShare.slot);
  ring.pass_to(mixer::MixRing::kNobody);
  tick(15);  // fades out
  ring.pass_to(kShare.generation + 1);
  MixPart foreign;
  foreign.tenant = kShare.generation + 1;
  foreign.contributors = 1;
  base::SumFrame secret;
  secret.samples.fill(12'345);
  for (std::uint64_t t = 16; t < 30; ++t) {
    ring.publish(t, foreign, secret);
    ASSERT_TRUE(is_silence(tick(t))) << t;
  }
  EXPECT_EQ(missed(), 0U);
}

// The last of a share leaves, and signaling unlinks it before what the share said last is heard here.
TEST_F(Pair, WhatWasHeardOfOneThatIsUnlinkedFadesOutBackwards) {
  link();
  for (std::uint64_t t = 100; t < 110; ++t) {
    publish(t);
    tick(t);
  }
  peers_->unlink(conference_, kPeer);
  publish(110);
  const base::SumFrame last = tick(110);
  for (std::size_t i = 0; i < last.samples.size(); ++i) {
    const auto line = static_cast<std::int64_t>(2 * (last.samples.size() - i) - 1);
    ASSERT_EQ(last.samples[i], std::int64_t{said(109, 159 - i)} * line / 320) << i;
  }
  EXPECT_EQ(conference_.peers, 0U);
  EXPECT_TRUE(is_silence(tick(111)));
  EXPECT_EQ(missed(), 0U);
}

TEST_F(Pair, AnotherShareTakesTheNumberOfOneThatHasJustBeenUnlinked) {
  link();
  publish(10);
  tick(10);
  peers_->unlink(conference_, kPeer);
  link();
  publish(11);
  EXPECT_EQ(tick(11).samples.front(), said(11, 0) / 320) << "fades in";
  publish(12);
  EXPECT_TRUE(is_tick(tick(12), 12));
  EXPECT_TRUE(rings_.readers(kPeer).any(kShare.slot));
}

TEST_F(Pair, LinkedAnewToTheNextTenantItHearsThatOne) {
  link();
  publish(10);
  tick(10);
  peers_->unlink(conference_, kPeer);
  publish(11);
  tick(11);  // fades out
  publish(12);
  EXPECT_TRUE(is_silence(tick(12)));
  EXPECT_EQ(missed(), 0U);
  const mailbox::ConferenceHandle next{kShare.slot, kShare.generation + 1};
  peers_->link(conference_, kPeer, kPeer, next);
  publish(13);  // still the old one
  EXPECT_TRUE(is_silence(tick(13)));
  MixPart part;
  part.tenant = next.generation;
  part.contributors = 1;
  base::SumFrame sum;
  sum.samples.fill(500);
  for (std::uint64_t t = 14; t < 17; ++t) {
    rings_.open(kPeer, next.slot).publish(t, part, sum);
    tick(t);
  }
  EXPECT_EQ(mixer_.sum().samples[0], 500);
}

TEST_F(Pair, MoreVoicesThanASumHoldsAreLeftOutAndCounted) {
  link();
  publish(10);
  tick(10);
  publish(11, mixer::ConferenceMixer::kContributorsMax);
  base::Frame own;
  own.samples.fill(1);
  mixer_.begin_tick();
  mixer_.add(own);
  peers_->exchange(conference_, {11, 4, {}}, mixer_);
  EXPECT_EQ(mixer_.contributors(), 1U);
  EXPECT_EQ(missed(), 1U);
  EXPECT_EQ(counters_.peer_ticks_mixed.value(), 1U) << "the tick before";
}

// Any lateness within the margin changes nothing: the same ticks, the same samples.
TEST_F(Pair, LatenessWithinTheMarginIsNeverHeard) {
  constexpr std::uint32_t kSeed = 9;
  std::mt19937 random(kSeed);
  link();
  publish(9, 1, 6);
  publish(10, 1, 6);
  tick(11);
  std::uint64_t published = 10;
  for (std::uint64_t t = 12; t < 1'000; ++t) {
    // The peer's tick t-1 was due in sub-slot 6 before ours in sub-slot 4: 15 ms. Its own t may be early.
    while (published < t - 1 + random() % 2) publish(++published, 1, 6);
    ASSERT_TRUE(is_tick(tick(t), t - 1)) << "seed " << kSeed << ", tick " << t;
  }
  EXPECT_EQ(missed(), 0U);
}

// The share's slot has another conference at once, and the first tick of that is the one that would be faded
// into.
TEST_F(Pair, ALagIsNotGivenBackIntoAnotherConferencesTick) {
  link();
  publish(100);
  tick(100);
  tick(101);  // it is late: a tick more is waited from now on
  publish(101);
  const std::uint64_t last = 100 + PeerMixes::kSpareTicks;
  for (std::uint64_t t = 102; t <= last; ++t) {
    publish(t);
    tick(t);
  }
  MixPart part;
  part.tenant = kShare.generation + 1;
  part.contributors = 1;
  base::SumFrame secret;
  secret.samples.fill(30'000);
  auto& ring = rings_.open(kPeer, kShare.slot);
  ring.pass_to(part.tenant);
  ring.publish(last + 1, part, secret);
  EXPECT_TRUE(is_tick(tick(last + 1), last));
}

}  // namespace
}  // namespace tutti::core
