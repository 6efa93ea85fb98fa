"""Every operation, error, event and transition, by each skin against the real server; what is missing is a failure."""

import re
import subprocess
import time

import process
import refusals
import sip
from cases_control import _press
from event_log import EventLog
from phone import Phone
from server import Server
from skins import COMMANDS, OPENAPI, OPERATIONS, OTHER_COMMANDS, PAGES, CommandLine, Http
from standstill import Refused, standing_still, threads_of
from trial import (CONFIG, CONTROL, FILES, GOOD, ROOT, TOKEN, UNASKED, Trial, became, changed, ended, gone, made, place_of,
                   posts_to)

# What telephones say to an INVITE, and the error that this is.
REFUSALS = {"404 Not Found": "NotFound", "480 Temporarily Unavailable": "Timeout", "486 Busy Here": "CapacityExceeded",
            "488 Not Acceptable Here": "MediaFailed", "501 Not Implemented": "NotSupported", "603 Decline": "NotAllowed"}


def _rooms(t):
    """Made, asked for, set, locked and ended."""
    created = t.does("createRoom", *made("board"), name="board", settings={"permanent": True, "display_name": "Board"})
    t.expect(created.json()["state"] == "Active", f"a new room is {created.body}")
    made_up = t.ask("createRoom", **({"settings": {}} if t.skin is Http else {})).json()
    t.expect(re.fullmatch(r"conf_[0-9a-f-]{36}", made_up["name"]), f"a room without a name is {made_up['name']}")
    t.follows("a made-up name", *made(made_up["name"]))
    t.refuses("createRoom", 409, "AlreadyExists", name="board")
    t.refuses("createRoom", 501, "NotSupported", name="tape", settings={"record": True})
    t.refuses("updateSettings", 501, "NotSupported", room="board", settings={"sample_rate_hz": 16_000})
    told = t.does("updateSettings", ("board", "ConfigurationChanged", {"keys": ["max_talkers"]}), room="board",
                  settings={"max_talkers": 3})
    t.expect(told.json()["max_talkers"] == 3, f"max_talkers is {told.body}")
    t.expect(t.ask("getSettings", room="board").json() == told.json(), "settings are others than were told")
    t.does("lockRoom", became("board", "Active", "Locked"), room="board")
    t.refuses("lockRoom", 409, "InvalidState", room="board")
    t.expect(t.ask("getRoom", room="board").json()["state"] == "Locked", "a locked room does not say so")
    t.refuses("invite", 409, "InvalidState", room="board", uri="sip:a@127.0.0.1")
    t.does("unlockRoom", became("board", "Locked", "Active"), room="board")
    t.refuses("unlockRoom", 409, "InvalidState", room="board")
    t.does("terminateRoom", *ended(made_up["name"], "Active", "Enough"), room=made_up["id"], reason="Enough")
    t.does("createRoom", *made("shut"), name="shut")
    t.does("lockRoom", became("shut", "Active", "Locked"), room="shut")
    t.does("terminateRoom", *ended("shut", "Locked", "Conference ended"), room="shut")
    t.expect(t.ask("getStatistics", room="board").json()["mixing"], "a room is not mixed")
    names = [room["name"] for room in t.ask("listRooms").json()["rooms"]]
    t.expect(names == ["board"], f"the rooms are {names}")


