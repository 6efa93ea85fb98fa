"""Bad input from outside: refused with the right 4xx or dropped; the calls beside it never notice."""

import os
import random
import socket
import struct
import time

import media
import sip
from world import JOIN_S

SEED = 20_240_601


class Bystanders:
    """Three callers in a room; check() proves that none of them was disturbed meanwhile."""

    def __init__(self, world):
        self.world = world
        self.calls = [world.join("bystanders", hz) for hz in (400, 523, 660)]
        time.sleep(JOIN_S)
        self.since = time.monotonic()

    def check(self, at_least_s=2.2):
        world = self.world
        time.sleep(max(0.0, self.since + at_least_s - time.monotonic()))
        until = time.monotonic()
        world.expect(world.server.running(), f"the server ended:\n{world.server.said()}")
        for call in self.calls:
            world.judge_mix(call, [c for c in self.calls if c is not call], self.since, until)
            world.judge_stream(call, self.since, until)
        self.since = until

    def leave(self):
        for call in self.calls:
            self.world.leave(call)


def rtp_garbage(world):
    """Random bytes, cut packets, foreign payload types and a changing SSRC, from the very source of a live call."""
    print(f"seed {SEED}")
    rng = random.Random(SEED)
    bystanders = Bystanders(world)
    bad = world.join("bystanders", None)
    time.sleep(1.0)
    bystanders.since = time.monotonic()
    voice = bad.voice

    def header(version=2, payload_type=0, sequence=None, ssrc=None, extra=0):
        return struct.pack("!BBHII", version << 6 | extra, payload_type,
                           voice.sequence if sequence is None else sequence, voice.timestamp,
                           voice.ssrc if ssrc is None else ssrc)

    for _ in range(300):
        voice.send_raw(rng.randbytes(rng.choice((0, 1, 3, 11, 12, 13, 60, 172, 1400))))
        whole = header() + bytes(160)
        voice.send_raw(whole[:rng.randrange(12)])
        voice.send_raw(header(version=rng.choice((0, 1, 3))) + bytes(160))
        voice.send_raw(header(payload_type=rng.choice((3, 9, 18, 77, 127))) + rng.randbytes(160))
        voice.send_raw(header(extra=0x0F) + bytes(8))  # fifteen CSRCs, of which two are there
        voice.send_raw(header(extra=0x10) + struct.pack("!HH", 0xBEDE, 0xFFFF) + bytes(4))  # an extension of 256 kB
        voice.send_raw(header(extra=0x20) + bytes(159) + b"\xff")  # more padding than packet
        voice.send_raw(header(ssrc=rng.getrandbits(32), sequence=rng.getrandbits(16)) + rng.randbytes(160))
        time.sleep(0.008)
    bystanders.check()
    # RTCP, cut and random, to its own port or the same one.
    for _ in range(100):
        for port in (voice.remote[1], voice.remote[1] + 1):
            packet = struct.pack("!BBHI", 0x80 | rng.randrange(32), rng.choice((200, 201, 202, 203, 204, 205, 206)),
                                 rng.choice((0, 1, 6, 0xFFFF)), rng.getrandbits(32)) + rng.randbytes(rng.randrange(64))
            try:
                voice.socket.sendto(packet, (voice.remote[0], port))
            except OSError:
                pass  # nobody there: ICMP said so
        time.sleep(0.01)
    bystanders.check()
    world.leave(bad)
    bystanders.leave()


def ssrc_change(world):
    """A caller that starts again with another SSRC, sequence number and timestamp is heard again."""
    listener, talker = world.join("restart", 400), world.join("restart", 523)
    time.sleep(JOIN_S)
    for _ in range(3):
        talker.voice.ssrc = int.from_bytes(os.urandom(4), "big")
        talker.voice.sequence = int.from_bytes(os.urandom(2), "big")
        talker.voice.timestamp = int.from_bytes(os.urandom(4), "big")
        changed = time.monotonic()
        time.sleep(JOIN_S + 1.2)
        world.judge_mix(listener, [talker], changed + JOIN_S, time.monotonic())
    world.leave(talker)
    world.leave(listener)


