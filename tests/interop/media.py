"""The listening side of the interop tests: G.711, tones, RTP both ways, written from the RFCs alone and sharing
nothing with the code under test, so that a mistake there is not repeated here."""

import contextlib
import math
import os
import selectors
import socket
import struct
import threading
import time

import server

RATE_HZ = 8000
FRAME = 160  # 20 ms
SO_TIMESTAMPNS = 35  # <asm-generic/socket.h>
LATE_S = 0.03  # half of what the server's jitter buffer holds back
PCMU, PCMA = 0, 8


def _decode_ulaw(code):
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84) << ((code >> 4) & 7)
    return 0x84 - magnitude if code & 0x80 else magnitude - 0x84


def _decode_alaw(code):
    code ^= 0x55
    exponent, mantissa = (code >> 4) & 7, code & 0x0F
    magnitude = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return magnitude if code & 0x80 else -magnitude


DECODE = {PCMU: [_decode_ulaw(code) for code in range(256)], PCMA: [_decode_alaw(code) for code in range(256)]}


def _encoder(table):
    """The nearest code of each sample: slower than the standard's shifts, and obviously right."""
    codes = sorted((value, code) for code, value in enumerate(table))
    values = [value for value, _ in codes]
    out, at = {}, 0
    for sample in range(-32768, 32768):
        while at + 1 < len(values) and abs(values[at + 1] - sample) <= abs(values[at] - sample):
            at += 1
        out[sample] = codes[at][1]
    return out


_encoders = {}


def encode(samples, payload_type):
    if payload_type not in _encoders:
        _encoders[payload_type] = _encoder(DECODE[payload_type])
    table = _encoders[payload_type]
    return bytes(table[max(-32768, min(32767, round(s)))] for s in samples)


def decode(payload, payload_type):
    table = DECODE[payload_type]
    return [table[code] for code in payload]


def tone_second(hz, amplitude, payload_type=PCMU):
    """One second of a tone; a whole number of hertz, so that it repeats without a seam."""
    return encode([amplitude * math.sin(2 * math.pi * hz * n / RATE_HZ) for n in range(RATE_HZ)], payload_type)


class Spectrum:
    """What one second of samples holds at whole numbers of hertz, by Goertzel's recursion."""

    def __init__(self, samples):
        assert len(samples) == RATE_HZ
        self.samples = samples
        self.power = sum(s * s for s in samples) / len(samples)

    def amplitude(self, hz):
        turn = 2 * math.cos(2 * math.pi * hz / RATE_HZ)
        before = last = 0.0
        for sample in self.samples:
            before, last = last, sample + turn * last - before
        return 2 / RATE_HZ * math.sqrt(max(0.0, last * last + before * before - turn * last * before))

    def purity_db(self, tones):
        """The power of these tones over that of all the rest: clicks, gaps, noise, strangers."""
        wanted = sum(self.amplitude(hz) ** 2 / 2 for hz in tones)
        return 10 * math.log10(max(wanted, 1e-9) / max(self.power - wanted, 1e-9))


TENTH = RATE_HZ // 10  # samples


class TonesInTenth:
    """Fits tones to a tenth of a second by least squares, which needs no whole periods: tones 50 Hz apart or more."""

    def __init__(self, tones):
        self.tones = list(tones)
        turns = [2 * math.pi * hz / RATE_HZ for hz in self.tones]
        self.basis = [[wave(turn * n) for n in range(TENTH)] for turn in turns for wave in (math.sin, math.cos)]
        self.inverse = self._invert([[sum(a * b for a, b in zip(x, y)) for y in self.basis] for x in self.basis])

    @staticmethod
    def _invert(matrix):
        size = len(matrix)
        rows = [row + [float(i == n) for i in range(size)] for n, row in enumerate(matrix)]
        for n in range(size):
            pivot = max(range(n, size), key=lambda r, n=n: abs(rows[r][n]))
            rows[n], rows[pivot] = rows[pivot], rows[n]
            rows[n] = [value / rows[n][n] for value in rows[n]]
            for r in range(size):
                if r != n:
                    rows[r] = [value - rows[r][n] * own for value, own in zip(rows[r], rows[n])]
        return [row[size:] for row in rows]

    def fit(self, samples):
        return Tenth(self, samples)


class Tenth:
    """A tenth of a second as a Spectrum is one of a second: a splice or a gap spoils one of ten, not the second."""

    def __init__(self, fit, samples):
        self.tones, self.basis, self.samples = fit.tones, fit.basis, samples
        self.power = sum(s * s for s in samples) / len(samples)
        heard = [sum(s * b for s, b in zip(samples, wave)) for wave in fit.basis]
        self.parts = [sum(i * h for i, h in zip(row, heard)) for row in fit.inverse]

    def _wave(self, hz):
        at = 2 * self.tones.index(hz)
        return zip(self.parts[at:at + 2], self.basis[at:at + 2])

    def amplitude(self, hz):
        return math.hypot(*(part for part, _ in self._wave(hz)))

    def purity_db(self, tones):
        rest = self.samples
        for hz in tones:
            for part, wave in self._wave(hz):
                rest = [r - part * w for r, w in zip(rest, wave)]
        left = sum(r * r for r in rest) / len(rest)
        return 10 * math.log10(max(self.power - left, 1e-9) / max(left, 1e-9))


class Packet:
    __slots__ = ("arrival", "payload_type", "marker", "sequence", "timestamp", "ssrc", "payload")

    def __init__(self, arrival, data):
        first, second, self.sequence, self.timestamp, self.ssrc = struct.unpack("!BBHII", data[:12])
        if first >> 6 != 2:
            raise ValueError("not RTP version 2")
        at = 12 + 4 * (first & 0x0F)
        if first & 0x10:
            at += 4 + 4 * struct.unpack("!H", data[at + 2:at + 4])[0]
        end = len(data) - (data[-1] if first & 0x20 else 0)
        self.arrival = arrival
        self.marker = bool(second & 0x80)
        self.payload_type = second & 0x7F
        self.payload = data[at:end]