def _switches(t, a, b, phone):
    """On those who are in: their switches, and each step between Active, Muted and OnHold. `phone`: b's."""
    t.does("mute", changed(a, "Active", "Muted"), participant=a)
    t.participant(a, muted=True, silence="Muted")
    t.does("unmute", changed(a, "Muted", "Active"), participant=a)
    t.does("deafen", participant=a)
    t.participant(a, deaf=True)
    t.does("undeafen", participant=a)
    t.does("setGain", participant=a, in_db=-6, out_db=3)
    t.participant(a, deaf=False, gain_in_db=-6, gain_out_db=3)
    t.does("setGain", participant=a, in_db=0, out_db=0)
    t.does("setRole", participant=a, role="moderator")
    t.participant(a, role="moderator")
    changes = t.does("muteAll", changed(b, "Active", "Muted"), room="board", but_moderators=True)
    t.expect(changes.json() == {"changed": 1}, f"mute-all says {changes.body}")
    t.does("unmuteAll", changed(b, "Muted", "Active"), room="board")
    t.does("setRole", participant=a, role="speaker")
    t.does("hold", changed(b, "Active", "OnHold"), participant=b)
    t.participant(b, held=True)
    t.expect(phone.agreed(2), "b was not told that it is on hold")  # until then it is not, as its SDP says
    t.does("unhold", changed(b, "OnHold", "Active"), participant=b)
    t.does("setStatus", changed(b, "Active", "Muted"), participant=b, status="Muted")
    t.does("setStatus", changed(b, "Muted", "OnHold"), participant=b, status="OnHold")
    t.expect(phone.agreed(4), "b was not told that it is on hold again")
    t.does("unhold", changed(b, "OnHold", "Muted"), participant=b)
    t.does("setStatus", changed(b, "Muted", "Active"), participant=b, status="Active")


def _sounds(t, a, b):
    """Coaching, tones, questions, and a move there and back."""
    t.refuses("coach", 400, "InvalidArgument", participant=a, coachee=a)
    t.refuses("stopCoaching", 409, "InvalidState", participant=a)
    t.does("coach", participant=a, coachee=b)
    t.participant(a, coachee=b, silence="Coaching")
    t.does("stopCoaching", participant=a)
    t.participant(a, coachee=None)
    t.does("playTone", participant=a, frequency_hz=600, level_dbov=-30, duration_ms=0)
    t.does("stopPlay", participant=a)
    t.does("playToneToRoom", room="board", duration_ms=0)
    t.does("stopPlayToRoom", room="board")
    for operation in FILES:
        t.refuses(operation, 501, "NotSupported", **{**GOOD.get(operation, {}), **place_of(operation, "board", a)})
    t.does("createRoom", *made("annex"), name="annex", settings={"permanent": True})
    t.refuses("move", 404, "NotFound", participant=a, room="nowhere")
    t.refuses("move", 400, "InvalidArgument", participant=a, room="board")
    for there, here in (("annex", "board"), ("board", "annex")):
        t.does("move", (a, "ParticipantLeft", {"room": here, "reason": f"Moved to {there}"}),
               (a, "ParticipantJoined", {"room": there}), participant=a, room=there)
    listed = t.ask("listParticipants", room="board").json()["participants"]
    t.expect({one["id"] for one in listed} == {a, b}, f"in the board are {listed}")
    hears = t.ask("whoHearsWhom", room="board").json()
    t.expect(sorted(hears["participants"]) == sorted([a, b]) and not hears["measured"], f"the matrix is {hears}")
    t.expect("m=audio" in t.ask("getSessionDescription", participant=a).body, "a session description is none")
    for who, cause in ((a, "None"), (b, "NoPackets")):
        deadline = time.monotonic() + 30  # what a core counted is told once a second
        while (told := t.ask("whySilent", participant=who).json())["cause"] != cause and time.monotonic() < deadline:
            time.sleep(0.1)
        t.expect(told["cause"] == cause, f"{who} is silent for {told}")


