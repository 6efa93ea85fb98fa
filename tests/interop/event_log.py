"""Every event of a server, as a skin's stream tells them, and what must hold of them all."""

import datetime
import threading
import time

import process

# These come of themselves, between those that an operation makes; each has its own rule in judge().
OF_THEMSELVES = {"StatsUpdated", "ActiveSpeakerChanged", "TalkingStarted", "TalkingStopped", "ParticipantMediaEstablished",
                 "ParticipantMediaTerminated"}
PARTICIPANT_STEPS = {(a, b) for a in ("Joining", "Active", "OnHold", "Muted")
                     for b in ("Active", "OnHold", "Muted", "Leaving") if a != b} | {("Leaving", "Left")}
STATISTICS_S = 5.0  # from one StatsUpdated of a room to the next
CONFERENCE_STEPS = {("Creating", "Active"), ("Active", "Locked"), ("Locked", "Active"), ("Active", "Terminating"),
                    ("Locked", "Terminating"), ("Terminating", "Terminated")}


class EventLog(threading.Thread):
    """Follows the stream of all rooms from its beginning."""

    def __init__(self, world, skin, room=""):
        super().__init__(daemon=True)
        self.world, self.skin = world, skin
        self.events = []
        self.taken = 0  # by take(): so many of `events` were looked at
        self.came = threading.Condition()
        self.child = skin.follow(world, room)
        self.start()

    def run(self):
        for line in self.child.stdout:
            event = self.skin.event_of(line.decode())
            if event is not None:
                with self.came:
                    self.events.append(event)
                    self.came.notify_all()

    def wait(self, name, seconds=30.0, since=0, **wanted):
        """The first event of this name whose members are so."""
        def found():
            return next((e for e in self.events[since:] if e["event"] == name and fits(e, wanted)), None)
        with self.came:
            return self.came.wait_for(found, seconds) and found()

    def take(self, count, seconds=30.0):
        """The next `count` events that do not come of themselves."""
        got = []
        deadline = time.monotonic() + seconds
        with self.came:
            while len(got) < count:
                left = deadline - time.monotonic()
                if not self.came.wait_for(lambda: len(self.events) > self.taken, max(0.0, left)):
                    break
                event = self.events[self.taken]
                self.taken += 1
                if event["event"] not in OF_THEMSELVES:
                    got.append(event)
        return got

    def stop(self):
        process.end(self.child)
        self.join()

    # Judgement

    def steps(self, name):
        return {(e["detail"]["from"], e["detail"]["to"]) for e in self.events if e["event"] == name}

    def judge_order(self):
        """In each room numbered from 1, without a gap but for statistics that newer ones took the place of; of each participant
        nothing before Joined and after Left."""
        expect = self.world.expect
        for room in {e["room"] for e in self.events}:
            its = [e for e in self.events if e["room"] == room]
            expect(its[0]["number"] == 1, f"{room} begins with number {its[0]['number']}")
            for at, (before, event) in enumerate(zip(its, its[1:]), 1):
                missing = event["number"] - before["number"] - 1
                if missing:
                    newer = next((e for e in its[at:] if e["event"] == "StatsUpdated"), before)
                    expect(0 < missing <= seconds_between(before, newer) / STATISTICS_S,
                           f"{room} is numbered {[e['number'] for e in its]}")
        of_each = {}
        for e in self.events:
            if e["participant"]:
                of_each.setdefault((e["room"], e["participant"]), []).append(e["event"])
        for who, names in of_each.items():
            stays = names.count("ParticipantJoined")
            expect(names[0] == "ParticipantJoined" and names[-1] == "ParticipantLeft"
                   and names.count("ParticipantLeft") == stays, f"{who}: {names}")
            for first, last in (("TalkingStarted", "TalkingStopped"),
                                ("ParticipantMediaEstablished", "ParticipantMediaTerminated")):
                pairs = [name for name in names if name in (first, last)]
                expect(pairs == [first, last] * (len(pairs) // 2), f"{who}: {pairs}")
        for status in self._chains("ParticipantStatusChanged", "participant", "Joining"):
            expect(not status, f"a step from another status than the one before: {status}")
        for state in self._chains("ConferenceStateChanged", "room", "Creating"):
            expect(not state, f"a step from another state than the one before: {state}")

    def _chains(self, name, of, first):
        """Each event of the name whose `from` is not the `to` before."""
        last = {}
        for event in self.events:
            if event["event"] == "ConferenceCreated" and of == "room":
                last.pop(event["room"], None)
            if event["event"] != name:
                continue
            if event["detail"]["from"] != last.get(event[of], first):
                yield event
            last[event[of]] = event["detail"]["to"]


def seconds_between(before, after):
    first, second = (datetime.datetime.fromisoformat(event["at"]) for event in (before, after))
    return (second - first).total_seconds()


def fits(event, wanted):
    """Its members, its detail's, and those of what the detail holds whole, are as `wanted`."""
    told = {**event["detail"].get("participant", {}), **event["detail"], **{k: event[k] for k in ("room", "participant")}}
    return all(told.get(key) == value for key, value in wanted.items())
