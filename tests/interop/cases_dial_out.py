"""Calls that the server makes, to telephones of others: SIPp and baresip, judged by listening."""

import json
import math
import subprocess
import time

import media
import process
from cases_baresip import baresip, recording, stay_on_the_host
from cases_control import ctl
from event_log import EventLog
from phone import Phone
from server import free_port
from skins import CommandLine
from world import JOIN_S

ALLOWED = '[rooms]\ndial_out = true\ndial_out_hosts = ["127.0.0.1"]\n'


def _invite(world, uri, *options):
    """Calls it into the board: its participant."""
    return json.loads(ctl(world, "--json", "invite", "board", uri, *options))["id"]


def _hears(world, listener, hz, since):
    """The tone is in the mix."""
    level = max((s.amplitude(hz) for s in listener.voice.spectra(since, time.monotonic())), default=0)
    world.expect(level > 500, f"the {hz} Hz of who was called are not heard ({level:.0f})")


def _outcome(world, log, who, *wanted):
    """The events of one who was called: names, and the error's or the last reason's beginning."""
    world.expect(log.wait(wanted[-1][0], participant=who), f"no {wanted[-1][0]} of {who} came")
    own = [e for e in log.events if e["participant"] == who]
    told = [(e["event"], e["detail"].get("error") or e["detail"].get("to") or e["detail"].get("reason", "")) for e in own
            if e["event"] in {name for name, _ in wanted}]
    right = len(told) == len(wanted) and all(a[0] == b[0] and a[1].startswith(b[1]) for a, b in zip(told, wanted))
    world.expect(right, f"of {who} was told {told}, not {wanted}")


def sipp_answers(world):
    """SIPp is called over UDP and over TCP, answers, and is heard; it is hung up on with the reason."""
    listener = world.join("board")
    world.tone_file(440)
    for options, suffix in (((), ""), (("-t", "t1"), ";transport=tcp")):
        child, port = world.sipp_called("answer", *options)
        log = EventLog(world, CommandLine(world), "board")
        who = _invite(world, f"sip:desk@127.0.0.1:{port}{suffix}", "--name", "Desk")
        world.expect(log.wait("ParticipantStatusChanged", participant=who, to="Active"), "SIPp did not come in")
        listed = json.loads(ctl(world, "--json", "participant", who))
        world.expect(listed["dialled_out"] and listed["display_name"] == "Desk", f"it is listed as {listed}")
        time.sleep(JOIN_S)
        since = time.monotonic()
        time.sleep(2.2)
        world.judge_mix(listener, [world.heard_only(440)], since, time.monotonic(), purity_db=10.0)
        ctl(world, "kick", who, "--reason", "lunch time")
        world.sipp_end(child)
        said = (world.out / "answer.log").read_text()
        world.expect("lunch time" in said, f"SIPp was hung up on with {said}")
        _outcome(world, log, who, ("ParticipantStatusChanged", "Active"), ("ParticipantStatusChanged", "Leaving"),
                 ("ParticipantStatusChanged", "Left"), ("ParticipantLeft", "lunch time"))
        log.stop()
    world.leave(listener)


def sipp_does_not(world):
    """SIPp is busy; rings until its time is over; rings until an operator kicks it, or ends the room."""
    ctl(world, "create", "board", "permanent=true")
    log = EventLog(world, CommandLine(world), "board")
    child, port = world.sipp_called("busy")
    who = _invite(world, f"sip:desk@127.0.0.1:{port}")
    _outcome(world, log, who, ("ParticipantError", "CapacityExceeded"), ("ParticipantLeft", "486"))
    world.sipp_end(child)
    ways = ((("--ring-time", "1"), None, (("ParticipantError", "Timeout"), ("ParticipantLeft", "No answer in time"))),
            ((), ("kick",), (("ParticipantLeft", ""),)),
            ((), ("terminate", "board"), (("ParticipantLeft", "Conference ended"),)))
    for options, words, wanted in ways:
        child, port = world.sipp_called("no_answer")
        who = _invite(world, f"sip:desk@127.0.0.1:{port}", *options)
        if words:
            time.sleep(0.5)  # it rings
            ctl(world, *words, *([who] if words == ("kick",) else []))
        _outcome(world, log, who, *wanted)
        world.sipp_end(child)
    log.stop()
    nobody = _invite(world, f"sip:desk@127.0.0.1:{free_port()}", "--ring-time", "1")  # where nobody listens
    world.expect(nobody, "who is not there was not called")