def _telephones(t):
    """Called: what they answer, and each way out; the steps from Joining."""
    for status, error in REFUSALS.items():
        who = t.invite("annex", Phone(status), status=None)
        t.follows(f"invite {status}", (who, "ParticipantError", {"error": error}), *gone(who, "Joining", status))
    who = t.invite("annex", Phone(""), status=None, ring_time_s=1)
    t.follows("no answer", (who, "ParticipantError", {"error": "Timeout"}), *gone(who, "Joining", "No answer in time"))
    t.expect(t.phones[-1].wait("CANCEL"), "who was called in vain got no CANCEL")
    ringing = t.invite("annex", Phone(""), status=None)
    inside = t.invite("annex")
    for operation, arguments in (("hold", {}), ("unhold", {}), ("move", {"room": "board"}), ("coach", {"coachee": inside})):
        t.refuses(operation, 409, "InvalidState", participant=ringing, **arguments)
    t.does("kick", *gone(ringing, "Joining", "Never mind"), participant=ringing, reason="Never mind")
    held = t.invite("annex", Phone(direction="sendonly"), "OnHold")
    t.does("kick", *gone(held, "OnHold", "Sorry"), participant=held, reason="Sorry")
    t.expect(t.phones[-1].wait("BYE") and "Sorry" in t.phones[-1].reason, f"a BYE's Reason is {t.phones[-1].reason}")
    quiet = t.invite("annex", Phone(direction="recvonly"))
    t.participant(quiet, muted=False, muted_by_itself=True)
    t.does("kick", *gone(quiet, "Active", ""), participant=quiet)
    t.does("updateSettings", ("annex", "ConfigurationChanged", {}), room="annex", settings={"start_muted": True})
    muted = t.invite("annex", status="Muted", display_name="Ann", role="speaker")
    t.participant(muted, display_name="Ann", muted=True, dialled_out=True)
    t.does("kickAll", *gone(muted, "Muted", "Out"), *gone(inside, "Active", "Out"), room="annex", reason="Out")
    t.refuses("invite", 403, "NotAllowed", room="annex", uri="sip:a@192.0.2.1")
    t.does("updateSettings", ("annex", "ConfigurationChanged", {}), room="annex", settings={"start_muted": None})


def _ports(t):
    """A room with one pair of the server's ports: who is called into it is offered that one, and nobody else is called."""
    low = (t.world.server.rtp_first + 390) // 2 * 2
    t.does("updateSettings", ("annex", "ConfigurationChanged", {"keys": ["rtp_port_low", "rtp_port_high"]}), room="annex",
           settings={"rtp_port_low": low, "rtp_port_high": low + 1})
    who = t.invite("annex")
    sdp = t.ask("getSessionDescription", participant=who).body
    t.expect(f"m=audio {low} " in sdp, f"of the ports {low} and {low + 1} was offered {sdp}")
    t.refuses("invite", 503, "CapacityExceeded", room="annex", uri="sip:a@127.0.0.1")
    t.does("kick", *gone(who, "Active", "Enough"), participant=who, reason="Enough")
    t.does("updateSettings", ("annex", "ConfigurationChanged", {}), room="annex",
           settings={"rtp_port_low": None, "rtp_port_high": None})


def _capacity(t, a, b):
    """Until no room is left: for a participant, a conference on the core, a coaching, a room at all."""
    t.ask("updateSettings", room="annex", settings={"max_participants": 1})
    guests = [t.invite("annex", followed=False)]
    t.refuses("invite", 503, "CapacityExceeded", room="annex", uri="sip:a@127.0.0.1")
    for number in range(4):  # with board and annex there are six on the core
        t.ask("createRoom", name=f"room{number}")
        guests.append(t.invite(f"room{number}", followed=False))
    t.ask("createRoom", name="last")
    t.refuses("move", 503, "CapacityExceeded", participant=a, room="last")
    t.refuses("coach", 503, "CapacityExceeded", participant=a, coachee=b)
    t.refuses("invite", 503, "CapacityExceeded", room="last", uri="sip:a@127.0.0.1")
    late = t.world.caller("last")
    t.expect(late.dial().status == 503, "a core without room let somebody in")
    t.expect(t.log.wait("ConferenceError", room="last", error="CapacityExceeded"), "of that the room was not told")
    answers = [t.ask("createRoom", name=f"more{number}") for number in range(3)]
    t.expect([a.ok for a in answers] == [True, True, False] and answers[2].error == "CapacityExceeded",
             f"of max_rooms = 9 these were made: {[str(a) for a in answers]}")
    for room in ("annex", "room0", "room1", "room2", "room3"):
        t.ask("kickAll", room=room)
    for room in ("last", "more0", "more1"):
        t.ask("terminateRoom", room=room)
    for guest in guests:
        t.expect(t.log.wait("ParticipantLeft", participant=guest), f"{guest} is still there")
    for room in ("last", "more0", "more1", "room0", "room1", "room2", "room3"):
        t.expect(t.log.wait("ConferenceTerminated", room=room), f"{room} is still there")
    t.log.taken = len(t.log.events)


