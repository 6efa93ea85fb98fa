"""What an operator does, by tuttictl and over HTTP, heard by everybody it concerns and by everybody else."""

import json
import math
import os
import struct
import subprocess
import time
import urllib.request

import media
import standstill

SETTLE_S = 0.7  # from a command until what it changed has passed the jitter buffers both ways
JUDGED_S = 1.2
TENTHS_LEAST = 6  # that are judged of each moment
AFTER_LATE_S = 0.3  # what our own late packets do to a mix is over by then, but for a splice now and then
PATIENCE_S = 15.0


def ctl(world, *words, code=0):
    """What tuttictl prints; it must end with `code`."""
    tool = world.program.parent / "tuttictl"
    done = subprocess.run([tool, "--server", f"127.0.0.1:{world.server.http_port}", *map(str, words)],
                          capture_output=True, text=True, timeout=60, check=False)
    world.expect(done.returncode == code, f"tuttictl {words} ended with {done.returncode}: {done.stderr or done.stdout}")
    return done.stdout if code == 0 else done.stderr


def ids(world, room):
    """caller's name -> participant"""
    listed = json.loads(ctl(world, "--json", "participants", room))["participants"]
    return {who["uri"].split(":")[1].split("@")[0]: who["id"] for who in listed}


class Hearing:
    """Moments in which somebody must hear certain callers and nobody else; judged when all have left.

    A busy machine makes our own packets late. The server conceals what is missing, holds the stream back longer and, when it
    is calm again, gives the delay back by splices some 320 ms apart: each is heard in the spectrum of a whole second.
    So tenths of a second are judged, by their median, which a splice now and then does not move; those in which a packet of
    ours was late, or just before, are not judged; and a moment lasts until there are enough of the others."""

    def __init__(self, world):
        self.world = world
        self.moments = []

    def note(self, what, expected):
        """`expected`: listener -> those whom it hears; lasts JUDGED_S from SETTLE_S on."""
        time.sleep(SETTLE_S)
        since = time.monotonic()
        time.sleep(JUDGED_S)
        while not self._calm(since) and time.monotonic() < since + PATIENCE_S:
            time.sleep(0.1)
        self.moments.append((what, expected, since, time.monotonic()))

    def _unfit(self, begin, end):
        return self.world.pump.was_late(begin - AFTER_LATE_S, end)

    def _calm(self, since):
        """Whether there are enough tenths of a second since then."""
        tenths = int((time.monotonic() - since) / 0.1)
        return sum(not self._unfit(since + n / 10, since + n / 10 + 0.1) for n in range(tenths)) >= 2 * TENTHS_LEAST

    def judge(self, everybody):
        fit = media.TonesInTenth(sorted({call.voice.tone_hz for call in everybody}))
        for what, expected, since, until in self.moments:
            for listener, talkers in expected.items():
                before = len(self.world.failures)
                heard = {talker.voice.tone_hz for talker in talkers}
                absent = [c for c in everybody if c is not listener and c.voice.tone_hz not in heard]
                tenths = listener.voice.tenths(since, until, fit, self._unfit)
                self.world.expect(len(tenths) >= TENTHS_LEAST, f"only {len(tenths)} tenths of a second were calm")
                if tenths:
                    self.world.judge_mix(listener, talkers, since, until, absent=absent, purity_db=20.0, quiet=False, spectra=tenths)
                if len(self.world.failures) > before:
                    print(f"... {what}, {listener.name}")


def _others(calls):
    return {call: [c for c in calls if c is not call] for call in calls}


