"""baresip, a second real client: it plays a sine and records what it hears; we listen on both sides."""

import math
import re
import subprocess
import time
import wave

import media
import process
import server
from server import free_port
from world import JOIN_S

CONFIG = """\
sip_listen {host}:{sip_port}
module_path {modules}
module g711.so
module ausine.so
module aufile.so
module sndfile.so
module_tmp account.so
module_app menu.so
audio_source ausine,{hz}
audio_player aufile,{folder}/player.wav
audio_alert aufile,{folder}/alert.wav
ausrc_srate 48000
ausrc_channels 2
ausrc_format s16
audio_level no
audio_buffer 20-160
rtp_ports {rtp_first}-{rtp_last}
snd_path {folder}
"""

READY_S = 30  # for its start, where the machine has much else to do


def _modules():
    found = subprocess.run(["dpkg-query", "-L", "baresip-core"], text=True, capture_output=True).stdout
    return re.search(r"^(\S+)/g711\.so$", found, re.M).group(1)


def baresip(world, name, hz, room=None, seconds=16):
    """A baresip that calls the room; without one it answers whoever calls. The child and its SIP port."""
    folder = world.out / name
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.wav"):
        old.unlink()
    rtp_first = free_port((media.socket.SOCK_DGRAM,)) & ~1
    port = free_port(count=2)  # the next one is baresip's for TLS
    (folder / "config").write_text(CONFIG.format(host=server.HOST, sip_port=port, modules=_modules(), hz=hz, folder=folder,
                                                 rtp_first=rtp_first, rtp_last=rtp_first + 20))
    (folder / "accounts").write_text(f"<sip:{name}@{server.HOST}>;regint=0;audio_codecs=pcmu;answermode=auto\n")
    dial = ["-e", f"/dial sip:{room}@{world.server.sip}"] if room else []
    log = folder / "baresip.log"
    with log.open("w") as sink:
        child = process.start(["baresip", "-f", str(folder), *dial, "-t", str(seconds)], stdin=subprocess.DEVNULL,
                              stdout=sink, stderr=subprocess.STDOUT)
    until = time.monotonic() + READY_S
    while "baresip is ready" not in log.read_text(errors="replace") and child.poll() is None:  # now it can be called
        if time.monotonic() > until:
            break  # the case tells what it lacks
        time.sleep(0.02)
    return child, port


def stay_on_the_host():
    """baresip wants more than a loopback."""


def recording(folder):
    """The samples of the longest recording of what was received, at 8 kHz."""
    best = []
    for file in folder.glob("dump-*-dec.wav"):
        with wave.open(str(file)) as recorded:
            if recorded.getframerate() != media.RATE_HZ or recorded.getsampwidth() != 2:
                continue
            frames = memoryview(recorded.readframes(recorded.getnframes())).cast("h")
            samples = list(frames[::recorded.getnchannels()])
            best = max(best, samples, key=len)
    return best


def two_and_a_listener(world):
    """Two baresips and a caller of ours: we hear both sines, and each baresip recorded the other's and ours."""
    ours = world.join("baresip", 700)
    clients = [baresip(world, name, hz, "baresip")[0] for name, hz in (("anna", 400), ("bert", 550))]
    world.wait_for(10.0, participants=3)
    time.sleep(1.0)
    since = time.monotonic()
    time.sleep(JOIN_S + 2.2)
    until = time.monotonic()
    spectra = ours.voice.spectra(since, until)
    for hz in (400, 550):
        level = max((s.amplitude(hz) for s in spectra), default=0)
        world.expect(level > 500, f"baresip's {hz} Hz is not heard ({level:.0f})")
    world.judge_stream(ours, since, until)
    world.expect(max((s.amplitude(700) for s in spectra), default=0) < 80, "we hear ourselves")
    for client in clients:
        try:
            client.wait(20)  # it ends by itself after its -t seconds, with a BYE
        except subprocess.TimeoutExpired:
            world.expect(False, "baresip did not end")
        process.end(client)
    for name, own, other in (("anna", 400, 550), ("bert", 550, 400)):
        samples = recording(world.out / name)
        if not world.expect(len(samples) >= 4 * media.RATE_HZ, f"{name} recorded {len(samples)} samples: "
                            + (world.out / name / "baresip.log").read_text(errors="replace")[-1500:]):
            continue
        middle = len(samples) // 2
        spectrum = media.Spectrum(samples[middle:middle + media.RATE_HZ])
        for hz in (other, 700):
            world.expect(spectrum.amplitude(hz) > 500, f"{name} does not hear {hz} Hz ({spectrum.amplitude(hz):.0f})")
        off = 20 * math.log10(max(spectrum.amplitude(own), 1e-3) / spectrum.amplitude(700))
        world.expect(off < -30, f"{name} hears itself ({off:.0f} dB under our tone)")
    world.leave(ours)


two_and_a_listener.enter = stay_on_the_host

CASES = [two_and_a_listener]