def _callers(t):
    """What callers are refused with: a room that is none, locked or full, and no codec; one that ends is below."""
    def refused(room, status, body=None):
        answer = t.world.caller(room).dial(body)
        t.expect(answer.status == status, f"a caller of {room} got {answer.start}, not {status}")
    refused("board", 488, sip.audio_sdp(40000).replace(" 0 101", " 97").replace("a=rtpmap:0 PCMU", "a=rtpmap:97 X"))
    t.does("lockRoom", became("board", "Active", "Locked"), room="board")
    refused("board", 403)
    t.does("unlockRoom", became("board", "Locked", "Active"), room="board")
    t.does("updateSettings", ("board", "ConfigurationChanged", {}), room="board", settings={"max_participants": 2})
    refused("board", 486)
    t.does("updateSettings", ("board", "ConfigurationChanged", {}), room="board", settings={"max_participants": None})
    file = t.world.out / "tuttid.toml"
    for text, create in ((CONFIG % 0 + "create_on_dial = false\n", False), (CONFIG % 0, True)):
        file.write_text(text)
        told = t.ask("reload").json()
        t.expect(told == {"changed": ["rooms.create_on_dial"], "needs_restart": []}, f"reload says {told}")
        if not create:
            refused("nowhere", 404)


def _on_the_way_out(t):
    """While its core stands still nobody is out yet, and nothing can be done to them."""
    ways = [(o, place_of(o, "closing", 0)) for o in posts_to("room") + posts_to("participant")]
    who = t.invite("board")
    t.does("createRoom", *made("closing"), name="closing")
    last = t.invite("closing")
    try:
        with standing_still(threads_of(t.world.server.child.pid, "media-core")[0]):
            t.does("kick", changed(who, "Active", "Leaving"), participant=who)
            t.does("terminateRoom", became("closing", "Active", "Terminating"), changed(last, "Active", "Leaving"),
                   room="closing")
            for operation, place in ways:
                place = {**place, **({"participant": who} if "participant" in place else {})}
                t.refuses(operation, 409, "InvalidState", **{**GOOD.get(operation, {}), **place,
                                                             **({"room": "board"} if operation == "move" else {})})
            caller = t.world.caller("closing")
            t.expect(caller.dial().status == 480, "a room that ends let somebody in")
    except Refused as refused:
        print(f"not shown: {refused}")
        t.unprovoked.update({(o, 409): str(refused) for o, _ in ways})
        return
    t.follows("it goes on", changed(who, "Leaving", "Left"), (who, "ParticipantLeft", {}), changed(last, "Leaving", "Left"),
              (last, "ParticipantLeft", {}), *ended("closing", "Active", "Conference ended")[1:])


