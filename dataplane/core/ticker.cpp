#include "dataplane/core/ticker.h"

#include <algorithm>
#include <array>

#include "dataplane/base/prefetch.h"
#include "dataplane/core/arrival_prefetch.h"
#include "mixer/dsp/fade.h"

namespace tutti::core {

// Pages of both are touched as conferences grow: a frame is written before it is read.
Ticker::Ticker(CoreState& state, Reception& reception, Reporting& reporting, Moves& moves)
    : state_(state),
      reception_(reception),
      reporting_(reporting),
      moves_(moves),
      choice_(state.options.capacity.participants),
      follower_(state),
      talkers_(mixer_),
      classes_(mixer_),
      own_mixes_(state, mixer_),
      whole_mixes_(state, classes_),
      personal_(state, mixer_),
      ahead_(state),
      looks_(state.port.looks()),
      look_lines_(state.port.look_lines()),
      step_members_(looks_ ? kStepMembers : kStepMembersOfAll),
      speakers_(new std::uint32_t[state.options.capacity.participants]),
      frames_(state.options.capacity.participants, base::Pages::kPlain) {}

std::uint32_t Ticker::run(base::Instant now) TUTTI_REALTIME {
  TickWheel& wheel = state_.wheel;
  turn_began_ = now;
  if (!wheel.started()) wheel.start(now);
  wheel.skip(now, kPatience);
  std::uint32_t done = 0;
  for (; done < kSubSlots && wheel.due(now); ++done) {
    // Less late than a tick, each socket holds one packet as always, and to look for more costs what is
    // short.
    const bool late = now - wheel.next_due() >= base::kTick;
    const TickWheel::Turn turn = wheel.advance();
    const std::uint32_t ticks = run_sub_slot(turn, late);
    state_.counters.ticks.add(ticks);
    const base::Instant end = this->now();
    if (end - turn.due > kLateAfter) state_.counters.late_ticks.add(ticks);
    state_.counters.lateness_us.add(
        static_cast<std::uint64_t>((end - turn.due) / std::chrono::microseconds(1)));
  }
  return done;
}

// Returns how many conferences have ticked.
std::uint32_t Ticker::run_sub_slot(const TickWheel::Turn& turn, bool late) TUTTI_REALTIME {
  const std::uint32_t ticks = ahead_.begin(turn);
  for (std::uint32_t i = 0; i < ticks;) {
    const std::uint32_t end = ahead_.step(i, step_members_);
    take_packets(ahead_.members(i, end), late);
    in_haste_ = now() - turn.due >= kSubSlot;
    for (; i < end; ++i) tick(i, turn);
    state_.port.flush();
  }
  // As a rule nobody has such packets, and each conference is a line of memory.
  if (half_walks_ != 0) {
    --half_walks_;
    const auto links = state_.wheel_links();
    const SlotList& half = state_.sub_slots[(turn.sub_slot + kSubSlots / 2) % kSubSlots];
    for (auto slot = half.first(); slot != kNoSlot; slot = links(slot).next)
      half_tick(state_.conferences[slot]);
  }
  moves_.run(turn);
  state_.port.flush();
  return ticks;
}

// Before the conferences are mixed whose members these are.
void Ticker::take_packets(std::span<Participant* const> members, bool late) TUTTI_REALTIME {
  if (looks_) {
    // Together, for else each is waited for; and what their packets touch comes while the kernel is asked.
    for (const Participant* const member : members) {
      look_lines_.prefetch(net::EndpointId{ahead_.slot_of(member)});
      prefetch_expected(state_, *member, ahead_.slot_of(member));
    }
    for (const Participant* const member : members)
      state_.port.look(net::EndpointId{ahead_.slot_of(member)}, late);
  }
  reception_.run();
}

// The i-th conference of the sub-slot.
void Ticker::tick(std::uint32_t i, const TickWheel::Turn& turn) TUTTI_REALTIME {
  Conference& conference = ahead_.conference(i);
  if (conference.ticking && conference.next_position != turn.position()) {
    const auto missed = static_cast<std::uint32_t>((turn.position() - conference.next_position) / kSubSlots);
    state_.counters.ticks.add(missed);
    state_.counters.late_ticks.add(missed);
    const auto links = state_.member_links();
    for (auto slot = conference.members.first(); slot != kNoSlot; slot = links(slot).next) {
      Participant& participant = state_.participants[slot];
      participant.outbound.skip(missed);
      state_.quiet.make_up(participant);
      participant.inbound.pass_over(missed, state_.payloads);
    }
  }
  if (!conference.ticking) follower_.begin(conference, turn);
  TickWheel::Turn own = turn;
  own.tick = conference.tick_of(turn);
  state_.peers.prefetch(conference, own.tick);
  const auto members = ahead_.members(i, i + 1);
  const bool beat = on_beat(conference, turn);
  if (beat) {
    follower_.prefetch(conference);
    fetch_reports(members);
  }
  gather(conference, ahead_.awake(i), own);
  // The numbers in the ring only grow.
  if (own.tick >= conference.next_tick) {
    state_.peers.exchange(conference, own, mixer_);
    conference.next_tick = own.tick + 1;
  }
  conference.ticking = true;
  if (conference.tones != 0) add_tones(conference);
  hand_out(conference, members, own, beat);
  conference.next_position = turn.position() + kSubSlots;
  if (beat) follower_.follow(conference, members, turn);
}

// For all who hear this share; the others have their own.
void Ticker::add_tones(Conference& conference) TUTTI_REALTIME {
  base::SumFrame tones;
  tones.samples.fill(0);
  state_.tones.add(conference.tones, tones);
  if (mixer_.contributors() < mixer::ConferenceMixer::kContributorsMax) mixer_.add_sum(tones, 1);
}

// The same as all that is done with one who was in the mix and still speaks, for whom nothing is new: a whole
// frame as it came. False, and nothing done, where that has to be looked at closer.
bool Ticker::speaks_on(Participant& participant, dsp::SpeechGateOptions gate,
                       base::Frame& frame) TUTTI_REALTIME {
  if (!participant.steady() || !participant.gain_in.unity()) [[unlikely]]
    return false;
  const std::uint16_t said = participant.inbound.peak_ahead();
  if (said < gate.threshold) [[unlikely]]
    return false;
  const auto encoded = participant.inbound.try_pop_encoded(state_.payloads, participant.shelf);
  if (!encoded) [[unlikely]]
    return false;
  participant.gate.hold(gate);
  participant.loudness = std::max(said, participant.fallen());
  talkers_.add(encoded, frame);
  return true;
}

void Ticker::gather(Conference& conference, std::span<Participant* const> awake,
                    const TickWheel::Turn& turn) TUTTI_REALTIME {
  choice_.begin(conference.max_talkers, conference.number);
  mixer_.begin_tick();
  base::Frame* frame = frames_.at(0);
  if (conference.max_talkers == 0) {
    // Nobody has to be compared: one walk does all.
    const bool mixing = conference.mixing;
    const dsp::SpeechGateOptions gate = state_.gate;
    for (Participant* const& place : awake) {
      ahead_.fetch_state(place);
      Participant& participant = *place;
      if (mixing && speaks_on(participant, gate, *frame)) [[likely]] {
        ++frame;
      } else if (listen(participant) && take_voice(participant, conference, turn, *frame)) {
        ++frame;
      }
    }
  } else {
    std::uint32_t speakers = 0;
    for (Participant* const& place : awake) {
      ahead_.fetch_state(place);
      if (!listen(*place)) continue;
      speakers_[speakers++] = place->handle.slot;
      if (place->may_talk()) choice_.offer(*place);
    }
    if (conference.peers != 0) state_.peers.compete(conference, turn.tick, choice_);
    choice_.choose();
    for (std::uint32_t i = 0; i < speakers; ++i) {
      if (take_voice(state_.participants[speakers_[i]], conference, turn, *frame)) ++frame;
    }
  }
  talkers_.flush();
  if (conference.coaches != 0) state_.coachings.be_silent(conference, turn);
  state_.counters.frames_mixed.add(mixer_.contributors());
}

// hand_out() will write them.
void Ticker::fetch_reports(std::span<Participant* const> members) TUTTI_REALTIME {
  for (const Participant* const member : members) {
    const std::uint32_t slot = ahead_.slot_of(member);
    state_.reports.prefetch(slot);
    if (state_.quiet.quiet(slot)) member->inbound.prefetch();
  }
}

// Lets the gate of one who is not quiet decide, and is done with the frame of who is behind a closed one.
// Returns whether it speaks.
bool Ticker::listen(Participant& participant) TUTTI_REALTIME {
  state_.quiet.make_up(participant);
  TalkerChoice::listen(participant, state_.gate);
  if (!participant.speaking) {
    const bool stays = participant.slip != 0 && !participant.in_mix && slip(participant, false);
    participant.spoke = participant.in_mix = false;
    if (!stays) participant.inbound.skip(state_.payloads);
    participant.gain_in.settle();
    return false;
  }
  if (!participant.talking && participant.talks()) reporting_.begin_to_talk(participant);
  return true;
}

// Of one who speaks, once it is known who has a part in the mix. Returns whether it has, with this frame.
bool Ticker::take_voice(Participant& participant, const Conference& conference, const TickWheel::Turn& turn,
                        base::Frame& frame) TUTTI_REALTIME {
  const bool able = participant.may_talk();
  if (able) participant.among_loudest = choice_.chosen(participant);
  const bool wanted = able && participant.among_loudest && conference.mixing;
  if (participant.voice != 0 && !participant.in_mix && conference.mixing && participant.talks()) {
    whisper(participant, turn, frame);
    return false;
  }
  return take(participant, wanted, frame);
}

// The tick has passed by the arrivals of a stream that nobody heard: a frame more or less mends it. Returns
// whether this tick takes none.
bool Ticker::slip(Participant& participant, bool wanted) TUTTI_REALTIME {
  if (participant.slip > 0) {
    participant.slip = 0;
    participant.inbound.stay(state_.payloads);
    return true;
  }
  if (wanted) return false;  // it has just begun to speak: later, when it is silent again
  participant.slip = 0;
  participant.inbound.leave_out(state_.payloads);
  return false;
}

// Takes the frame of this tick out of a stream, whether or not it is mixed: the stream's clock is the tick.
// Returns whether it is mixed.
bool Ticker::take(Participant& participant, bool wanted, base::Frame& frame) TUTTI_REALTIME {
  if (participant.slip != 0 && !participant.in_mix && slip(participant, wanted)) return false;
  // Who is put out of the mix in the middle of a sound fades out for a frame, who is let in fades in. The
  // gate needs neither: it opens before the sound and closes after it.
  const bool fade_out = !wanted && participant.in_mix && participant.speaking;
  const bool fade_in = wanted && !participant.in_mix && participant.spoke;
  participant.spoke = participant.speaking;
  if (!wanted && !fade_out) {
    participant.inbound.skip(state_.payloads);
    participant.gain_in.settle();
    participant.in_mix = false;
    return false;
  }
  participant.fading = fade_out;
  if (!fade_out && !fade_in && participant.gain_in.unity()) {
    if (const auto encoded = participant.inbound.try_pop_encoded(state_.payloads, participant.shelf)) {
      talkers_.add(encoded, frame);
      participant.in_mix = true;
      return true;
    }
  }
  const auto kind = in_haste_ ? participant.inbound.pop_in_haste(frame, state_.payloads)
                              : participant.inbound.pop(frame, state_.payloads);
  if (kind == stream::FrameKind::kConcealed) state_.counters.frames_concealed.add();
  const bool mixed = kind != stream::FrameKind::kSilence;
  if (mixed && !participant.gain_in.unity()) dsp::apply(participant.gain_in.ramp(), frame);
  participant.gain_in.settle();
  if (mixed && fade_out) dsp::fade(frame.samples, dsp::Fade::kOut);
  if (mixed && fade_in) dsp::fade(frame.samples, dsp::Fade::kIn);
  if (mixed) mixer_.add(frame);
  participant.in_mix = mixed;
  // Of who sends nothing in its pauses the word is yet to come: it begins by itself.
  if (wanted && !mixed) participant.spoke = false;
  return mixed;
}

// What a coach says goes where it belongs, through a frame that is not in use yet.
void Ticker::whisper(Participant& participant, const TickWheel::Turn& turn,
                     base::Frame& frame) TUTTI_REALTIME {
  participant.spoke = true;
  const auto kind = participant.inbound.pop(frame, state_.payloads);
  if (kind == stream::FrameKind::kConcealed) state_.counters.frames_concealed.add();
  if (kind != stream::FrameKind::kSilence) {
    if (!participant.gain_in.unity()) dsp::apply(participant.gain_in.ramp(), frame);
    state_.coachings.speak(participant, turn, frame);
  }
  participant.gain_in.settle();
}

void Ticker::hand_out(Conference& conference, std::span<Participant* const> members,
                      const TickWheel::Turn& turn, bool beat) TUTTI_REALTIME {
  classes_.begin_tick();
  const base::Frame* own = frames_.at(0);
  const base::Instant due = turn.due;
  // Until what is read of them has come from memory, which nothing else of a tick reads, and no packet of
  // this tick waits for theirs.
  std::array<Participant*, 16> to_look_after;
  std::size_t to_look_after_count = 0;
  const auto look_after_all = [&]() TUTTI_REALTIME {
    own_mixes_.flush();
    whole_mixes_.flush();
    for (std::size_t i = 0; i < to_look_after_count; ++i) look_after(*to_look_after[i], due);
    to_look_after_count = 0;
  };
  for (Participant* const& place : members) {
    ahead_.fetch_outbound(place);
    Participant& participant = *place;
    if (!participant.speaking) {
      if (state_.quiet.quiet(participant.handle.slot)) {
        state_.quiet.owe(participant);
      } else {
        state_.quiet.look(participant, state_.gate);
      }
    }
    const bool ordinary = !participant.personal && participant.gain_out.unity();
    if (ordinary && participant.outbound.whole_frame_due()) {
      if (participant.in_mix) {
        own_mixes_.add(participant, due, *own++);
      } else {
        whole_mixes_.add(participant, due);
      }
    } else {
      send_otherwise(participant, *own, turn);
      if (participant.in_mix) ++own;
      if (participant.outbound.half_tick_due()) {
        conference.half_tick_due = true;
        half_walks_ = 2 * kSubSlots;  // wherever the conference is moved to meanwhile
      }
    }
    if (participant.fading) participant.in_mix = participant.fading = false;
    if (beat) {
      state_.quiet.make_up(participant);
      reporting_.report_voice(participant, due);
    }
    if (due >= participant.look_after_at) [[unlikely]] {
      participant.prefetch_seldom();
      to_look_after[to_look_after_count++] = &participant;
      if (to_look_after_count == to_look_after.size()) look_after_all();
    }
  }
  look_after_all();
}

// What one hears who has a gain, packets of other lengths, or something that sets him apart.
void Ticker::send_otherwise(Participant& participant, const base::Frame& own,
                            const TickWheel::Turn& turn) TUTTI_REALTIME {
  if (participant.personal) return send_personal(participant, own, turn);
  auto& outbound = participant.outbound;
  const dsp::GainRamp gain = participant.gain_out.ramp();
  participant.gain_out.settle();
  if (!outbound.may_send()) {
    outbound.tick({}, turn.due, {});
    return;
  }
  ListenerClasses::EncodedFrame place;
  const auto heard = classes_.hear(outbound.codec(), participant.in_mix ? &own : nullptr, gain, place);
  if (outbound.whole_frame_due()) {
    std::array<std::byte, rtp::kRtpHeaderBytes> head;
    outbound.pass_frame(turn.due, head);
    if (!state_.send(participant, head, heard)) outbound.take_back(head);
  } else {
    const auto out = outbound.tick_due() ? state_.port.reserve() : std::span<std::byte>();
    const std::size_t bytes = outbound.tick(heard, turn.due, out);
    state_.send(participant, net::Flow::kRtp, *participant.send_to, bytes);
  }
}

// The same for one whom something sets apart.
void Ticker::send_personal(Participant& participant, const base::Frame& own,
                           const TickWheel::Turn& turn) TUTTI_REALTIME {
  auto& outbound = participant.outbound;
  ListenerClasses::EncodedFrame place;
  const auto heard = personal_.hear(participant, participant.in_mix ? &own : nullptr,
                                    participant.gain_out.ramp(), turn, place);
  participant.gain_out.settle();
  const auto out = outbound.tick_due() ? state_.port.reserve() : std::span<std::byte>();
  state_.send(participant, net::Flow::kRtp, *participant.send_to, outbound.tick(heard, turn.due, out));
}

}  // namespace tutti::core