def stranger(world):
    """RTP from a stranger to a live call's port is not heard, and does not draw the stream away."""
    bystanders = Bystanders(world)
    strangers = media.Voice(900, 16000)
    strangers.remote = bystanders.calls[0].voice.remote
    world.pump.add(strangers)
    time.sleep(2.5)
    bystanders.check()
    until = time.monotonic()
    for call in bystanders.calls:
        level = max(s.amplitude(900) for s in call.voice.spectra(until - 2.5, until))
        world.expect(level < 160, f"{call.name} hears the stranger ({level:.0f})")
    world.expect(not strangers.packets, f"{len(strangers.packets)} packets went to the stranger")
    world.pump.remove(strangers)
    bystanders.leave()


def unowned_ports(world):
    """RTP to every port of the range, owned or not."""
    bystanders = Bystanders(world)
    noise = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    packet = struct.pack("!BBHII", 0x80, 0, 1, 160, 1) + bytes(160)
    for _ in range(3):
        for port in range(world.server.rtp_first, world.server.rtp_first + 400):
            try:
                noise.sendto(packet, ("127.0.0.1", port))
            except OSError:
                pass
        time.sleep(0.3)
    noise.close()
    bystanders.check()
    bystanders.leave()


def _refused(world, call, body, what, statuses=(400, 413, 415, 488, 513, 606)):
    response = call.dial(body)
    world.expect(response.status in statuses, f"{what} got {response.start}")
    if response.status == 200:
        call.bye()


def bad_sdp(world):
    """SDP that is none, without c=, with port 0, without a codec of ours, with 64 kB of attributes."""
    bystanders = Bystanders(world)
    good = sip.audio_sdp(40000)
    attributes = "a=x:" + "y" * 60 + "\r\n"
    bad = {
        "no c=": good.replace("c=IN IP4 127.0.0.1\r\n", ""),
        "port 0": good.replace("m=audio 40000", "m=audio 0"),
        "port 65536": good.replace("m=audio 40000", "m=audio 65536"),
        "no codec of ours": sip.audio_sdp(40000).replace(" 0 101", " 97").replace("a=rtpmap:0 PCMU/8000", "a=rtpmap:97 X/8000"),
        "no m=": good[:good.index("m=")],
        "no SDP at all": "hello\r\n",
        "binary": "v=0\r\n\x00\x01\x02\r\n",
        "what hangs sofia's parser": good[:good.index("m=")] + "m=audio 6000 RTP/SAVPF 0 (",
    }
    for what, body in bad.items():
        for transport in ("udp", "tcp"):
            call = world.caller("bad", transport=transport)
            _refused(world, call, body, f"an offer with {what} over {transport}")
    # 64 kB of attributes: over UDP as much as a datagram holds, over TCP all of it; refused, or taken and correct.
    for transport, count in (("udp", 940), ("tcp", 1024)):
        call = world.caller("bad", transport=transport)
        response = call.dial(good.replace("m=audio 40000", f"m=audio {call.voice_port}") + attributes * count)
        world.expect(response.status in (200, 400, 413, 488, 513),
                     f"64 kB of attributes over {transport} got {response.start}")
        if response.status == 200:
            call.bye()
    bystanders.check()
    bystanders.leave()


def missing_headers(world):
    """INVITEs without what every request must have: 400 or nothing, and no call."""
    bystanders = Bystanders(world)
    for transport in ("udp", "tcp"):
        for missing in ("Via", "From", "To", "Call-ID", "CSeq", "Contact", "Max-Forwards", "Content-Type"):
            call = world.caller("headers", transport=transport)
            call.transport.send(call.request("INVITE", call.offer(), skip=(missing,)))
            answered = None
            try:
                while (message := call.transport.receive(0.7)) is not None:
                    if message.status and message.status >= 200:
                        answered = message
                        break
            except ConnectionError:
                pass  # closing the stream is an answer too
            if answered is not None and answered.status == 200:
                # These two may be forgiven (RFC 3261, 16.3 is for proxies); a call then is a whole call.
                world.expect(missing in ("Max-Forwards", "Content-Type"), f"an INVITE without {missing} was taken")
                call.settle(answered)
                call.bye()
            elif answered is not None:
                world.expect(400 <= answered.status < 500, f"an INVITE without {missing} got {answered.start}")
    bystanders.check()
    bystanders.leave()