def _server_itself(t):
    """Its own questions; the configuration read again; the pages."""
    t.expect(t.ask("getHealth").json()["dial_out"] is True, "dial-out is off")
    t.expect(t.ask("getLedger").json()["participants"] == 2, "two are in")
    t.expect(len(t.ask("getCores").json()["cores"]) == 1, "there are other cores than one")
    t.expect(t.ask("getWebhooks").json() == {"webhooks": []}, "there are webhooks")
    t.expect("tutti_participants" in t.ask("getMetrics").body, "no metrics")
    told = t.ask("reload").json()
    t.expect(told == {"changed": [], "needs_restart": []}, f"reload says {told}")
    file = t.world.out / "tuttid.toml"
    file.write_text("[rooms]\nbogus = 1\n")
    t.refuses("reload", 400, "InvalidArgument")
    if t.skin is Http:
        t.expect("<html" in t.ask("getConsole").body and t.ask("getConsoleFile", file="main.js").ok, "no console")
    bare = Server(t.world.program, t.world.out / "bare.log")  # of no file, where nobody may be called
    try:
        other = t.skin(t.world, port=bare.http_port)
        t.refuses("reload", 409, "InvalidState", skin=other)
        other.ask("createRoom", name="a")
        t.refuses("invite", 403, "NotAllowed", skin=other, room="a", uri="sip:a@127.0.0.1")
    finally:
        bare.stop()


def _as_people_see_it(t):
    """Every command without --json; those that are no single request."""
    rooms, people = {"room": "board"}, {"participant": t.talker}
    for operation, (method, path, _) in OPERATIONS.items():
        if method == "GET" and operation not in PAGES and not operation.endswith("Events"):
            place = {**(rooms if "{room}" in path else {}), **(people if "{participant}" in path else {})}
            code, out, complaint = t.by_hand.run(*t.by_hand.words_of(operation, place))
            t.expect(code == 0 and out.strip() and not complaint, f"{operation}: {code}, {out}, {complaint}")
    for room, code, said in (("board", 0, "yes\n"), ("nowhere", 1, "no\n")):
        told = t.by_hand.run("exists", room)
        t.expect(told == (code, said, ""), f"exists {room}: {told}")
    for words in (("completion", "bash"), ("man",)):
        t.expect(t.by_hand.run(*words)[0] == 0, f"{words} failed")
    t.expect(t.by_hand.run("lock")[0] == 2 and t.by_hand.run("bogus")[0] == 2, "a wrong line does not end with 2")
    child = t.by_hand.start("watch", "board")
    picture = "".join(child.stdout.readline() for _ in range(20))
    process.end(child)
    t.expect("MOS" in picture, f"watch shows {picture}")


def _streams(t):
    """One room's stream from its middle; the same events as all rooms' tells."""
    t.done |= {"getEvents"}  # the log is one
    def held(events):  # of statistics only the newest are
        return [e for e in events if e["room"] == "board" and e["event"] != "StatsUpdated"]
    whole = held(t.log.events)
    some = EventLog(t.world, t.of_all.__class__(t.world, token=TOKEN), "board")
    with some.came:
        some.came.wait_for(lambda: len(held(some.events)) >= len(whole), 30.0)
    some.stop()
    t.done |= {"getRoomEvents"}
    t.expect(held(some.events)[:len(whole)] == whole, "a room's stream tells otherwise than all rooms'")


def _every_operation(world, skin):
    t = Trial(world, skin)
    try:
        _rooms(t)
        talker = world.join("board", 440)
        joined = t.log.wait("ParticipantJoined", room="board")
        a = t.talker = joined["participant"]
        t.follows("a call", (a, "ParticipantJoined", {"room": "board"}), changed(a, "Joining", "Active"))
        t.expect(t.log.wait("TalkingStarted", participant=a) and t.log.wait("ActiveSpeakerChanged", participant=a),
                 "who talks is not told of")
        b = t.invite("board")
        _switches(t, a, b, t.phones[-1])
        _sounds(t, a, b)
        talker.voice.talking = False
        _press(talker, "5")
        t.expect(t.log.wait("DtmfReceived", digit="5", participant=a), "a key is not told of")
        t.log.taken = len(t.log.events)
        talker.voice.talking = True
        _server_itself(t)
        _telephones(t)
        _ports(t)
        _capacity(t, a, b)
        _callers(t)
        _on_the_way_out(t)
        refusals.what_is_not_there(t)
        refusals.what_is_wrong(t)
        refusals.who_may_not_ask(t)
        refusals.too_often(t)
        refusals.no_answer_in_time(t)
        if skin is CommandLine:
            _as_people_see_it(t)
        t.expect(t.log.wait("StatsUpdated"), "no statistics were told")
        _streams(t)
        t.log.taken = len(t.log.events)
        t.does("terminateRoom", became("board", "Active", "Terminating"), became("board", "Terminating", "Terminated"),
               *gone(a, "Active", "Conference ended"), *gone(b, "Active", "Conference ended"),
               ("board", "ConferenceTerminated", {}), *made("board"), room="board")
        talker.idle(30.0)
        world.pump.remove(talker.voice)
        t.expect(talker.ended_by_server, "a room that ended did not hang up")
        t.account()
    finally:
        t.finish()


