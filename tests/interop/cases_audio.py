"""Who hears whom: callers with tones, judged by what each receives."""

import json
import os
import pathlib
import time

import media
import own_network
from world import JOIN_S


def everybody(world, count, seconds, amplitude, purity_db=25.0, while_all=lambda calls: None, **options):
    """N callers: each hears N-1 in a steady stream; then one leaves, and is gone within a second.

    All is judged when the last has left: a judge at work would make the callers late who still talk.
    """
    calls = []
    for hz in world.tones(count):
        calls.append(world.join("room", hz, amplitude, **options))
        world.expect(world.server.running(), "the server ended")
    ports = {call.remote_rtp() for call in calls}
    world.expect(len(ports) == count, f"{count} callers were given {len(ports)} ports")
    since = time.monotonic() + JOIN_S
    time.sleep(JOIN_S + seconds)
    until = time.monotonic()
    while_all(calls)

    leaver, *stayed = calls
    world.leave(leaver)
    left = time.monotonic()
    time.sleep(1.0 + 2.2)
    for call in stayed:
        world.leave(call)

    world.judge_stream(leaver, since, until)
    late = leaver.voice.heard(left + 1.0, left + 3.2)
    world.expect(not late, f"the leaver received {len(late)} packets a second after its BYE")
    for call in calls:
        world.judge_mix(call, [c for c in calls if c is not call], since, until, purity_db=purity_db)
    for call in stayed:
        world.judge_stream(call, since, left + 3.2)
        world.judge_mix(call, [c for c in stayed if c is not call], left + 1.0, left + 3.2, absent=[leaver],
                        purity_db=purity_db)


def callers_3(world):
    """Three callers hear one another."""
    everybody(world, 3, 4.2, 8000)


def callers_8(world):
    """Eight callers hear one another."""
    everybody(world, 8, 4.2, 3500)


def two_cores(world):
    """A room larger than a core: eight callers, four on each of two; everyone hears everyone."""
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        print("one CPU only: no second core to sit on")
        return
    everybody(world, 8, 4.2, 3500)
    cores = json.loads(world.server.get("/cores")[1])["cores"]
    world.expect(len(cores) == 2, f"{len(cores)} cores")
    for core in cores:
        # Some 10 s of 50 ticks; how many were missed is the machine's doing.
        print(f"CPU {core['cpu']}: {core['peer_ticks_mixed']} ticks of the other heard, {core['peer_ticks_missed']} missed")
        world.expect(core["peer_ticks_mixed"] >= 300, "a core hardly heard the other")


def _two_small_cores():
    cpus = sorted(os.sched_getaffinity(0))[-2:]
    return f'[cores]\ncpus = "{",".join(map(str, cpus))}"\nparticipants_per_core = 4\n'


two_cores.config = _two_small_cores()


