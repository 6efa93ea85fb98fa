"""What a trial of every operation stands on: what there is to be tried, and the account of what was."""

import pathlib
import re
import time

from event_log import CONFERENCE_STEPS, PARTICIPANT_STEPS, EventLog, fits
from phone import Phone
from skins import OPENAPI, OPERATIONS, PAGES, CommandLine, Http

TOKEN = "0123456789abcdef0123"
ROOT = pathlib.Path(__file__).resolve().parents[2]
LONG_TEXT = "x" * 70_000  # more than a body may have
CONFIG = f"""\
[http]
token = "{TOKEN}"
requests_per_second = %d
[cores]
participants_per_core = 24
conferences_per_core = 6
[rooms]
dial_out = true
dial_out_hosts = ["127.0.0.1"]
max_rooms = 9
"""

# What of Control each operation asks; held against control.h.
CONTROL = {
    "createRoom": "create", "listRooms": "list_conferences", "getRoom": "find_conference", "getSettings": "settings",
    "updateSettings": "update_settings", "getStatistics": "statistics", "terminateRoom": "terminate", "lockRoom": "lock",
    "unlockRoom": "unlock", "listParticipants": "list_participants", "getParticipant": "find_participant",
    "invite": "invite", "getSessionDescription": "session_description", "kick": "kick", "kickAll": "kick_all",
    "mute": "set_muted", "unmute": "set_muted", "muteAll": "set_all_muted", "unmuteAll": "set_all_muted",
    "deafen": "set_deaf", "undeafen": "set_deaf", "hold": "set_hold", "unhold": "set_hold", "setGain": "set_gain",
    "setRole": "set_role", "setStatus": "set_status", "move": "move", "coach": "coach", "stopCoaching": "stop_coaching",
    "playToneToRoom": "play_tone", "playTone": "play_tone", "stopPlayToRoom": "stop_play", "stopPlay": "stop_play",
    "playFileToRoom": "play_file", "playFile": "play_file", "startRecording": "start_recording",
    "pauseRecording": "pause_recording", "stopRecording": "stop_recording", "whySilent": "why_silent",
    "whoHearsWhom": "who_hears_whom",
}
UNASKED = {"exists"}  # tuttictl's own, of getRoom

# Not before files come: then a step is to be written, and the event be seen.
FILES = {"playFileToRoom", "playFile", "startRecording", "pauseRecording", "stopRecording"}
UNSEEN_EVENTS = {"RecordingStarted", "RecordingStopped"}
# Which operation answers which error by name, where the status does not say it.
NAMED = {"AlreadyExists": {"createRoom"}, "NotAllowed": {"invite"},
         "CapacityExceeded": {"createRoom", "invite", "move", "coach"}}
# No operation answers these: they are told by ParticipantError, when what was begun comes to nothing.
BY_EVENT = {"Timeout", "MediaFailed"}

# Of each operation a body or query that is taken, where it needs one.
GOOD = {"createRoom": {"name": "one"}, "updateSettings": {"settings": {"language": "de"}},
        "invite": {"uri": "sip:a@127.0.0.1:9"}, "playFileToRoom": {"file": "a.wav"}, "playFile": {"file": "a.wav"},
        "startRecording": {"file": "a.wav"}, "setGain": {"in_db": -3}, "setRole": {"role": "listener"},
        "setStatus": {"status": "Muted"}, "move": {"room": "elsewhere"}, "coach": {"coachee": 1},
        "getConsoleFile": {"file": "main.js"}}
# What is wrong in it, as a line can say it.
BAD = {"createRoom": {"name": ".x"}, "updateSettings": {"settings": {"max_talkers": -1}},
       "terminateRoom": {"reason": "r" * 200},
       "invite": {"uri": "tel:1"}, "kickAll": {"reason": "r" * 200}, "playToneToRoom": {"frequency_hz": 1},
       "playFileToRoom": {"file": "f" * 2000}, "startRecording": {"file": "f" * 2000}, "getEvents": {"after": "x"},
       "getRoomEvents": {"after": "x"}}
TOO_LONG = {operation: {"reason": LONG_TEXT} for operation in ("terminateRoom", "kickAll", "kick")}
TOO_LONG.update({operation: {"file": LONG_TEXT} for operation in FILES - {"pauseRecording", "stopRecording"}})
TOO_LONG.update({"createRoom": {"name": LONG_TEXT}, "updateSettings": {"settings": {"language": LONG_TEXT}},
             "invite": {"uri": LONG_TEXT}, "setRole": {"role": LONG_TEXT}, "setStatus": {"status": LONG_TEXT},
             "move": {"room": LONG_TEXT}})


def place_of(operation, room="nowhere", participant=999_999):
    """Arguments for the path; by default of what is not there."""
    names = re.findall(r"{(\w+)}", OPERATIONS[operation][1])
    return {name: value for name, value in (("room", room), ("participant", participant)) if name in names}


def posts_to(name):
    """The operations that change a room, or a participant."""
    return [o for o, (method, path, _) in OPERATIONS.items() if "{%s}" % name in path and method != "GET"]


