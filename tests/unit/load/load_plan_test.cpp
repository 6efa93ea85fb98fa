#include "tools/load/load_plan.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "tools/analyser/sweep.h"
#include "tools/load/voice_bank.h"

namespace tutti::load {
namespace {

TEST(LoadPlan, NamesEachRoomsUri) {
  EXPECT_EQ(room_uri("sip:room{room}@127.0.0.1:5060", 12), "sip:room12@127.0.0.1:5060");
  EXPECT_EQ(room_uri("sip:{room}-{room}@h", 3), "sip:3-3@h");
  EXPECT_EQ(room_uri("sip:one@h", 3), "sip:one@h");
}

TEST(LoadPlan, FindsTheAddressInAUri) {
  const auto leads_to = [](const char* uri, const char* address) {
    const auto found = target_address(uri);
    ASSERT_TRUE(found) << found.error();
    EXPECT_EQ(base::to_string(*found), address);
  };
  leads_to("sip:r{room}@127.0.0.1:5080", "127.0.0.1:5080");
  leads_to("sip:r@127.0.0.1", "127.0.0.1:5060");
  leads_to("sip:r@127.0.0.1:5080;transport=tcp", "127.0.0.1:5080");
  leads_to("sip:r@127.0.0.1;maddress;user=phone", "127.0.0.1:5060");
  leads_to("sip:r@[::1]:5080", "[::1]:5080");
  leads_to("sip:r@[::1]", "[::1]:5060");
  for (const char* bad :
       {"", "r@127.0.0.1", "sip:127.0.0.1", "sip:@127.0.0.1", "sip:r@example.com", "sip:r@",
        "sip:r@127.0.0.1:0", "sip:r@127.0.0.1:99999", "sip:r@{room}",
        // Whom the SIP library would call instead.
        "sip:r@192.0.2.1;x=@127.0.0.1", "sip:r@192.0.2.1@127.0.0.1", "sip:r@127.0.0.1;maddr=192.0.2.1",
        "sip:r@127.0.0.1:5080;transport=tcp;MAddr=192.0.2.1",
        "sip:r@127.0.0.1?Route=%3Csip:192.0.2.1%3Blr%3E", "sip:r@127.0.0.1;a?b=c"}) {
    const auto found = target_address(bad);
    ASSERT_FALSE(found) << bad;
    EXPECT_NE(found.error().find("--uri"), std::string::npos);
  }
}

TEST(LoadPlan, RefusesWhatMustNotBe) {
  LoadPlan plan;
  EXPECT_EQ(refusal(plan), "");
  plan.uri = "sip:r{room}@192.0.2.1";
  EXPECT_NE(refusal(plan).find("--allow-remote"), std::string::npos);
  plan.allow_remote = true;
  EXPECT_EQ(refusal(plan), "");
  plan.uri = "sip:r{room}@0.0.0.0";
  EXPECT_NE(refusal(plan), "");
  plan.uri = "sip:r@127.9.9.9";
  plan.allow_remote = false;
  EXPECT_EQ(refusal(plan), "");
  plan.rooms = 2;
  EXPECT_NE(refusal(plan).find("{room}"), std::string::npos);
  plan.uri = "sip:r@127.0.0.1;x={room}";
  EXPECT_NE(refusal(plan), "");
  plan.uri = "sip:r{room}@[::1]";
  EXPECT_EQ(refusal(plan), "");
  plan.talkers = 4;
  EXPECT_NE(refusal(plan).find("--talkers 4"), std::string::npos);
  plan.per_room = 100;
  plan.talkers = 65;
  EXPECT_NE(refusal(plan).find("64"), std::string::npos);
}

TEST(LoadPlan, RefusesMoreCallersThanAnAddressHasPorts) {
  LoadPlan plan;
  plan.per_room = 8;
  plan.rooms = 64'512 / 8;
  EXPECT_EQ(refusal(plan), "");
  plan.rooms += 1;
  EXPECT_NE(refusal(plan).find("64520 callers"), std::string::npos);
  plan.rooms = plan.per_room = 50'000;
  EXPECT_NE(refusal(plan).find("2500000000 callers"), std::string::npos);
}

TEST(LoadPlan, RefusesARateThatIsNoNumber) {
  LoadPlan plan;
  plan.rate = std::nan("");
  EXPECT_NE(refusal(plan).find("--rate"), std::string::npos);
}

TEST(LoadPlan, RefusesThePacketWayToWhereItDoesNotLead) {
  LoadPlan plan;
  plan.rooms = 1;
  plan.io = IoChoice::kPacket;
  EXPECT_EQ(refusal(plan), "");
  plan.uri = "sip:r@[::1]";
  EXPECT_NE(refusal(plan).find("--io packet"), std::string::npos);
  plan.uri = "sip:r@192.0.2.1";
  plan.allow_remote = true;
  EXPECT_NE(refusal(plan).find("--io packet"), std::string::npos);
  plan.uri = "sip:r@127.0.0.1";
  EXPECT_NE(refusal(plan).find("--allow-remote"), std::string::npos);
  plan.io = IoChoice::kAuto;
  EXPECT_EQ(refusal(plan), "");
}

TEST(LoadPlan, SpreadsTheSampleOverRoomsAndSeats) {
  struct Case {
    std::size_t rooms, per_room, sample;
  };
  for (const Case& one : {Case{1, 3, 64}, Case{5, 8, 64}, Case{250, 8, 64}, Case{1, 4'000, 64},
                          Case{3, 100, 64}, Case{63, 2, 64}, Case{64, 9, 64}, Case{7, 5, 1}}) {
    SCOPED_TRACE(testing::Message() << one.rooms << " x " << one.per_room);
    LoadPlan plan;
    plan.rooms = one.rooms;
    plan.per_room = one.per_room;
    plan.sample = one.sample;
    const std::vector<std::size_t> chosen = choose_sample(plan);
    const std::size_t count = std::min(one.sample, plan.callers());
    ASSERT_EQ(chosen.size(), count);
    EXPECT_TRUE(std::is_sorted(chosen.begin(), chosen.end()));
    std::set<std::size_t> callers;
    std::set<std::size_t> rooms;
    std::set<std::size_t> seats;
    for (const std::size_t caller : chosen) {
      ASSERT_LT(caller, plan.callers());
      callers.insert(caller);
      rooms.insert(plan.room_of(caller));
      seats.insert(plan.seat_of(caller));
    }
    EXPECT_EQ(callers.size(), count);
    EXPECT_EQ(rooms.size(), std::min(count, one.rooms));
    if (count > 1 && one.per_room < 10) {
      EXPECT_EQ(seats.size(), one.per_room);
    }
  }
}

TEST(LoadPlan, ProbesLieInTheTimeMeasured) {
  for (const int secs : {2, 3, 5, 6, 10, 59, 61, 3'600}) {
    const auto times = probe_times(secs);
    ASSERT_EQ(times.size(), static_cast<std::size_t>(std::min(secs / 2, Probe::kPerRunMax)));
    EXPECT_EQ(times.front(), base::Duration::zero());
    EXPECT_LE(times.back() + Probe::kLength, std::chrono::seconds(secs));
    for (std::size_t i = 1; i < times.size(); ++i) EXPECT_GE(times[i] - times[i - 1], Probe::kLength);
  }
}

TEST(VoiceBank, TonesGoOnWithoutABreak) {
  LoadPlan plan;
  plan.rooms = 4;
  const VoiceBank bank(plan);
  for (const analyser::Law law : {analyser::Law::kMu, analyser::Law::kA}) {
    for (std::size_t tone = 0; tone < bank.tones(); ++tone) {
      analyser::ToneGenerator generator(bank.tone(tone));
      analyser::Samples frame(kPacketSamples);
      std::vector<std::byte> codes(kPacketSamples);
      for (std::uint64_t packet = 0; packet < 120; ++packet) {
        generator.next(frame);
        analyser::encode_g711(law, frame, codes);
        const auto payload = bank.tone_packet(law, tone, packet);
        ASSERT_TRUE(std::equal(codes.begin(), codes.end(), payload.begin(), payload.end())) << packet;
      }
    }
  }
}

TEST(VoiceBank, SweepAndSilenceAreWhatTheyAreCalled) {
  const VoiceBank bank(LoadPlan{});
  analyser::Samples heard;
  for (std::size_t i = 0; i < VoiceBank::kSweepPackets; ++i) {
    analyser::Samples frame(kPacketSamples);
    analyser::decode_g711(analyser::Law::kA, bank.sweep_packet(analyser::Law::kA, i), frame);
    heard.insert(heard.end(), frame.begin(), frame.end());
  }
  EXPECT_EQ(heard, analyser::through_g711(analyser::Law::kA, analyser::make_sweep(bank.sweep_amplitude())));
  EXPECT_EQ(bank.silence(analyser::Law::kMu)[0], std::byte{0xFF});
  EXPECT_EQ(bank.silence(analyser::Law::kA)[159], std::byte{0xD5});
}

TEST(VoiceBank, TellsTalkersAndNeighboursApartWithoutSaturation) {
  LoadPlan plan;
  plan.per_room = 64;
  for (const std::size_t rooms : {1U, 2U, 9U, 250U}) {
    for (const std::size_t talkers : {1U, 2U, 3U, 8U, 12U, 23U, 24U, 25U, 64U}) {
      plan.rooms = rooms;
      plan.talkers = talkers;
      const VoiceBank bank(plan);
      EXPECT_LE(static_cast<double>(talkers - 1) * bank.tone(0).amplitude + bank.sweep_amplitude(), 30'000.0);
      for (std::size_t room = 0; room < rooms; ++room) {
        std::set<std::size_t> tones;
        for (std::size_t seat = 0; seat < talkers; ++seat) tones.insert(bank.tone_of(room, seat));
        EXPECT_EQ(tones.size(), talkers);
        if (talkers > 12 || room + 1 == rooms) continue;
        for (std::size_t seat = 0; seat < talkers; ++seat) {
          EXPECT_EQ(tones.count(bank.tone_of(room + 1, seat)), 0U) << rooms << " " << talkers;
        }
      }
    }
  }
}

}  // namespace
}  // namespace tutti::load