def by_command_line(world):
    """Each operation by tuttictl, and each error that a line can provoke."""
    _every_operation(world, CommandLine)


def output_that_is_lost(world):
    """What tuttictl prints to a full disk was not printed: exit 1, and not 0."""
    for command in (["health"], ["man"]):  # a line, and more than the standard library holds back
        with open("/dev/full", "w") as full:
            ended = subprocess.run([world.program.parent / "tuttictl", "--server", f"127.0.0.1:{world.server.http_port}", *command],
                                   stdout=full, stderr=subprocess.PIPE, text=True)
        world.expect(ended.returncode == 1 and "cannot be written" in ended.stderr, f"{command}: {ended.returncode} {ended.stderr}")


def over_http(world):
    """Each operation over HTTP, and each error that a request can provoke."""
    _every_operation(world, Http)


by_command_line.config = over_http.config = CONFIG % 0


def inventory(world):
    """The tables of this test, of tuttictl and of Control name the same operations."""
    world.expect(set(COMMANDS) | PAGES == set(OPERATIONS), f"not alike: {set(COMMANDS) ^ (set(OPERATIONS) - PAGES)}")
    tool = world.program.parent / "tuttictl"
    completion = subprocess.run([tool, "completion", "fish"], capture_output=True, text=True, check=True).stdout
    commands = set(re.findall(r"__fish_use_subcommand -a (\S+)", completion))
    known = {line.split()[0] for line in COMMANDS.values()} | OTHER_COMMANDS
    world.expect(commands == known, f"commands without a step, or steps without a command: {commands ^ known}")
    header = (ROOT / "signaling/conference/control.h").read_text()
    methods = set(re.findall(r"^  virtual (?!~)[^;(]*?\b(\w+)\(", header, re.M))
    world.expect(len(methods) > 30 and methods == set(CONTROL.values()) | UNASKED,
                 f"operations of Control without a step: {methods ^ (set(CONTROL.values()) | UNASKED)}")
    own = {operation for operation, (_, path, _) in OPERATIONS.items() if path.startswith(("/rooms", "/participants"))}
    world.expect(own == set(CONTROL) | {"getRoomEvents"}, f"of Control are {own ^ set(CONTROL)}")
    # Through C++ each has a test of its own.
    tests = "".join(file.read_text() for file in (ROOT / "tests/unit/conference").glob("*_test.cpp"))
    untested = {method for method in methods if not re.search(rf"[.>]{method}\(", tests)}
    errors = OPENAPI["components"]["schemas"]["Problem"]["properties"]["error"]["enum"]
    untested |= {error for error in errors if f"ConferenceError::k{error}" not in tests}
    details = re.search(r"using EventDetail =(.*?);", (ROOT / "signaling/conference/conference_event.h").read_text(), re.S)
    events = re.findall(r"[A-Z]\w+", details[1].replace("std::variant", ""))
    world.expect(len(events) > 15, f"events are {events}")
    untested |= {event for event in events if not re.search(rf"\b{event}\b", tests)}
    world.expect(not untested, f"without a test in tests/unit/conference: {untested}")


CASES = [by_command_line, over_http, output_that_is_lost, inventory]
