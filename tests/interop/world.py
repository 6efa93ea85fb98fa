"""What every interop case stands on: a server of its own, callers with tones, and the judgement of what they heard."""

import math
import pathlib
import statistics
import subprocess
import sys
import time
import types

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "lib"))
import process  # noqa: E402
import server  # noqa: E402
from server import Server, ServerError  # noqa: E402

import media  # noqa: E402
import sip  # noqa: E402

SIPP_SCENARIOS = pathlib.Path(__file__).resolve().parents[2] / "tools" / "sipp"
JOIN_S = 1.0  # from the last join until the mix is judged: jitter buffers have settled


class World:
    def __init__(self, program, out, config="", rtp_ports=400):
        self.out = pathlib.Path(out)
        self.out.mkdir(parents=True, exist_ok=True)
        flags = ()
        if config:
            (self.out / "tuttid.toml").write_text(config)
            flags = ("--config", self.out / "tuttid.toml")
        self.failures = []
        self.program = pathlib.Path(program)
        self.server = Server(program, self.out / "tuttid.log", flags, rtp_ports)
        self.pump = media.Pump()
        self.pump.start()
        self.calls = []
        self.patience_s = 60.0  # until everything must be given back

    def expect(self, condition, text):
        if not condition:
            self.failures.append(text)
            print(f"WRONG: {text}", flush=True)
        return bool(condition)

    # Callers

    def caller(self, room, tone_hz=None, amplitude=8000, payload_type=media.PCMU, transport="udp"):
        """A call and its voice, not dialled yet."""
        voice = media.Voice(tone_hz, amplitude, payload_type)
        call = sip.Call(self.server.sip, room, voice.port, transport,
                        {"payload_types": (payload_type, 101)})
        call.voice = voice
        self.calls.append(call)
        return call

    def join(self, *arguments, **options):
        """A caller in the room, talking."""
        call = self.caller(*arguments, **options)
        response = call.dial()
        if self.expect(response.status == 200, f"{call.name} dialled and got {response.start}"):
            call.voice.remote = call.remote_rtp()
            self.expect(call.voice.remote[1] != 0, f"{call.name} was given port 0:\n{response.body}")
            self.pump.add(call.voice)
        return call

    def wait_for(self, seconds, **wanted):
        """The ledger says so, once those who are on their way have come."""
        deadline = time.monotonic() + seconds
        while True:
            ledger = self.server.ledger()
            if all(ledger[name] == count for name, count in wanted.items()):
                return
            if time.monotonic() > deadline:
                return self.expect(False, f"not {wanted} after {seconds:.0f} s: the ledger says {ledger}")
            time.sleep(0.05)

    def leave(self, call):
        response = call.bye()
        self.expect(response.status == 200, f"{call.name} said BYE and got {response.start}")
        if call.voice.remote is not None:
            self.pump.remove(call.voice)
        call.voice.remote = None

    def tones(self, count):
        """`count` frequencies, each far from the others and from their sums and differences of low order."""
        return [301 + 73 * n for n in range(count)]

    # Judgement

    def judge_mix(self, listener, talkers, since, until, absent=(), purity_db=25.0, quiet=True, spectra=None):
        """`listener` hears each of `talkers` within 1 dB, and nothing of itself or of `absent`; without talkers
        nothing at all, unless not `quiet`. By `spectra` where there are some, else second by second."""
        if spectra is None:
            spectra = listener.voice.spectra(since, until)
        if not self.expect(spectra, f"{listener.name} received less than a second of audio"):
            return
        levels = []
        for talker in talkers:
            level = statistics.median(s.amplitude(talker.voice.tone_hz) for s in spectra)
            levels.append(level)
            off = 20 * math.log10(max(level, 1e-3) / talker.voice.amplitude)
            self.expect(abs(off) <= 1.0, f"{listener.name} hears {talker.name} {off:+.1f} dB off its level")
        for other in [listener, *absent]:
            if other.voice.tone_hz:
                level = statistics.median(s.amplitude(other.voice.tone_hz) for s in spectra)
                off = 20 * math.log10(max(level, 1e-3) / other.voice.amplitude)
                who = "itself" if other is listener else other.name
                self.expect(off <= -40.0, f"{listener.name} hears {who} at {off:+.1f} dB and must not")
        if talkers:
            purity = statistics.median(s.purity_db([t.voice.tone_hz for t in talkers]) for s in spectra)
            self.expect(purity >= purity_db, f"{listener.name} hears {purity:.1f} dB of tones over the rest")
        elif quiet:
            loudest = statistics.median(math.sqrt(s.power) for s in spectra)
            self.expect(loudest < 40, f"{listener.name} should hear silence, and hears {loudest:.0f} rms")

    def judge_stream(self, listener, since, until):
        """One SSRC, sequence numbers and timestamps without a gap, a packet each 20 ms."""
        packets = listener.voice.heard(since, until)
        name = listener.name
        if not self.expect(len(packets) > 10, f"{name} received {len(packets)} packets"):
            return
        self.expect(len({p.ssrc for p in packets}) == 1, f"{name}: the SSRC changed")
        self.expect(listener.voice.malformed == 0, f"{name} received what is no RTP")
        self.expect(listener.voice.strange_sources == 0, f"{name} received from another port than it was told")
        pairs = list(zip(packets, packets[1:]))
        jumps = sum(1 for a, b in pairs if (b.sequence - a.sequence) & 0xFFFF != 1)
        self.expect(jumps == 0, f"{name}: {jumps} breaks in the sequence numbers")
        breaks = sum(1 for a, b in pairs if (b.timestamp - a.timestamp) & 0xFFFFFFFF != len(a.payload))
        self.expect(breaks == 0, f"{name}: {breaks} breaks in the timestamps")
        gaps = sorted(1000 * (b.arrival - a.arrival) for a, b in pairs)
        middle, worst = statistics.median(gaps), gaps[-1]
        self.expect(18 <= middle <= 22, f"{name}: a packet each {middle:.1f} ms")
        # How late a shared machine makes a packet is not the server's doing; that it never stops is.
        self.expect(worst < 300, f"{name}: a gap of {worst:.0f} ms")
        rate = len(pairs) / max(1e-9, packets[-1].arrival - packets[0].arrival)
        self.expect(49 <= rate <= 51, f"{name}: {rate:.2f} packets a second")

    # The tools of others

    def heard_only(self, hz, amplitude=8000):
        """Somebody else's tone, for judge_mix."""
        return types.SimpleNamespace(name=f"the {hz} Hz tone",
                                     voice=types.SimpleNamespace(tone_hz=hz, amplitude=amplitude))

    def sipp(self, scenario, *arguments, seconds=60.0, wait=True, name=None, cwd=None):
        """SIPp with a scenario of tools/sipp against the server; it must end with 0."""
        name = name or scenario
        command = ["sipp", self.server.sip, "-sf", str(SIPP_SCENARIOS / f"{scenario}.xml"), "-i", server.HOST,
                   "-nostdin", "-trace_err", "-error_file", str(self.out / f"{name}.errors"),
                   "-trace_logs", "-log_file", str(self.out / f"{name}.log"), *arguments]
        sink = (self.out / f"{name}.out").open("w")
        child = process.start(command, cwd=cwd or self.out, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT)
        child.name, child.deadline = name, time.monotonic() + seconds
        return self.sipp_end(child) if wait else child

    def sipp_called(self, scenario, *options, calls=1):
        """SIPp as one who is called, so many times: the child, with its port open, and that port."""
        port = server.free_port()
        child = self.sipp(scenario, "-p", str(port), "-m", str(calls), *options, wait=False)
        transport = media.socket.SOCK_STREAM if "t1" in options else media.socket.SOCK_DGRAM
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:  # until it has its port
            with media.socket.socket(media.socket.AF_INET, transport) as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    break
            time.sleep(0.02)
        return child, port

    def sipp_end(self, child):
        try:
            status = child.wait(max(0.1, child.deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            status = "no end in time"
        process.end(child)
        if not self.expect(status == 0, f"SIPp {child.name} ended with {status}"):
            for kind in ("errors", "out"):
                file = self.out / f"{child.name}.{kind}"
                if file.exists():
                    print(file.read_text(errors="replace")[-3000:])
        return status == 0

    def tone_file(self, hz, amplitude=8000, folder=None):
        """Raw u-law for SIPp's rtp_stream: a second of a tone, in the case's folder."""
        subprocess.run([SIPP_SCENARIOS / "make_tone", str(hz), (folder or self.out) / "tone.ulaw", str(amplitude)],
                       check=True)

    # The end

    def finish(self):
        """Everything given back, no sanitizer's report, SIGTERM and exit 0."""
        self.pump.stop()
        try:
            left = self.server.wait_for_empty_ledger(self.patience_s)
            self.expect(not left, f"after the case the ledger still holds {left}")
            self.server.stop()
        except ServerError as error:
            self.expect(False, str(error))
        for call in self.calls:
            call.close()
        said = self.server.said(200)
        self.expect("Sanitizer" not in said and "runtime error" not in said, f"a sanitizer spoke:\n{said}")
