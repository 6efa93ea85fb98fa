"""Many at once: who comes, who goes, and every event of it in its order, by each skin."""

import datetime
import http.client
import json
import subprocess
import threading
import time

import process
from cases_control import ctl
from event_log import EventLog
from skins import CommandLine, Http

ROOMS, EACH, MANY = 10, 5, 2_000


def ten_rooms_five_joins(world):
    """50 INVITEs into ten new rooms before the first answer is read; 50 BYEs likewise; thrice, each room's stream beside
    that of all."""
    whole = EventLog(world, Http(world))
    for turn in range(3):
        calls = [world.caller(f"room{n % ROOMS}") for n in range(ROOMS * EACH)]
        for call in calls:
            call.invite = call.request("INVITE", call.offer())
            call.invite_branch = call.last_branch
            call.transport.send(call.invite)
        for call in calls:
            response = call.wait_final("INVITE", resend=call.invite)
            world.expect(response.status == 200, f"{call.name} got {response.start}")
            call.settle(response)
        listed = json.loads(ctl(world, "--json", "rooms"))["rooms"]
        world.expect([room["participants"] for room in listed] == [EACH] * ROOMS, f"in the rooms are {listed}")
        parts = [EventLog(world, skin(world), room["name"]) for room, skin in zip(listed, [Http, CommandLine] * ROOMS)]
        byes = [call.request("BYE") for call in calls]
        for call, bye in zip(calls, byes):
            call.transport.send(bye)
        for call, bye in zip(calls, byes):
            world.expect(call.wait_final("BYE", resend=bye).status == 200, f"{call.name} could not leave")
        for part, room in zip(parts, listed):
            for log in (whole, part):
                _wait_for_ends(world, log, room["name"], turn + 1)
            part.stop()
            own = [e for e in whole.events if e["room"] == room["name"]]
            world.expect(part.events == own, f"the stream of {room['name']} and that of all tell otherwise")
    _judge(world, whole, 3 * ROOMS * EACH)


def _wait_for_ends(world, log, room, count):
    def ended():
        return sum(e["event"] == "ConferenceTerminated" and e["room"] == room for e in log.events) >= count
    with log.came:
        world.expect(log.came.wait_for(ended, 30.0), f"the end of {room} was not told")


def _judge(world, log, participants):
    """All were told of from their coming to their going, and the rooms likewise."""
    log.stop()
    log.judge_order()
    stays = [e["participant"] for e in log.events if e["event"] == "ParticipantJoined"]
    world.expect(len(stays) == len(set(stays)) == participants, f"{len(stays)} came, not {participants}")
    left = sum(e["event"] == "ParticipantLeft" for e in log.events)
    world.expect(left == participants, f"{left} of {participants} left")
    for room in {e["room"] for e in log.events}:
        names = [e["event"] for e in log.events if e["room"] == room]
        ends = (names[0], names[-1])
        world.expect(ends == ("ConferenceCreated", "ConferenceTerminated"), f"{room} begins and ends with {ends}")


class Waiter(threading.Thread):
    """Asks for /health again and again: how long the control thread let it wait at most is how long it was held."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", world.server.http_port, timeout=30)
        self.waits = []  # when it asked, for how long
        self.stopping = threading.Event()
        self.start()

    def run(self):
        while not self.stopping.wait(0.003):
            began = time.monotonic()
            self.connection.request("GET", "/health")
            self.connection.getresponse().read()
            self.waits.append((began, time.monotonic() - began))

    def longest_ms(self, since):
        return 1000 * max((wait for began, wait in self.waits if began + wait >= since), default=0.0)

    def stop(self):
        self.stopping.set()
        self.join()


def two_thousand_kicked(world):
    """2,000 callers of tutti-load in one room, muted, unmuted and kicked by one command each: every one is told of, in
    order, by both skins. How long each holds the control thread is printed."""
    logs = [EventLog(world, Http(world)), EventLog(world, CommandLine(world))]
    load = world.program.parent / "tutti-load"
    with (world.out / "load.out").open("w") as sink:
        callers = process.start([str(load), "--uri", f"sip:crowd@{world.server.sip}", "--rooms", "1", "--per-room",
                                 str(MANY), "--talkers", "1", "--rate", "200", "--secs", "60", "--sample", "1"],
                                stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 90
    while world.server.ledger()["participants"] < MANY and time.monotonic() < deadline:
        time.sleep(0.5)
    came = world.server.ledger()["participants"]
    world.expect(came == MANY, f"{came} came: {(world.out / 'load.out').read_text()[-2000:]}")
    waiter = Waiter(world)
    time.sleep(0.5)
    print(f"nothing is done: another's request waits {waiter.longest_ms(0):.0f} ms at most")
    for command, status in (("mute-all", "Muted"), ("unmute-all", "Active")):
        began, seen = time.monotonic(), len(logs[0].events)
        ctl(world, command, "crowd")
        answered = time.monotonic() - began
        deadline = began + 90
        while sum(e["detail"].get("to") == status for e in logs[0].events[seen:]) < MANY and time.monotonic() < deadline:
            time.sleep(0.05)
        changed = [e for e in logs[0].events[seen:] if e["detail"].get("to") == status]
        world.expect(len({e["participant"] for e in changed}) == len(changed) == MANY, f"{command}: {len(changed)} were told")
        print(f"{command} was answered after {1000 * answered:.0f} ms, another's request waited "
              f"{waiter.longest_ms(began):.0f} ms at most")
    began = time.monotonic()
    ctl(world, "kick-all", "crowd", "--reason", "Everybody out")
    answered = time.monotonic() - began
    world.expect(logs[0].wait("ConferenceTerminated", 30.0, room="crowd"), "the room did not end")
    told = time.monotonic() - began
    waiter.stop()
    moments = [datetime.datetime.fromisoformat(e["at"][:-1]) for e in logs[0].events
               if e["event"] == "ConferenceTerminated" or e["detail"].get("to") == "Leaving"]
    print(f"kick-all was answered after {1000 * answered:.0f} ms, took {(moments[-1] - moments[0]).total_seconds():.2f} s "
          f"and was told within {told:.1f} s; another's request waited {waiter.longest_ms(began):.0f} ms at most")
    process.end(callers)
    for log in logs:
        log.wait("ConferenceTerminated", 30.0, room="crowd")
    world.expect(logs[0].events == logs[1].events, "the skins tell otherwise")
    for log in logs:
        _judge(world, log, MANY)
    reasons = {e["detail"]["reason"] for e in logs[0].events if e["event"] == "ParticipantLeft"}
    world.expect(reasons == {"Everybody out"}, f"they left for {reasons}")


# What comes at once is held for a reader who is slow: some eight events of each.
two_thousand_kicked.config = '[events]\njournal = 40_000\n[admission]\nmode = "off"\n'
two_thousand_kicked.rtp_ports = 2 * MANY + 100

CASES = [ten_rooms_five_joins]
LONG = [two_thousand_kicked]
