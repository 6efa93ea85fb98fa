"""The host as its kernel shows it: files below /proc, /sys and /dev, or below another root in the tests."""

import pathlib
import re

from host_check import features


def cpu_list(text):
    """The CPUs of "0-2,5", in order."""
    cpus = set()
    for part in filter(None, text.strip().split(",")):
        first, _, last = part.partition("-")
        cpus.update(range(int(first), int(last or first) + 1))
    return sorted(cpus)


def as_cpu_list(cpus):
    """"0-2,5" of the CPUs."""
    runs = []
    for cpu in sorted(cpus):
        if runs and cpu == runs[-1][1] + 1:
            runs[-1][1] = cpu
        else:
            runs.append([cpu, cpu])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


class Host:
    def __init__(self, root="/"):
        self.root = pathlib.Path(root)

    def path(self, name):
        return self.root / name.lstrip("/")

    def exists(self, name):
        return self.path(name).exists()

    def read(self, name, default=""):
        """What the file says, without the line's end; the default where there is none or it may not be read."""
        try:
            return self.path(name).read_text(errors="replace").strip("\0\n ")
        except OSError:
            return default

    def number(self, name, default=None):
        text = self.read(name)
        return int(text) if re.fullmatch(r"-?\d+", text) else default

    def names(self, folder):
        try:
            return sorted(entry.name for entry in self.path(folder).iterdir())
        except OSError:
            return []

    def link(self, name):
        """The last part of where a link leads; empty where there is none."""
        try:
            return self.path(name).readlink().name
        except OSError:
            return ""

    # CPUs

    def online(self):
        return cpu_list(self.read("/sys/devices/system/cpu/online", "0"))

    def cpu(self, cpu, name, default=""):
        return self.read(f"/sys/devices/system/cpu/cpu{cpu}/{name}", default)

    def siblings(self, cpu):
        """The other threads of its core that run."""
        online = set(self.online())
        return [other for other in cpu_list(self.cpu(cpu, "topology/thread_siblings_list"))
                if other != cpu and other in online]

    def node_of_cpu(self, cpu):
        nodes = [name for name in self.names(f"/sys/devices/system/cpu/cpu{cpu}") if re.fullmatch(r"node\d+", name)]
        return int(nodes[0][4:]) if nodes else 0

    def cpu_flags(self):
        found = re.search(r"^flags\s*: (.*)$", self.read("/proc/cpuinfo"), re.M)
        return set(found.group(1).split()) if found else set()

    def command_line(self):
        return self.read("/proc/cmdline").split()

    def processes(self):
        """Names of what runs."""
        return {self.read(f"/proc/{name}/comm") for name in self.names("/proc") if name.isdigit()}

    # Memory

    def huge_pages_mb(self, node):
        """(reserved, free) of all sizes on the node, and what is free in pages of 2 MB."""
        total = free = small = 0
        base = f"/sys/devices/system/node/node{node}/hugepages"
        if not self.exists(base):
            base = "/sys/kernel/mm/hugepages"
        for name in self.names(base):
            size_kb = int(re.sub(r"\D", "", name) or 0)
            total += self.number(f"{base}/{name}/nr_hugepages", 0) * size_kb
            free_kb = self.number(f"{base}/{name}/free_hugepages", 0) * size_kb
            free += free_kb
            small += free_kb if size_kb == 2048 else 0
        return total // 1024, free // 1024, small // 1024

    def limit(self, name):
        """The hard limit of a process, as /proc/self/limits calls it; None: unlimited."""
        found = re.search(rf"^{re.escape(name)}\s+\S+\s+(\S+)", self.read("/proc/self/limits"), re.M)
        return int(found.group(1)) if found and found.group(1).isdigit() else None

    # Network

    def interfaces(self):
        return [name for name in self.names("/sys/class/net") if name != "lo"]

    def features(self, interface):
        """What is on of that which ethtool(8) -k lists."""
        return features.active(interface)

    def cards(self):
        """PCI addresses of all network cards."""
        return [name for name in self.names("/sys/bus/pci/devices")
                if self.read(f"/sys/bus/pci/devices/{name}/class").startswith("0x02")]

    def card(self, address):
        return Card(self, address)

    def card_named(self, name):
        """By PCI address, with or without its domain, or by interface; None where there is none."""
        for address in self.cards():
            if name in (address, address.removeprefix("0000:")) or name in self.card(address).interfaces():
                return self.card(address)
        return None

    def default_interfaces(self):
        """Those that the default routes of IPv4 and IPv6 lead through."""
        four = [line.split() for line in self.read("/proc/net/route").splitlines()[1:]]
        six = [line.split() for line in self.read("/proc/net/ipv6_route").splitlines()]
        return {words[0] for words in four if len(words) > 7 and words[1] == words[7] == "00000000"} | {
            words[9] for words in six if len(words) > 9 and words[0] == "0" * 32 and words[1] == "00" and words[9] != "lo"}


class Card:
    def __init__(self, host, address):
        self.host = host
        self.address = address
        self.folder = f"/sys/bus/pci/devices/{address}"

    def driver(self):
        return self.host.link(f"{self.folder}/driver")

    def vendor(self):
        return self.host.read(f"{self.folder}/vendor")

    def device(self):
        """Its number at the maker's; 0 where none is told."""
        text = self.host.read(f"{self.folder}/device")
        return int(text, 16) if re.fullmatch(r"0x[0-9a-f]{4}", text) else 0

    def node(self):
        """None where the machine has but one, or does not tell."""
        node = self.host.number(f"{self.folder}/numa_node", -1)
        return None if node < 0 else node

    def interfaces(self):
        """virtio's stand a folder below."""
        below = [f"{self.folder}/{name}/net" for name in self.host.names(self.folder) if name.startswith("virtio")]
        return [name for folder in [f"{self.folder}/net", *below] for name in self.host.names(folder)]

    def title(self):
        return " ".join([self.address, *self.interfaces()])
