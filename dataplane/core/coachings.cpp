#include "dataplane/core/coachings.h"

#include <algorithm>

namespace tutti::core {

using mixer::MixRing;

void Coachings::start(const mailbox::ConferenceHandle& voice, Participant& coach,
                      Conference* conference) TUTTI_REALTIME {
  if (coach.voice != 0) return;
  const auto free = std::find_if(voices_.begin(), voices_.end(), [](const Voice& v) { return !v.open; });
  if (free == voices_.end()) return;
  *free = {.open = true, .coach = coach.handle, .handle = voice};
  coach.voice = static_cast<std::uint8_t>(free - voices_.begin() + 1);
  coach.settle();
  if (conference != nullptr) arrive(coach, *conference);
  rings_.open(core_, voice.slot).pass_to(voice.generation);
}

std::optional<mailbox::ParticipantHandle> Coachings::coach_of(const mailbox::ConferenceHandle& voice) const
    TUTTI_REALTIME {
  for (const Voice& open : voices_) {
    if (open.open && open.handle == voice) return open.coach;
  }
  return std::nullopt;
}

void Coachings::stop(Participant& coach, Conference* conference) TUTTI_REALTIME {
  if (coach.voice == 0) return;
  if (conference != nullptr) leave(coach, *conference);
  Voice& voice = voices_[coach.voice - 1U];
  rings_.open(core_, voice.handle.slot).pass_to(MixRing::kNobody);
  voice = Voice();
  coach.voice = 0;
  coach.settle();
}

void Coachings::leave(const Participant& coach, Conference& from) TUTTI_REALTIME {
  if (coach.voice == 0) return;
  voices_[coach.voice - 1U].conference = kNoSlot;
  --from.coaches;
}

void Coachings::arrive(const Participant& coach, Conference& to) TUTTI_REALTIME {
  if (coach.voice == 0) return;
  voices_[coach.voice - 1U].conference = to.handle.slot;
  ++to.coaches;
}

void Coachings::hear(Participant& participant, std::uint32_t core,
                     const mailbox::ConferenceHandle& voice) TUTTI_REALTIME {
  const auto free = std::find_if(ears_.begin(), ears_.end(), [](const Ear& ear) { return !ear.open; });
  if (free == ears_.end() || core >= rings_.cores()) return;
  *free = Ear();
  free->open = true;
  free->next = participant.ear;
  free->link.core = core;
  free->link.share = voice;
  participant.ear = static_cast<std::uint8_t>(free - ears_.begin() + 1);
  participant.settle();
}

void Coachings::end_hearing(Participant& participant, std::uint32_t core,
                            const mailbox::ConferenceHandle& voice) TUTTI_REALTIME {
  for (std::uint8_t i = participant.ear; i != 0; i = ears_[i - 1U].next) {
    Ear& ear = ears_[i - 1U];
    ear.ending |= ear.link.core == core && ear.link.share == voice;
  }
}

void Coachings::end_hearing(Participant& participant) TUTTI_REALTIME {
  for (std::uint8_t i = participant.ear; i != 0; i = ears_[i - 1U].next) ears_[i - 1U].ending = true;
}

void Coachings::forget(Participant& participant) TUTTI_REALTIME {
  while (participant.ear != 0) {
    Ear& ear = ears_[participant.ear - 1U];
    participant.ear = ear.next;
    ear.open = false;
  }
}

void Coachings::speak(const Participant& coach, const TickWheel::Turn& turn,
                      const base::Frame& frame) TUTTI_REALTIME {
  Voice& voice = voices_[coach.voice - 1U];
  std::copy(frame.samples.begin(), frame.samples.end(), said_.samples.begin());
  publish(voice, turn, 1);
  voice.spoke = true;
}

void Coachings::be_silent(const Conference& conference, const TickWheel::Turn& turn) TUTTI_REALTIME {
  for (Voice& voice : voices_) {
    if (!voice.open || voice.conference != conference.handle.slot) continue;
    if (!voice.spoke) publish(voice, turn, 0);
    voice.spoke = false;
  }
}

void Coachings::publish(const Voice& voice, const TickWheel::Turn& turn,
                        std::uint32_t contributors) TUTTI_REALTIME {
  mixer::MixPart part;
  part.tenant = voice.handle.generation;
  part.contributors = contributors;
  part.phase = turn.sub_slot;
  rings_.open(core_, voice.handle.slot).publish(turn.tick, part, said_);
}

void Coachings::listen(Participant& participant, const TickWheel::Turn& turn,
                       mixer::ConferenceMixer& mixer) TUTTI_REALTIME {
  for (std::uint8_t* link = &participant.ear; *link != 0;) {
    Ear& ear = ears_[*link - 1U];
    if (!ear.ending) {
      peers_.hear(ear.link, turn, mixer);
      link = &ear.next;
    } else {
      peers_.let_go(ear.link, mixer);
      ear.open = false;
      *link = ear.next;
    }
  }
}

}  // namespace tutti::core
