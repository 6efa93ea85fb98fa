// Limits: does what is due: ends conferences and stays whose time is over, and tells statistics.
#pragma once

#include "signaling/conference/deadlines.h"
#include "signaling/conference/dial_out.h"
#include "signaling/conference/host.h"
#include "signaling/conference/leaving.h"
#include "signaling/conference/pin_entry.h"
#include "signaling/conference/renegotiation.h"

namespace tutti::conference {

class Limits {
 public:
  Limits(Host& host, Leaving& leaving, PinEntry& pins, DialOut& dial_out, Renegotiation& renegotiation)
      : host_(host), leaving_(leaving), pins_(pins), dial_out_(dial_out), renegotiation_(renegotiation) {}

  // Costs what is due, however many there are.
  void poll();

 private:
  void act(Conference& conference, DeadlineKind kind);
  void act(Participant& participant, DeadlineKind kind);

  Host& host_;
  Leaving& leaving_;
  PinEntry& pins_;
  DialOut& dial_out_;
  Renegotiation& renegotiation_;
};

}  // namespace tutti::conference