def by_the_rules(world):
    """Only the hosts that are named are called, and nobody where dial-out is off; nothing goes out for a refusal."""
    ctl(world, "create", "board", "permanent=true")
    phone = Phone()
    for uri, error in ((f"sip:a@127.0.0.2:{phone.port}", "NotAllowed"), ("sip:a@example.org", "NotAllowed"),
                       (f"sip:a@localhost:{phone.port}", "NotAllowed"),
                       (f"sips:a@127.0.0.1:{phone.port}", "InvalidArgument"),
                       (f"sip:a@127.0.0.1:{phone.port};maddr=127.0.0.2", "InvalidArgument"),
                       (f"sip:a@127.0.0.1:{phone.port}?Subject=x", "InvalidArgument")):
        refused = ctl(world, "invite", "board", uri, code=1)
        world.expect(error in refused, f"{uri} is refused with {refused}")
    file = world.out / "tuttid.toml"
    file.write_text(ALLOWED.replace("true", "false"))
    ctl(world, "reload")
    refused = ctl(world, "invite", "board", phone.uri, code=1)
    world.expect("NotAllowed" in refused and "rooms.dial_out" in refused, f"with dial-out off it says {refused}")
    world.expect(json.loads(ctl(world, "--json", "participants", "board")) == {"participants": []}, "somebody is in")
    file.write_text(ALLOWED)
    ctl(world, "reload")
    who = _invite(world, phone.uri)
    world.expect(phone.wait("ACK"), "who may be called is not")
    world.expect(phone.seen.count("INVITE") == 1, f"the telephone saw {phone.seen}")
    ctl(world, "kick", who)
    world.expect(phone.wait("BYE"), "it was not hung up on")
    phone.close()
    ctl(world, "terminate", "board")
    file.write_text(ALLOWED)


def baresip_answers(world):
    """baresip is called, answers by itself, is heard, and hears; its own hanging up is told."""
    ours = world.join("board", 700)
    client, port = baresip(world, "anna", 400, seconds=9)
    log = EventLog(world, CommandLine(world), "board")
    who = _invite(world, f"sip:anna@127.0.0.1:{port}")
    world.expect(log.wait("ParticipantStatusChanged", participant=who, to="Active"), "baresip did not come in")
    time.sleep(JOIN_S)
    since = time.monotonic()
    time.sleep(2.2)
    _hears(world, ours, 400, since)
    world.judge_stream(ours, since, time.monotonic())
    try:
        client.wait(20)  # it ends by itself after its -t seconds, with a BYE
    except subprocess.TimeoutExpired:
        world.expect(False, "baresip did not end")
    process.end(client)
    _outcome(world, log, who, ("ParticipantLeft", "Hung up"))
    log.stop()
    samples = recording(world.out / "anna")
    if world.expect(len(samples) >= 3 * media.RATE_HZ, f"anna recorded {len(samples)} samples: "
                    + (world.out / "anna" / "baresip.log").read_text(errors="replace")[-1500:]):
        middle = len(samples) // 2
        spectrum = media.Spectrum(samples[middle:middle + media.RATE_HZ])
        level, own = spectrum.amplitude(700), spectrum.amplitude(400)
        world.expect(level > 500, f"anna does not hear us ({level:.0f})")
        world.expect(20 * math.log10(max(own, 1e-3) / max(level, 1e-3)) < -30, f"anna hears itself ({own:.0f})")
    world.leave(ours)


for case in (sipp_answers, sipp_does_not, by_the_rules, baresip_answers):
    case.config = ALLOWED

baresip_answers.enter = stay_on_the_host

CASES = [sipp_answers, sipp_does_not, by_the_rules]
LONG = [baresip_answers]