def _left_by_socket(port):
    """Packets that came to a socket of this port and were not kept by it."""
    with open("/proc/net/udp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return sum(int(row[-1]) for row in rows if row[1].endswith(f":{port:04X}"))


def _sent_through_sockets():
    """The datagrams that the kernel's UDP has sent, of all in this network."""
    lines = pathlib.Path("/proc/net/snmp").read_text().splitlines()
    names, values = [line.split() for line in lines if line.startswith("Udp:")]
    return int(values[names.index("OutDatagrams")])


def _lacking_for_frames():
    """What keeps any process here from sending frames into the loopback, and from a ring of packets; or None."""
    try:
        media.socket.socket(media.socket.AF_PACKET, media.socket.SOCK_RAW).close()
    except PermissionError:
        return "CAP_NET_RAW"
    for name in own_network.SYSCTLS:
        if pathlib.Path(f"/proc/sys/net/ipv4/conf/lo/{name}").read_text().strip() != "1":
            return f"net.ipv4.conf.lo.{name}"
    return None


def past_sockets(world):
    """RTP that leaves as frames and is taken out of the cores' rings, both past the kernel's UDP: eight callers, four on each of
    two cores."""
    if lacking := _lacking_for_frames():
        print(f"no frames may be sent here for want of {lacking}")
        return
    world.expect("cannot be had" not in world.server.log.read_text(), "where frames may be sent the server sends none")
    before = _sent_through_sockets()

    def by_frames(calls):
        for call in calls:
            left = _left_by_socket(call.remote_rtp()[1])
            world.expect(left >= 150, f"{call.name}: its socket left {left} packets alone")
        # The callers' own, which have sockets, and hardly more: the server has sent as many.
        sent, heard = _sent_through_sockets() - before, sum(len(call.voice.heard(0, time.monotonic())) for call in calls)
        print(f"{sent} datagrams left through sockets while {heard} packets were heard")
        world.expect(sent < 1.5 * heard, f"{sent} datagrams left through sockets while {heard} packets were heard")

    everybody(world, 8, 4.2, 3500, while_all=by_frames)


past_sockets.config = _two_small_cores() + 'tx = "packet"\nrx = "packet"\n'


def callers_40(world):
    """Forty callers hear one another: 39 tones in each ear, none louder than the others."""
    everybody(world, 40, 4.2, 700, purity_db=20.0)


def tcp(world):
    """SIP over TCP: the same room, the same sound."""
    everybody(world, 3, 3.2, 8000, transport="tcp")


def both_laws(world):
    """A u-law and an A-law caller hear each other; an offer of both is answered from it."""
    ulaw = world.join("laws", 400, 8000, payload_type=media.PCMU)
    alaw = world.join("laws", 500, 8000, payload_type=media.PCMA)
    for call, own in ((ulaw, media.PCMU), (alaw, media.PCMA)):
        world.expect(own in call.answer.sdp_payload_types(), f"offered {own}, answered {call.answer.body}")
    since = time.monotonic() + JOIN_S
    time.sleep(JOIN_S + 2.2)
    until = time.monotonic()
    for call, own, other in ((ulaw, media.PCMU, alaw), (alaw, media.PCMA, ulaw)):
        types = {p.payload_type for p in call.voice.heard(since, until)}
        world.expect(types == {own}, f"{call.name} agreed on {own} and was sent {types}")
        world.judge_mix(call, [other], since, until)
    for call in (ulaw, alaw):
        world.leave(call)


def rooms_are_apart(world):
    """Two rooms at once: nobody hears the other room."""
    first = [world.join("one", hz) for hz in (400, 500)]
    second = [world.join("two", hz) for hz in (600, 700)]
    since = time.monotonic() + JOIN_S
    time.sleep(JOIN_S + 2.2)
    until = time.monotonic()
    for room, other in ((first, second), (second, first)):
        for call in room:
            world.judge_mix(call, [c for c in room if c is not call], since, until, absent=other)
    for call in first + second:
        world.leave(call)


def alone(world):
    """A caller alone hears a steady stream of silence; a second one who joins is heard."""
    first = world.join("alone", 400)
    since = time.monotonic() + JOIN_S
    time.sleep(JOIN_S + 2.2)
    until = time.monotonic()
    world.judge_mix(first, [], since, until)
    world.judge_stream(first, since, until)
    second = world.join("alone", 500)
    joined = time.monotonic()
    time.sleep(JOIN_S + 2.2)
    world.judge_mix(first, [second], joined + JOIN_S, time.monotonic())
    world.judge_stream(first, since, time.monotonic())  # unbroken through the join
    world.leave(first)
    world.leave(second)


def hold(world):
    """A caller on hold is neither heard nor sent to, and both come back with resume; timestamps went on meanwhile."""
    caller, other = world.join("hold", 400), world.join("hold", 500)
    since = time.monotonic() + JOIN_S
    time.sleep(JOIN_S + 1.2)
    world.judge_mix(caller, [other], since, time.monotonic())

    response = caller.dial(caller.offer(direction="sendonly"))
    world.expect(response.status == 200, f"hold got {response.start}")
    world.expect(response.sdp_direction() == "recvonly", f"sendonly was answered with {response.sdp_direction()}")
    response = caller.dial(caller.offer(direction="inactive"))
    world.expect(response.status == 200 and response.sdp_direction() == "inactive",
                 f"inactive got {response.start}, {response.sdp_direction()}")
    held = time.monotonic()
    time.sleep(3.2)
    got = caller.voice.heard(held + 0.5, held + 3.2)
    world.expect(not got, f"inactive, and {len(got)} packets came")
    world.judge_mix(other, [], held + 1.0, held + 3.2, absent=[caller])
    world.judge_stream(other, since, time.monotonic())

    response = caller.dial(caller.offer(direction="sendrecv"))
    world.expect(response.status == 200 and response.sdp_direction() == "sendrecv",
                 f"resume got {response.start}, {response.sdp_direction()}")
    resumed = time.monotonic()
    time.sleep(JOIN_S + 2.2)
    world.judge_mix(other, [caller], resumed + JOIN_S, time.monotonic())
    world.judge_mix(caller, [other], resumed + JOIN_S, time.monotonic())
    before = caller.voice.heard(since, held + 0.5)[-1]
    after = caller.voice.heard(held + 0.5, resumed + 2.0)
    if world.expect(after, "nothing came after resume"):
        silent_s = ((after[0].timestamp - before.timestamp) & 0xFFFFFFFF) / media.RATE_HZ
        passed_s = after[0].arrival - before.arrival
        world.expect(abs(silent_s - passed_s) < 0.2,
                     f"timestamps moved {silent_s:.2f} s while {passed_s:.2f} s passed on hold")
        world.expect(after[0].ssrc == before.ssrc, "the SSRC changed over the hold")
        world.expect((after[0].sequence - before.sequence) & 0xFFFF == 1, "the sequence numbers broke over the hold")
    world.leave(caller)
    world.leave(other)


def new_address(world):
    """A re-INVITE with another address moves the stream there."""
    caller, other = world.join("move", 400), world.join("move", 500)
    time.sleep(1.0)
    old = caller.voice
    voice = media.Voice(450, 8000)
    voice.remote = old.remote
    caller.voice_port = voice.port
    old.talking = False
    response = caller.dial(caller.offer())
    world.expect(response.status == 200, f"the re-INVITE got {response.start}")
    world.pump.remove(old)
    world.pump.add(voice)
    caller.voice = voice
    voice.remote = caller.remote_rtp()
    moved = time.monotonic()
    time.sleep(JOIN_S + 2.2)
    world.judge_mix(caller, [other], moved + JOIN_S, time.monotonic())
    world.judge_mix(other, [caller], moved + JOIN_S, time.monotonic())
    world.leave(caller)
    world.leave(other)


CASES = [callers_3, callers_8, two_cores, past_sockets, callers_40, tcp, both_laws, rooms_are_apart, alone, hold, new_address]
