"""The machine of a run: its CPUs and who gets which, what may be done on it, and what a reader of a figure must know."""

import dataclasses
import os
import pathlib
import platform
import re
import resource
import subprocess
import time

from steps import ROOT

# What may change a figure; what --publish writes itself is not in it.
MEASURED = ("CMakeLists.txt", "CMakePresets.json", "bench", "dataplane", "mixer", "signaling", "tests", "tools", ":!bench/baselines")
QUIET_LOAD = 0.3  # of the run queue in the last minute: somebody else's


@dataclasses.dataclass
class Cpus:
    media: int  # tuttid's one core, or the bench program
    callers: int  # tutti-load or the peers
    control: list  # tuttid's other threads, and this program


def choose_cpus(allowed):
    """Media on the last, callers on the one before it, all else on the rest, or on the callers' if there are but two."""
    allowed = sorted(allowed)
    if len(allowed) < 2:
        raise SystemExit("tools/bench needs two CPUs: one for the server's media, one for its callers")
    return Cpus(allowed[-1], allowed[-2], allowed[:-2] or [allowed[-2]])


def pinned(cpus, command, fifo=None):
    """The command on these CPUs; `fifo`: in real time, with this priority."""
    on = ["taskset", "-c", ",".join(str(cpu) for cpu in cpus)]
    return [*on, *(["chrt", "-f", str(fifo)] if fifo else []), *[str(word) for word in command]]


def may_have_realtime():
    return subprocess.run(["chrt", "-f", "1", "true"], capture_output=True).returncode == 0


def raise_descriptors():
    """The hard limit of open files, now the soft one too, of this program and its children."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def cpu_facts(cpuinfo):
    """(model name, family, model, whether it has AVX-512) of /proc/cpuinfo's first CPU."""
    facts = dict(re.findall(r"^([\w ]+?)\s*: (.*)$", cpuinfo.split("\n\n")[0], re.M))
    return (facts.get("model name", platform.machine()), facts.get("cpu family", "0"), facts.get("model", "0"),
            "avx512bw" in facts.get("flags", "").split())


def class_name(cpuinfo, cpus):
    """What rows are compared within: "amd_epyc_f25_m17_2cpu"."""
    model, family, number, _ = cpu_facts(cpuinfo)
    words = re.findall(r"[a-z0-9]+", re.sub(r"\(r\)|\(tm\)|processor|cpu|@.*", "", model.lower()))
    return "_".join([*words[:3], f"f{family}", f"m{number}", f"{cpus}cpu"])


def huge_pages(meminfo):
    """What of /proc/meminfo tells DPDK's memory: "800 of 1,000 free, of 2,048 kB"."""
    facts = {name: int(value) for name, value in re.findall(r"^(Huge\w+):\s+(\d+)", meminfo, re.M)}
    if not facts.get("HugePages_Total"):
        return "none reserved"
    return f"{facts['HugePages_Free']:,} of {facts['HugePages_Total']:,} free, of {facts['Hugepagesize']:,} kB"


def git(*words):
    found = subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True)
    return found.stdout.strip() if found.returncode == 0 else ""


def busy_permille(before, after):
    """Share of the CPUs that was not idle between two readings of /proc/stat's first line."""
    first, last = ([int(word) for word in line.split()[1:9]] for line in (before, after))
    spent = [b - a for a, b in zip(first, last)]
    idle = spent[3] + spent[4]
    return round(1000 * (sum(spent) - idle) / max(1, sum(spent)))


class Machine:
    def __init__(self):
        self.cpus = choose_cpus(os.sched_getaffinity(0))
        cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
        self.model, _, _, self.avx512 = cpu_facts(cpuinfo)
        self.class_name = class_name(cpuinfo, os.cpu_count())
        self.descriptors = raise_descriptors()
        self.realtime = may_have_realtime()
        self.commit = git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "--", *MEASURED) else "")
        self.date = time.strftime("%Y-%m-%d %H:%M:%S")
        self.load = os.getloadavg()[0]

    def is_busy(self):
        """What else runs here spoils a measurement; looked at for half a second."""
        stat = pathlib.Path("/proc/stat")
        before = stat.read_text().splitlines()[0]
        time.sleep(0.5)
        return busy_permille(before, stat.read_text().splitlines()[0]) > 1000 * QUIET_LOAD / len(self.all_cpus())

    def all_cpus(self):
        return sorted({self.cpus.media, self.cpus.callers, *self.cpus.control})

    def title(self):
        """For a plot: what, when, which code."""
        return (f"{self.model}, {os.cpu_count()} CPUs, Linux {platform.release().split('-')[0]}, "
                f"{self.date[:10]}, commit {self.commit or '?'}")

    def facts(self):
        """A text of what a reader of the figures must know."""
        runtime = pathlib.Path("/proc/sys/kernel/sched_rt_runtime_us")
        governor = pathlib.Path(f"/sys/devices/system/cpu/cpu{self.cpus.media}/cpufreq/scaling_governor")
        rows = {
            "date": self.date,
            "commit": self.commit + (" (with changes)" if self.commit.endswith("+") else ""),
            "cpu": f"{self.model}, {os.cpu_count()} CPUs, {'AVX-512' if self.avx512 else 'no AVX-512'}",
            "class": self.class_name,
            "kernel": platform.release(),
            "media on CPU": self.cpus.media,
            "callers on CPU": self.cpus.callers,
            "control on CPUs": ", ".join(str(cpu) for cpu in self.cpus.control),
            "SCHED_FIFO": "yes" if self.realtime else "no: not allowed",
            "sched_rt_runtime_us": runtime.read_text().strip() if runtime.exists() else "?",
            "governor": governor.read_text().strip() if governor.exists() else "none to be seen",
            "huge pages": huge_pages(pathlib.Path("/proc/meminfo").read_text()),
            "descriptors": self.descriptors,
            "load average at start": f"{self.load:.2f}",
        }
        return "".join(f"{name:<22} {value}\n" for name, value in rows.items())
