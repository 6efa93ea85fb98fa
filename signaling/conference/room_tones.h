// Tones by which a conference is told of who comes and goes, and a caller of the PIN that it owes.
#pragma once

#include "dataplane/mailbox/tone.h"
#include "signaling/conference/host.h"

namespace tutti::conference {

// To all who hear it, on each of its cores.
void play(Host& host, const Conference& conference, mailbox::ToneLane lane, const mailbox::Tone& tone);
void stop(Host& host, const Conference& conference, mailbox::ToneLane lane);
// To one alone, even where it hears nothing else.
void play(Host& host, const Participant& participant, mailbox::ToneLane lane, const mailbox::Tone& tone);
void stop(Host& host, const Participant& participant, mailbox::ToneLane lane);

// What is played: two rising or two falling notes; two short ones that ask; one low one that refuses.
mailbox::Tone entry_tone();
mailbox::Tone exit_tone();
mailbox::Tone pin_prompt();
mailbox::Tone wrong_pin();

}  // namespace tutti::conference