class Trial:
    """Asks by one skin, and keeps account of what was done, refused and told."""

    def __init__(self, world, skin):
        self.world, self.skin, self.expect = world, skin, world.expect
        world.server.token = TOKEN
        self.of_all = skin(world, token=TOKEN)
        self.by_hand = CommandLine(world, token=TOKEN)
        self.asked = [o for o in OPERATIONS if skin is Http or o not in PAGES]
        self.done = set()
        self.refused = set()  # (operation, status), (operation, error)
        self.unprovoked = {}  # (operation, status) -> why not
        self.phones = []
        self.log = EventLog(world, self.of_all)

    def ask(self, operation, /, *, skin=None, **arguments):
        answer = (skin or self.of_all).ask(operation, **arguments)
        if answer.ok:
            self.done.add(operation)
        else:
            self.refused |= {(operation, answer.status), (operation, answer.error)}
        return answer

    def does(self, operation, /, *events, **arguments):
        """It is done, and these events (who, name, members) follow, those of one participant or room in this order."""
        answer = self.ask(operation, **arguments)
        deadline = time.monotonic() + 30
        while "wait a tick" in answer.detail and time.monotonic() < deadline:  # as who is being moved is asked to
            answer = self.ask(operation, **arguments)
        self.expect(answer.ok, f"{operation} {arguments}: {answer}")
        self.follows(f"{operation} {arguments}", *events)
        return answer

    def follows(self, what, *events):
        told = self.log.take(len(events))
        for who in {event[0] for event in events}:
            wanted = [event for event in events if event[0] == who]
            came = [e for e in told if (e["participant"] or e["room"]) == who]
            right = len(wanted) == len(came) and all(e["event"] == name and fits(e, members)
                                                     for (_, name, members), e in zip(wanted, came))
            if not self.expect(right, f"{what}: of {who} came {[(e['event'], e['detail']) for e in came]}"):
                print(f"... and not {wanted}")

    def refuses(self, operation, status, error=None, /, *, skin=None, **arguments):
        answer = self.ask(operation, skin=skin, **arguments)
        return self.expect(not answer.ok and (answer.status, answer.error) == (status, error),
                           f"{operation} {str(arguments)[:200]} should be {error} ({status}), and is {answer}")

    def participant(self, who, **members):
        told = self.ask("getParticipant", participant=who).json()
        for key, value in members.items():
            self.expect(told[key] == value, f"{key} of {who} is {told[key]}, not {value}")

    # Telephones

    def invite(self, room, phone=None, status="Active", followed=True, **arguments):
        """Somebody who was called, and is of this status then; without one it does not come so far."""
        phone = phone or Phone()
        self.phones.append(phone)
        who = self.ask("invite", room=room, uri=phone.uri, **arguments).json()["id"]
        if followed:
            joined = (who, "ParticipantJoined", {"uri": phone.uri, "status": "Joining", "room": room})
            self.follows(f"invite {phone.uri}", joined, *([changed(who, "Joining", status)] if status else []))
        return who

    def account(self):
        """All that there is was done, refused, told and stepped through."""
        missing = set(self.asked) - self.done - FILES
        self.expect(not missing, f"never done: {missing}")
        self.expect(not FILES & self.done, f"done though not supported: {FILES & self.done}")
        for operation in self.asked:
            for status in OPERATIONS[operation][2]["responses"]:
                known = (operation, int(status)) in self.refused or (operation, int(status)) in self.unprovoked
                self.expect(status < "400" or known, f"{operation} was never refused with {status}")
        for error, operations in NAMED.items():
            lacking = {o for o in operations if (o, error) not in self.refused}
            self.expect(not lacking, f"{error} was never answered by {lacking}")
        schemas = {name: schema["properties"] for name, schema in OPENAPI["components"]["schemas"].items()
                   if "properties" in schema}
        by_event = {e["detail"]["error"] for e in self.log.events if e["event"].endswith("Error")}
        by_operation = {what for _, what in self.refused if isinstance(what, str)}
        self.expect(set(schemas["Problem"]["error"]["enum"]) == by_operation | BY_EVENT and BY_EVENT <= by_event,
                 f"errors told: {by_operation}, by events: {by_event}")
        told = {e["event"] for e in self.log.events}
        self.expect(told | UNSEEN_EVENTS == set(schemas["Event"]["event"]["enum"]) and not told & UNSEEN_EVENTS,
                 f"events told: {sorted(told)}")
        statuses, states = schemas["Participant"]["status"]["enum"], schemas["Room"]["state"]["enum"]
        for event, steps, names in (("ParticipantStatusChanged", PARTICIPANT_STEPS, statuses),
                                    ("ConferenceStateChanged", CONFERENCE_STEPS, states)):
            seen = self.log.steps(event)
            self.expect(seen == steps, f"{event}: not seen {steps - seen}, and not to be {seen - steps}")
            self.expect({name for step in steps for name in step} == set(names), f"there are {names}")
        self.log.judge_order()

    def finish(self):
        for phone in self.phones:
            phone.close()
        self.log.stop()


def changed(who, before, after):
    return (who, "ParticipantStatusChanged", {"from": before, "to": after})


def gone(who, before, reason):
    return (changed(who, before, "Leaving"), changed(who, "Leaving", "Left"), (who, "ParticipantLeft", {"reason": reason}))


def became(room, before, after):
    return (room, "ConferenceStateChanged", {"from": before, "to": after})


def made(room):
    return ((room, "ConferenceCreated", {}), became(room, "Creating", "Active"))


def ended(room, before, reason):
    return (became(room, before, "Terminating"), became(room, "Terminating", "Terminated"),
            (room, "ConferenceTerminated", {"reason": reason}))