def _operations(world):
    calls = [world.join("board", hz, 6000) for hz in world.tones(4)]
    a, b, c, d = calls
    world.patience_s = 20.0
    who = ids(world, "board")
    world.expect(len(who) == 4, f"tuttictl lists {who}")
    hearing = Hearing(world)
    hearing.note("all talk", _others(calls))

    ctl(world, "mute", who[a.name])
    hearing.note("a is muted", {a: [b, c, d], b: [c, d], c: [b, d], d: [b, c]})
    ctl(world, "unmute", who[a.name])
    ctl(world, "deaf", who[b.name])
    hearing.note("b is deaf", {a: [b, c, d], b: [], c: [a, b, d], d: [a, b, c]})
    ctl(world, "undeaf", who[b.name])

    ctl(world, "gain", who[a.name], "--in", -6)
    ctl(world, "gain", who[b.name], "--out", -6)
    low_a, lowest_a, low_c, low_d = [world.heard_only(call.voice.tone_hz, 6000 * 10 ** (db / 20))
                                     for call, db in ((a, -6), (a, -12), (c, -6), (d, -6))]
    hearing.note("a speaks 6 dB lower, b hears 6 dB less",
                 {a: [b, c, d], b: [lowest_a, low_c, low_d], c: [low_a, b, d], d: [low_a, b, c]})
    ctl(world, "gain", who[a.name], "--in", 0)
    ctl(world, "gain", who[b.name], "--out", 0)

    report = ctl(world, "mute-all", "board")
    world.expect("4 changed" in report, f"mute-all says {report}")
    hearing.note("all are muted", {call: [] for call in calls})
    ctl(world, "unmute-all", "board")

    ctl(world, "move", who[d.name], "annex", code=1)  # there is none of that name
    ctl(world, "create", "annex", "hold_music=false", "permanent=true")
    ctl(world, "move", who[d.name], "annex")
    ctl(world, "move", who[c.name], "annex")
    hearing.note("c and d are in another room", {a: [b], b: [a], c: [d], d: [c]})
    ctl(world, "move", who[c.name], "board")
    ctl(world, "move", who[d.name], "board")

    ctl(world, "coach", who[c.name], who[a.name])
    hearing.note("c coaches a", {a: [b, c, d], b: [a, d], c: [a, b, d], d: [a, b]})
    ctl(world, "stop-coaching", who[c.name])
    hearing.note("all talk again", _others(calls))

    ctl(world, "lock", "board")
    late = world.caller("board", 3000)
    world.expect(late.dial().status == 403, "a locked room let somebody in")
    ctl(world, "unlock", "board")
    ctl(world, "kick", who[b.name], "--reason", "enough")
    hearing.note("b was kicked", {a: [c, d], c: [a, d], d: [a, c]})
    b.idle(30.0)
    world.expect(b.ended_by_server, "who was kicked got no BYE")
    for words in (("rooms",), ("room", "board"), ("stats", "board"), ("settings", "board"), ("cores",), ("ledger",),
                  ("matrix", "board"), ("why-silent", who[a.name]), ("sdp", who[a.name]), ("health",), ("metrics",)):
        world.expect(ctl(world, *words), f"tuttictl {words} says nothing")
    world.expect("NotSupported" in ctl(world, "start-recording", "board", "x.wav", code=1), "recording is there?")
    world.expect("NotFound" in ctl(world, "kick", 999_999, code=1), "who is not there was kicked")
    ctl(world, "terminate", "annex")
    ctl(world, "kick-all", "board")
    for call in (a, c, d):
        call.idle(30.0)
        world.expect(call.ended_by_server, f"{call.name} was not hung up on")
    for call in calls:
        world.pump.remove(call.voice)
        call.voice.remote = None
    hearing.judge(calls)


def by_command_line(world):
    """Four callers: muted, deaf, moved, coached, kicked by tuttictl, each heard by every other."""
    _operations(world)


def across_two_cores(world):
    """The same, the callers on two cores."""
    if len(os.sched_getaffinity(0)) < 2:
        print("one CPU only: no second core to sit on")
        return
    _operations(world)
    cores = json.loads(world.server.get("/cores")[1])["cores"]
    world.expect(len(cores) == 2, f"{len(cores)} cores")
    for core in cores:
        world.expect(core["peer_ticks_mixed"] > 0, f"CPU {core['cpu']} never heard the other")


def _two_small_cores():
    cpus = sorted(os.sched_getaffinity(0))[-2:]
    return f'[cores]\ncpus = "{",".join(map(str, cpus))}"\nparticipants_per_core = 3\n'


across_two_cores.config = _two_small_cores()


def coach_through_a_standstill(world):
    """A coach on one core, its coachee on another; each core in turn stands still for two seconds."""
    if len(os.sched_getaffinity(0)) < 2:
        print("one CPU only: no second core to sit on")
        return
    # Whole periods in a tick: what a core is behind after a standstill it gives back by leaving a tick out.
    calls = [world.join("board", hz, 6000) for hz in (350, 500, 700, 950)]
    a, b, c, d = calls
    who = ids(world, "board")
    cores = json.loads(world.server.get("/cores")[1])["cores"]
    seats = [core["participants"] for core in cores]
    world.expect(sorted(seats) == [1, 3], f"on the cores sit {seats}")
    ctl(world, "coach", who[d.name], who[a.name])
    as_meant = {a: [b, c, d], b: [a, c], c: [a, b], d: [a, b, c]}
    hearing = Hearing(world)
    hearing.note("d coaches a", as_meant)
    threads = standstill.threads_of(world.server.child.pid, "media-core")
    try:
        with standstill.standing_still(threads[seats.index(1)]):
            hearing.note("d's core stands still", {a: [b, c], b: [a, c], c: [a, b]})
        time.sleep(1.0)
        hearing.note("d's core is back", as_meant)
        with standstill.standing_still(threads[seats.index(3)]):
            time.sleep(SETTLE_S)
            ctl(world, "stop-coaching", who[d.name])
            ctl(world, "coach", who[d.name], who[b.name])
        time.sleep(1.5)
        hearing.note("their core is back, and d coaches b", {a: [b, c], b: [a, c, d], c: [a, b], d: [a, b, c]})
    except standstill.Refused as refused:
        print(f"not shown: {refused}")
    ctl(world, "stop-coaching", who[d.name])
    hearing.note("all talk again", _others(calls))
    for call in calls:
        world.leave(call)
    hearing.judge(calls)


