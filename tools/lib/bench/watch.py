"""Watch: looks at a tuttid twice a second while others call it: its cores' counters, its media threads' CPU, its memory."""

import dataclasses
import json
import pathlib
import threading
import time

from server import ServerError

PERIOD_S = 0.5
MEDIA_THREAD = "media-core"
WAKE_UP_NS = 20_000  # from when a thread may run until it does, with nobody in its way


@dataclasses.dataclass
class Sample:
    at_s: float  # CLOCK_MONOTONIC
    packets_received: int = 0
    packets_sent: int = 0
    drops: int = 0
    ticks: int = 0
    late_ticks: int = 0
    load_permille: float = 0.0  # of the last second, the fullest core
    used_p99_permille: float = 0.0  # of the last seconds, the fullest core
    cpu_ns: int = 0  # of the media threads since their start, the kernel's work for them too
    wait_ns: int = 0  # that they could have run and did not, wake-ups apart
    rss_bytes: int = 0


@dataclasses.dataclass
class Span:
    """What happened between two samples."""
    seconds: float
    packets_received: int
    packets_sent: int
    drops: int
    ticks: int
    late_ticks: int
    load: float  # mean of the samples; 1 is all of a core
    cpu: float  # CPU time of the media threads over time passed
    waited: float = 0.0  # the same of the time that they could have run and something else did
    used_p99: float = 0.0  # the most of the samples: what 99 of 100 sub-slots used of their time

    def late_share(self):
        return self.late_ticks / self.ticks if self.ticks else 1.0

    def cpu_ns_per_frame(self):
        """A participant-frame is one packet in and one out."""
        return self.cpu * self.seconds * 1e9 / self.packets_sent if self.packets_sent else float("nan")


def sample_of(cores, at_s, times=(0, 0), rss_bytes=0):
    """A sample of the body of /cores."""
    total = Sample(at_s, cpu_ns=times[0], wait_ns=times[1], rss_bytes=rss_bytes)
    for core in cores["cores"]:
        for name in ("packets_received", "packets_sent", "drops", "ticks", "late_ticks"):
            setattr(total, name, getattr(total, name) + core[name])
        for name in ("load_permille", "used_p99_permille"):
            setattr(total, name, max(getattr(total, name), core[name]))
    return total


def span_between(samples, begin_s, end_s):
    """The longest span of samples inside the time; where they are too few, the shortest around it; None without any."""
    inside = [s for s in samples if begin_s <= s.at_s <= end_s]
    if len(inside) < 2 or inside[-1].at_s - inside[0].at_s < 0.6 * (end_s - begin_s):
        before = [s for s in samples if s.at_s < begin_s]
        after = [s for s in samples if s.at_s > end_s]
        inside = before[-1:] + inside + after[:1]
    if len(inside) < 2:
        return None
    first, last = inside[0], inside[-1]
    seconds = last.at_s - first.at_s
    counted = {name: getattr(last, name) - getattr(first, name)
               for name in ("packets_received", "packets_sent", "drops", "ticks", "late_ticks")}
    return Span(seconds, load=sum(s.load_permille for s in inside[1:]) / (len(inside) - 1) / 1000,
                cpu=(last.cpu_ns - first.cpu_ns) / (seconds * 1e9),
                waited=max(0, last.wait_ns - first.wait_ns) / (seconds * 1e9),
                used_p99=max(s.used_p99_permille for s in inside[1:]) / 1000, **counted)


def media_times_ns(pid):
    """(CPU time, time waited for the CPU but for wake-ups) of the process's media threads. Source: sched-stats.rst of
    the kernel: time run, time waited, and how many times it was put on."""
    cpu = waited = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            if (task / "comm").read_text().strip() == MEDIA_THREAD:
                own = (task / "schedstat").read_text().split()
                cpu, waited = cpu + int(own[0]), waited + int(own[1]) - WAKE_UP_NS * int(own[2])
        except OSError:
            pass  # it has just ended
    return cpu, waited


def rss_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


class Watch:
    """A thread from its making until stop(). A question that gets no answer leaves no sample."""

    def __init__(self, server):
        self.samples = []
        self._server = server
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._ending.wait(PERIOD_S):
            try:
                status, body = self._server.get("/cores")
                if status == 200:
                    pid = self._server.child.pid
                    self.samples.append(
                        sample_of(json.loads(body), time.monotonic(), media_times_ns(pid), rss_bytes(pid)))
            except (ServerError, OSError, ValueError):
                pass

    def stop(self):
        self._ending.set()
        self._thread.join()
