#include "signaling/conference/room_tones.h"

#include <initializer_list>

namespace tutti::conference {
namespace {

mailbox::Tone make_tone(std::initializer_list<mailbox::ToneStep> steps) {
  mailbox::Tone tone;
  tone.level_dbov = 26;  // soft beside voices, which are some -20
  for (const mailbox::ToneStep& step : steps) tone.steps[tone.step_count++] = step;
  return tone;
}

}  // namespace

void play(Host& host, const Conference& conference, mailbox::ToneLane lane, const mailbox::Tone& tone) {
  for (const auto& [number, seat] : conference.seats) {
    host.cores[seat.core]->post(mailbox::PlayTone{seat.share, lane, tone});
  }
}

void stop(Host& host, const Conference& conference, mailbox::ToneLane lane) {
  for (const auto& [number, seat] : conference.seats) {
    host.cores[seat.core]->post(mailbox::StopTone{seat.share, lane});
  }
}

void play(Host& host, const Participant& participant, mailbox::ToneLane lane, const mailbox::Tone& tone) {
  host.core_of(participant).post(mailbox::PlayTone{participant.identity().handle, lane, tone});
}

void stop(Host& host, const Participant& participant, mailbox::ToneLane lane) {
  host.core_of(participant).post(mailbox::StopTone{participant.identity().handle, lane});
}

mailbox::Tone entry_tone() {
  return make_tone({{660, 120}, {880, 160}});
}

mailbox::Tone exit_tone() {
  return make_tone({{660, 120}, {440, 160}});
}

mailbox::Tone pin_prompt() {
  return make_tone({{620, 150}, {0, 100}, {620, 150}});
}

mailbox::Tone wrong_pin() {
  return make_tone({{310, 500}, {0, 100}, {620, 150}});
}

}  // namespace tutti::conference