coach_through_a_standstill.config = _two_small_cores()


def _post(world, path):
    request = urllib.request.Request(f"http://127.0.0.1:{world.server.http_port}{path}", method="POST", data=b"")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status


def mute_within_40_ms(world):
    """Ten times muted and unmuted over HTTP: no more than 40 ms of the voice come after the answer."""
    talker, listener = world.join("board", 1000), world.join("board")
    who = ids(world, "board")[talker.name]
    time.sleep(1.5)
    moments = []
    for _ in range(10):
        _post(world, f"/participants/{who}/mute")
        moments.append(time.monotonic())
        time.sleep(0.35)
        _post(world, f"/participants/{who}/unmute")
        time.sleep(0.35)
    for call in (talker, listener):
        world.leave(call)
    worst = 0
    for moment in moments:
        after = [p for p in listener.voice.heard(moment, moment + 0.34)]
        loud = [p for p in after if _rms(p) > 300]
        worst = max(worst, len(loud))
        world.expect(len(after) > 10, f"only {len(after)} packets came after a mute")
    print(f"at most {20 * worst} ms of voice after the answer")
    world.expect(worst <= 2, f"{20 * worst} ms of a muted voice were heard")
    before = [p for p in listener.voice.heard(moments[0] - 0.5, moments[0] - 0.05) if _rms(p) > 3000]
    world.expect(len(before) >= 15, "the voice was not heard before")


def _rms(packet):
    samples = media.decode(packet.payload, packet.payload_type)
    return math.sqrt(sum(s * s for s in samples) / max(1, len(samples)))


def _press(call, keys):
    """Telephone events as RFC 4733 has them: each key 100 ms, its end three times."""
    voice = call.voice
    for key in keys:
        event = "0123456789*#".index(key)
        timestamp = voice.timestamp
        for n, (end, duration) in enumerate([(0, 160), (0, 320), (0, 480), (0x80, 640), (0x80, 640), (0x80, 640)]):
            header = struct.pack("!BBHII", 0x80, (0x80 if n == 0 else 0) | 101, voice.sequence, timestamp, voice.ssrc)
            voice.sequence = (voice.sequence + 1) & 0xFFFF
            voice.send_raw(header + struct.pack("!BBH", event, end | 10, duration))
            time.sleep(0.02)
        time.sleep(0.1)
        voice.timestamp = (voice.timestamp + 1760) & 0xFFFFFFFF  # 220 ms: the next key is another event


def pin(world):
    """Who has no PIN hears nobody and is not heard; with it the caller is in; a wrong one three times ends the call."""
    ctl(world, "create", "board", "pin=0815", "hold_music=false")
    inside = world.join("board", 500)
    inside.voice.talking = False
    time.sleep(0.5)
    _press(inside, "0815#")
    inside.voice.talking = True
    guest = world.join("board", 1200)
    hearing = Hearing(world)
    hearing.note("before the PIN", {inside: []})
    guest.voice.talking = False
    _press(guest, "0815#")
    guest.voice.talking = True
    hearing.note("after the PIN", {inside: [guest], guest: [inside]})
    thief = world.join("board", 2000)
    thief.voice.talking = False
    time.sleep(0.3)
    for guess in ("1111#", "2222#", "3333#"):
        _press(thief, guess)
    thief.idle(30.0)
    world.expect(thief.ended_by_server, "three wrong PINs did not end the call")
    if thief.ended_by_server:
        world.pump.remove(thief.voice)
        thief.voice.remote = None
    for call in (inside, guest):
        world.leave(call)
    hearing.judge([inside, guest])


CASES = [by_command_line, mute_within_40_ms, pin]
LONG = [across_two_cores, coach_through_a_standstill]