def evil_tcp_segment(world):
    """One segment: a good message, and behind it one with a Content-Length of 2^31 (it aborts sofia-sip alone)."""
    bystanders = Bystanders(world)
    for length in ("2147483648", "4294967295", "99999999999999999999", "-1", "1000000"):
        call = world.caller("evil", transport="tcp")
        first = call.request("OPTIONS")
        second = call.request("OPTIONS").replace("Content-Length: 0", f"Content-Length: {length}")
        try:
            call.transport.send(first + second + "x" * 100)
            call.transport.receive(1.0)
            call.transport.send("y" * 1000)
            call.transport.receive(0.3)
        except OSError:
            pass  # the server may hang up on it
        world.expect(world.server.running(), f"a Content-Length of {length} ended the server:\n{world.server.said()}")
    good = world.caller("evil", transport="tcp")
    good.transport.send(good.request("OPTIONS"))
    world.expect(good.wait_final("OPTIONS").status == 200, "after it, TCP is answered no more")
    bystanders.check()
    bystanders.leave()


def _send_garbage(world, pattern):
    print(f"seed {SEED}")
    rng = random.Random(SEED)
    for _ in range(300):
        probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        probe.connect(("127.0.0.1", world.server.sip_port))
        broken = bytearray(pattern)
        for _ in range(rng.randrange(1, 20)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        for data in (rng.randbytes(rng.randrange(1, 1400)), pattern[:rng.randrange(1, len(pattern))], bytes(broken)):
            try:
                probe.send(data)
            except OSError:
                pass
        probe.close()
        time.sleep(0.002)
    for _ in range(10):
        slow = socket.create_connection(("127.0.0.1", world.server.sip_port))
        try:
            for byte in pattern[:40]:
                slow.send(bytes([byte]))
            slow.send(rng.randbytes(4000))
        except OSError:
            pass
        slow.close()


def sip_garbage(world):
    """Random bytes, cut and broken messages and a slow stream at the SIP port."""
    bystanders = Bystanders(world)
    # Its offer is refused, so that a message which breaks nowhere leaves no call behind.
    _send_garbage(world, world.caller("garbage").request("INVITE", sip.audio_sdp(40000, (101,))).encode())
    bystanders.check()
    bystanders.leave()


def broken_invites(world):
    """The same with an offer to be taken: calls that nobody acknowledges, and whose BYE nobody answers, end too."""
    bystanders = Bystanders(world)
    _send_garbage(world, world.caller("garbage").request("INVITE", sip.audio_sdp(40000)).encode())
    bystanders.check()
    bystanders.leave()
    world.patience_s = 90.0  # 32 s without an ACK, and 32 s without an answer to the BYE (64 x T1 each)


def cancel_at_once(world):
    """CANCEL in the very datagram behind the INVITE: 487, or 200 where the answer was faster, and nothing left."""
    bystanders = Bystanders(world)
    outcomes = []
    for _ in range(30):
        call = world.caller("cancel")
        invite = call.request("INVITE", call.offer())
        call.invite_branch = call.last_branch
        call.transport.send(invite)
        call.cancel()
        response = call.wait_final("INVITE", resend=invite)
        outcomes.append(response.status)
        if world.expect(response.status in (200, 487), f"INVITE and CANCEL got {response.start}"):
            call.settle(response)
            if response.status == 200:
                world.expect(call.bye().status == 200, "too late to cancel, and BYE was refused")
    print("outcomes:", {status: outcomes.count(status) for status in set(outcomes)})
    bystanders.check()
    bystanders.leave()


def nobody_acknowledges(world):
    """A 200 that is never acknowledged is repeated, and the call ended by 64 x T1 (RFC 3261, 13.3.1.4)."""
    call = world.caller("silent")
    call.transport.send(call.request("INVITE", call.offer()))
    repeats = 0
    began = time.monotonic()
    while time.monotonic() - began < 40.0:
        message = call.transport.receive(1.0)
        if message is not None and message.status == 200 and message.method == "INVITE":
            repeats += 1
        if message is not None and message.method == "BYE":
            call.respond(message)
            break
    world.expect(repeats >= 5, f"the 200 came {repeats} times")


CASES = [cancel_at_once, rtp_garbage, ssrc_change, stranger, unowned_ports, bad_sdp, missing_headers, evil_tcp_segment, sip_garbage]
LONG = [nobody_acknowledges, broken_invites]
