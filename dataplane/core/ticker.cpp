#include "dataplane/core/ticker.h"

namespace tutti::core {

// Default-initialised: pages are touched as conferences grow.
Ticker::Ticker(CoreState& state)
    : state_(state), frames_(new base::Frame[state.options.capacity.participants]) {}

void Ticker::run(base::Instant now) TUTTI_REALTIME {
  TickWheel& wheel = state_.wheel;
  if (!wheel.started()) wheel.start(now);
  wheel.skip(now, kPatience);
  for (std::uint32_t i = 0; i < kSubSlots && wheel.due(now); ++i) {
    const TickWheel::Turn turn = wheel.advance();
    const auto links = state_.wheel_links();
    const SlotList& whole = state_.sub_slots[turn.sub_slot];
    for (auto slot = whole.first(); slot != kNoSlot; slot = links(slot).next) {
      tick(state_.conferences[slot], turn);
    }
    const SlotList& half = state_.sub_slots[(turn.sub_slot + kSubSlots / 2) % kSubSlots];
    for (auto slot = half.first(); slot != kNoSlot; slot = links(slot).next) {
      half_tick(state_.conferences[slot]);
    }
    state_.port.flush();

    state_.counters.ticks.add(whole.size());
    const base::Instant end = state_.options.clock == nullptr ? now : state_.options.clock();
    if (end - turn.due > kLateAfter) state_.counters.late_ticks.add(whole.size());
  }
}

void Ticker::tick(Conference& conference, const TickWheel::Turn& turn) TUTTI_REALTIME {
  if (conference.ticking && conference.next_tick != turn.tick) {
    const auto missed = static_cast<std::uint32_t>(turn.tick - conference.next_tick);
    const auto links = state_.member_links();
    for (auto slot = conference.members.first(); slot != kNoSlot; slot = links(slot).next) {
      state_.participants[slot].outbound.skip(missed);
    }
  }
  conference.ticking = true;
  conference.next_tick = turn.tick + 1;

  gather(conference);
  state_.rings[conference.handle.slot].publish(turn.tick, conference.mixer.sum());
  hand_out(conference, turn);
}

void Ticker::gather(Conference& conference) TUTTI_REALTIME {
  conference.mixer.begin_tick();
  const auto links = state_.member_links();
  base::Frame* frame = frames_.get();
  for (auto slot = conference.members.first(); slot != kNoSlot; slot = links(slot).next, ++frame) {
    Participant& participant = state_.participants[slot];
    // Taken whether or not it is mixed: the stream's clock is the tick.
    const auto kind = participant.inbound.pop(*frame, state_.payloads);
    if (kind == stream::FrameKind::kConcealed) state_.counters.frames_concealed.add();
    participant.in_mix =
        kind != stream::FrameKind::kSilence && !participant.mix.muted && participant.media.may_receive;
    if (participant.in_mix) conference.mixer.add(*frame);
  }
  state_.counters.frames_mixed.add(conference.mixer.contributors());
}

void Ticker::hand_out(Conference& conference, const TickWheel::Turn& turn) TUTTI_REALTIME {
  static constexpr base::Frame kSilence{};
  base::Frame listeners;  // what everyone hears who is not in the mix
  conference.mixer.full_mix(listeners);

  const auto links = state_.member_links();
  const base::Frame* own = frames_.get();
  for (auto slot = conference.members.first(); slot != kNoSlot; slot = links(slot).next, ++own) {
    Participant& participant = state_.participants[slot];
    base::Frame minus_own;
    const base::Frame* heard = &listeners;
    if (participant.mix.deaf) {
      heard = &kSilence;
    } else if (participant.in_mix) {
      conference.mixer.mix_minus(*own, minus_own);
      heard = &minus_own;
    }
    auto& outbound = participant.outbound;
    const auto out = outbound.tick_due() ? state_.port.reserve() : std::span<std::byte>();
    const std::size_t bytes = outbound.tick(*heard, turn.due, out);
    state_.send(participant, net::Flow::kRtp, participant.rtp_latch.destination(), bytes);
    conference.half_tick_due |= outbound.half_tick_due();
    look_after(participant, turn.due);
  }
}

void Ticker::half_tick(Conference& conference) TUTTI_REALTIME {
  if (!conference.half_tick_due) return;
  conference.half_tick_due = false;
  const auto links = state_.member_links();
  for (auto slot = conference.members.first(); slot != kNoSlot; slot = links(slot).next) {
    Participant& participant = state_.participants[slot];
    if (!participant.outbound.half_tick_due()) continue;
    const std::size_t bytes = participant.outbound.half_tick(state_.port.reserve());
    state_.send(participant, net::Flow::kRtp, participant.rtp_latch.destination(), bytes);
  }
}

// What else is due now and then.
void Ticker::look_after(Participant& participant, base::Instant now) TUTTI_REALTIME {
  if (participant.rtcp.due(now)) state_.send_rtcp(participant, now, false);
  if (participant.rtp_latch.reopen(now)) state_.port.disconnect(endpoint_of(participant), net::Flow::kRtp);
  if (!participant.timeout_told && participant.silent_too_long(now) && state_.outbox.room() > 0) {
    participant.timeout_told = true;
    state_.outbox.put(mailbox::MediaTimedOut{participant.handle});
  }
}

}  // namespace tutti::core
