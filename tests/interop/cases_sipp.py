"""SIPp 3.6.1 for real, by the scenarios in tools/sipp; our own callers sit in the rooms and listen."""

import time

from world import JOIN_S

# An answer that comes while SIPp is still sending is ignored, and comes again, where it would end the call.
KEEP_ON = ("-default_behaviors", "all,-abortunexp")


def three_staggered(world):
    """Three SIPp processes a second apart: each gets its 200, and a listener hears all three tones."""
    listener = world.join("staggered", None)
    children, talkers = [], []
    for number, hz in enumerate((400, 523, 660)):
        folder = world.out / f"caller{number}"
        folder.mkdir(exist_ok=True)
        world.tone_file(hz, folder=folder)
        children.append(world.sipp("call", "-s", "staggered", "-m", "1", "-d", "14000", cwd=folder, wait=False,
                                   name=f"call{number}"))
        talkers.append(world.heard_only(hz))
        world.wait_for(10.0, participants=2 + number)
        time.sleep(1.0)
    since = time.monotonic() + JOIN_S
    time.sleep(JOIN_S + 2.2)
    # SIPp's own clock decides how even its stream is, so what counts is that each tone is there, and steady.
    world.judge_mix(listener, talkers, since, time.monotonic(), purity_db=10.0)
    for child in children:
        world.sipp_end(child)
    world.leave(listener)


def fifty_in_ten_rooms(world):
    """50 calls into 10 rooms at 10 calls/s; in each room a listener hears SIPp and not the other rooms."""
    rooms = [f"room{n}" for n in range(10)]
    listeners = [world.join(room, 600 + 20 * n) for n, room in enumerate(rooms)]
    world.tone_file(440, amplitude=2000)
    (world.out / "rooms.csv").write_text("SEQUENTIAL\n" + "".join(f"{room};\n" for room in rooms))
    child = world.sipp("call_rooms", "-inf", "rooms.csv", "-m", "50", "-l", "50", "-r", "10", "-d", "18000", wait=False)
    world.wait_for(13.0, participants=60, dialogs=60, rooms=10)  # 50 calls at 10 a second
    time.sleep(JOIN_S)
    since = time.monotonic()
    time.sleep(2.2)
    until = time.monotonic()
    for listener in listeners:
        spectra = listener.voice.spectra(since, until)
        if world.expect(spectra, f"{listener.name} received less than a second of audio"):
            level = spectra[0].amplitude(440)  # five times the same tone, at five phases
            world.expect(level > 100, f"{listener.name} does not hear SIPp's tone ({level:.0f})")
        world.judge_mix(listener, [], since, until, absent=[o for o in listeners if o is not listener], quiet=False)
        world.judge_stream(listener, since, until)
    world.sipp_end(child)
    for listener in listeners:
        world.leave(listener)


def hold(world):
    """Hold and resume by re-INVITE, the answers' directions checked by the scenario."""
    world.tone_file(440)
    world.sipp("hold", "-s", "hold", "-m", "2", "-l", "2")


def cancel(world):
    """CANCEL right behind the INVITE, thirty times."""
    world.sipp("cancel", "-s", "cancel", "-m", "30", "-r", "20", *KEEP_ON)


def bye_during_ack(world):
    """BYE before the ACK."""
    world.sipp("bye_during_ack", "-s", "early", "-m", "10", "-r", "10")


def retransmitted_invite(world):
    """Each INVITE three times; while the calls stand there is one participant for each."""
    child = world.sipp("retransmitted_invite", "-s", "thrice", "-m", "5", "-r", "50", *KEEP_ON, wait=False)
    time.sleep(1.2)
    ledger = world.server.ledger()
    world.expect(ledger["participants"] <= 5, f"five callers, and the ledger says {ledger}")
    world.sipp_end(child)


def delayed_offer(world):
    """The server's own offer, answered in the ACK: the caller is heard."""
    world.tone_file(440)
    listener = world.join("delayed", None)
    child = world.sipp("delayed_offer", "-s", "delayed", "-m", "1", "-d", "14000", wait=False)
    world.wait_for(10.0, participants=2)
    time.sleep(JOIN_S)
    since = time.monotonic()
    time.sleep(2.2)
    world.judge_mix(listener, [world.heard_only(440)], since, time.monotonic(), purity_db=10.0)
    world.sipp_end(child)
    world.leave(listener)


def options(world):
    """OPTIONS is answered with what is allowed."""
    world.sipp("options", "-s", "anybody", "-m", "3", "-r", "10")


def joins_and_leaves(world):
    """200 joins and leaves in a row."""
    world.sipp("join_leave", "-s", "door", "-m", "200", "-l", "1", "-r", "100", seconds=120)


def bad_sdp(world):
    """Offers that nobody can take are refused with 488."""
    for scenario in ("bad_sdp_no_c", "bad_sdp_port_0", "bad_sdp_no_codec"):
        world.sipp(scenario, "-s", "bad", "-m", "3", "-r", "10")


def over_tcp(world):
    """Ten calls over one TCP connection."""
    world.tone_file(440)
    world.sipp("call", "-s", "tcp", "-m", "10", "-r", "10", "-d", "1500", "-t", "t1")


def flood_of_calls(world):
    """Five rounds of 50 calls into 10 rooms: nothing is left of any of them."""
    world.tone_file(440)
    (world.out / "rooms.csv").write_text("SEQUENTIAL\n" + "".join(f"room{n};\n" for n in range(10)))
    for number in range(5):
        world.sipp("call_rooms", "-inf", "rooms.csv", "-m", "50", "-l", "50", "-r", "25", "-d", "3000",
                   name=f"round{number}")
        left = world.server.wait_for_empty_ledger()
        world.expect(not left, f"round {number}: the ledger still holds {left}")


CASES = [three_staggered, fifty_in_ten_rooms, hold, cancel, bye_during_ack, retransmitted_invite, delayed_offer, options,
         joins_and_leaves, bad_sdp, over_tcp]
LONG = [flood_of_calls]