def _arrival(beside):
    """When the kernel had it: we may come to read it later."""
    stamps = [struct.unpack("qq", value) for level, kind, value in beside
              if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS)]
    waited = time.time() - stamps[0][0] - stamps[0][1] / 1e9 if stamps else 0.0
    return time.monotonic() - waited


def rtp_and_rtcp():
    """Sockets of an even port and the next (RFC 3550, 11): were the second somebody else's, he would get RTCP for his RTP."""
    while True:
        rtp, rtcp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        rtp.bind((server.HOST, 0))
        port = rtp.getsockname()[1]
        with contextlib.suppress(OSError):  # taken
            if port % 2 == 0:
                rtcp.bind((server.HOST, port + 1))
                return rtp, rtcp
        rtp.close()
        rtcp.close()


class Voice:
    """One caller's RTP: a tone out, and everything that comes back, kept with its time. RTCP is left where it comes to."""

    def __init__(self, tone_hz=None, amplitude=8000, payload_type=PCMU):
        self.socket, self.rtcp = rtp_and_rtcp()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        self.tone_hz = tone_hz
        self.amplitude = amplitude if tone_hz else 0
        self.payload_type = payload_type
        self.second = tone_second(tone_hz, amplitude, payload_type) if tone_hz else encode([0] * RATE_HZ, payload_type)
        self.ssrc = int.from_bytes(os.urandom(4), "big")
        self.sequence = int.from_bytes(os.urandom(2), "big")
        self.timestamp = int.from_bytes(os.urandom(4), "big")
        self.sent = 0
        self.talking = True
        self.remote = None
        self.packets = []
        self.malformed = 0
        self.strange_sources = 0

    def send_frame(self):
        at = (self.sent % 50) * FRAME
        marker = 0x80 if self.sent == 0 else 0
        header = struct.pack("!BBHII", 0x80, marker | self.payload_type, self.sequence, self.timestamp, self.ssrc)
        self.sent += 1
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.timestamp = (self.timestamp + FRAME) & 0xFFFFFFFF
        self.send_raw(header + self.second[at:at + FRAME])

    def send_raw(self, data):
        try:
            self.socket.sendto(data, self.remote)
        except OSError:
            pass  # an ICMP error of an earlier packet, or a full buffer: both are the far end's to judge

    def receive(self):
        while True:
            try:
                data, beside, _, source = self.socket.recvmsg(2048, 64)
            except BlockingIOError:
                return
            except OSError:
                continue
            if self.remote is not None and source != self.remote:
                self.strange_sources += 1
            try:
                self.packets.append(Packet(_arrival(beside), data))
            except (ValueError, struct.error, IndexError):
                self.malformed += 1

    def heard(self, since, until):
        """The packets that came between two moments."""
        return [p for p in self.packets if since <= p.arrival < until]

    def spectra(self, since, until):
        """One Spectrum for each whole second that was received between two moments."""
        samples = [s for p in self.heard(since, until) if p.payload_type in DECODE
                   for s in decode(p.payload, p.payload_type)]
        return [Spectrum(samples[at:at + RATE_HZ]) for at in range(0, len(samples) - RATE_HZ + 1, RATE_HZ)]


    def tenths(self, since, until, fit, unfit=lambda begin, end: False):
        """One Tenth for each five packets in a row that were received between two moments, but for those from `begin` to
        `end` that are unfit."""
        packets = [p for p in self.heard(since, until) if p.payload_type in DECODE and len(p.payload) == FRAME]
        fives = [packets[at:at + 5] for at in range(0, len(packets) - 4, 5)]
        return [fit.fit([s for p in five for s in decode(p.payload, p.payload_type)])
                for five in fives if not unfit(five[0].arrival, five[-1].arrival)]


class Pump(threading.Thread):
    """Moves the packets of every voice: one thread, each voice at its own moment within the 20 ms."""

    def __init__(self):
        super().__init__(daemon=True)
        self.selector = selectors.DefaultSelector()
        self.lock = threading.Lock()
        self.voices = []  # [next moment, voice]
        self.done = False
        self.late_ms_max = 0.0
        self.late = []  # when it was late by more than LATE_S: what a phone would never be

    def was_late(self, since, until):
        return any(since <= moment <= until for moment in self.late)

    def add(self, voice):
        with self.lock:
            due = time.monotonic() + 0.02 * ((len(self.voices) * 7) % 20) / 20
            self.voices.append([due, voice])
            self.selector.register(voice.socket, selectors.EVENT_READ, voice)

    def remove(self, voice):
        with self.lock:
            self.voices = [entry for entry in self.voices if entry[1] is not voice]
            self.selector.unregister(voice.socket)

    def run(self):
        while not self.done:
            now = time.monotonic()
            with self.lock:
                for entry in self.voices:
                    if entry[0] > now:
                        continue
                    self.late_ms_max = max(self.late_ms_max, 1000 * (now - entry[0]))
                    if now - entry[0] > LATE_S:
                        self.late.append(now)
                    if entry[1].talking and entry[1].remote is not None:
                        entry[1].send_frame()
                    entry[0] += 0.02
                wait = min([entry[0] for entry in self.voices], default=now + 0.02) - time.monotonic()
            ready = self.selector.select(max(0.0, min(wait, 0.02)))
            for key, _ in ready:
                key.data.receive()

    def stop(self):
        self.done = True
        self.join()
