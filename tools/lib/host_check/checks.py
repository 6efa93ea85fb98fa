"""What Tutti wants of a host's CPUs, memory, kernel and limits: each check looks at one thing."""

import re

from host_check.finding import ADVICE, CHANGE, GOOD, NOTE, Finding, kernel_line
from host_check.host import as_cpu_list, cpu_list

# Of a core's slabs: of each participant, and what three of them are rounded up by, to 2 MB each. With DPDK besides: its flows of each
# participant, a core's packet buffers, and what DPDK has for all (dpdk::memory_mb): docs/BUDGETS.md.
HUGE_BYTES_A_PARTICIPANT, DPDK_BYTES_A_PARTICIPANT = 2_560, 256
HUGE_MB_A_CORE, DPDK_MB_A_CORE, DPDK_MB = 6, 18, 68
# Of each descriptor beyond those that DPDK_MB_A_CORE has in it.
DESCRIPTORS = {"receive_descriptors": (2_048, 2_960), "transmit_descriptors": (1_024, 2_320)}
IDLE_EXIT_US_MAX = 10
DESCRIPTORS_BESIDE = 224
# What calls have of all descriptors: SIP over TCP has the rest.
CALLS_EIGHTHS = 7


def processor(host, wants):
    flags = host.cpu_flags()
    for name, needs in (("AVX-512", {"avx512bw", "avx512vl", "avx512vbmi"}), ("AVX2", {"avx2"})):
        if needs <= flags:
            return Finding("SIMD", name, GOOD)
    return Finding("SIMD", "SSSE3" if "ssse3" in flags else "none that is used", ADVICE, "AVX2 or AVX-512",
                   ["a virtual machine: give it the CPU type of its host"], "mixing takes two to four times as long")


def media_cpus(host, wants):
    online = host.online()
    gone = sorted(set(wants.cpus) - set(online))
    if gone:
        return Finding("media CPUs", f"{as_cpu_list(gone)} not online", CHANGE, f"some of {as_cpu_list(online)}",
                       ["set cores.cpus in the configuration"])
    if set(online) == set(wants.cpus):
        return Finding("media CPUs", f"{as_cpu_list(online)}, all there are", ADVICE, "one left for all else",
                       ["leave a CPU out of cores.cpus"], "SIP, HTTP, the kernel and other programs need one")
    return Finding("media CPUs", as_cpu_list(wants.cpus), GOOD)


def isolation(host, wants):
    """Away from the scheduler, and without its tick."""
    missing = {kind: sorted(set(wants.cpus) - set(_listed(host, kind))) for kind in ("isolated", "nohz_full")}
    if not any(missing.values()):
        return Finding("isolated CPUs", as_cpu_list(wants.cpus), GOOD)
    cpus = as_cpu_list(wants.cpus)
    said = [f"{as_cpu_list(left)} not {kind}" for kind, left in missing.items() if left]
    return Finding("isolated CPUs", ", ".join(said), ADVICE, cpus,
                   kernel_line(f"isolcpus=managed_irq,domain,{cpus} nohz_full={cpus} rcu_nocbs={cpus}"),
                   "other programs, timers and interrupts make ticks late")


def _listed(host, kind):
    """The kernel says "(null)" for none."""
    text = host.read(f"/sys/devices/system/cpu/{kind}")
    return cpu_list(text) if re.fullmatch(r"[\d,-]+", text) else []


def threads_of_a_core(host, wants):
    shared = sorted({other for cpu in wants.cpus for other in host.siblings(cpu)} - set(wants.cpus))
    both = sorted(cpu for cpu in wants.cpus if set(host.siblings(cpu)) & set(wants.cpus))
    if both:
        return Finding("core threads", f"{as_cpu_list(both)} share cores", ADVICE, "one media CPU a core",
                       ["name one thread of each core in cores.cpus"], "two threads of a core carry little more than one")
    if shared:
        return Finding("core threads", f"{as_cpu_list(shared)} run beside media", ADVICE, "switched off",
                       [f"echo 0 > /sys/devices/system/cpu/cpu{cpu}/online" for cpu in shared],
                       "what runs there takes up to half of a media core's speed")
    return Finding("core threads", "media CPUs have cores alone", GOOD)


def governor(host, wants):
    found = {host.cpu(cpu, "cpufreq/scaling_governor") for cpu in wants.cpus}
    if found == {""}:
        return Finding("governor", "none here (a virtual machine: the host's)", NOTE)
    if found == {"performance"}:
        return Finding("governor", "performance", GOOD)
    return Finding("governor", ", ".join(sorted(found)), ADVICE, "performance",
                   [f"echo performance > /sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor" for cpu in wants.cpus],
                   "a CPU that has to speed up first is late first")


def idle_states(host, wants):
    deep = set()
    for cpu in wants.cpus:
        for state in host.names(f"/sys/devices/system/cpu/cpu{cpu}/cpuidle"):
            exit_us = host.number(f"/sys/devices/system/cpu/cpu{cpu}/cpuidle/{state}/latency", 0)
            if exit_us > IDLE_EXIT_US_MAX and host.cpu(cpu, f"cpuidle/{state}/disable", "0") == "0":
                deep.add((exit_us, state))
    if not deep:
        return Finding("idle states", f"wake within {IDLE_EXIT_US_MAX} us", GOOD)
    slowest, _ = max(deep)
    files = [f"/sys/devices/system/cpu/cpu*/cpuidle/{state}/disable" for state in sorted({state for _, state in deep})]
    return Finding("idle states", f"wake within {slowest} us", ADVICE, f"{IDLE_EXIT_US_MAX} us",
                   [f"for f in {file}; do echo 1 > $f; done" for file in files], "each packet may find the core asleep")


def clock(host, wants):
    source = host.read("/sys/devices/system/clocksource/clocksource0/current_clocksource")
    if source in ("tsc", "kvm-clock", "arch_sys_counter"):
        return Finding("clock", source, GOOD)
    return Finding("clock", source or "not to be seen", CHANGE, "tsc",
                   ["echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource"],
                   "reading this one is a system call or slower, and a core reads it thousands of times a second")


def interrupts(host, wants):
    if "irqbalance" not in host.processes():
        return Finding("interrupts", "irqbalance does not run", GOOD)
    return Finding("interrupts", "irqbalance moves them anywhere", ADVICE, "away from media CPUs",
                   [f"echo IRQBALANCE_BANNED_CPULIST={as_cpu_list(wants.cpus)} >> /etc/default/irqbalance",
                    "systemctl restart irqbalance"])


def real_time(host, wants):
    """A thread under SCHED_FIFO that never sleeps, as one that polls a card, is stopped 50 ms of each second."""
    runtime = host.number("/proc/sys/kernel/sched_rt_runtime_us", -1)
    if runtime < 0:
        return Finding("real time", "not throttled", GOOD)
    if wants.backend == "dpdk":
        return Finding("real time", f"throttled to {runtime} us a second", CHANGE, "not throttled",
                       ["echo kernel.sched_rt_runtime_us=-1 >> /etc/sysctl.d/tutti.conf", "sysctl --system"],
                       "a core that polls its card under SCHED_FIFO would stand still for the rest of each second")
    return Finding("real time", "throttled, and the cores sleep", GOOD)


def huge_pages(host, wants):
    """By the nodes that the media CPUs belong to."""
    cores = {}
    for cpu in wants.cpus:
        cores[host.node_of_cpu(cpu)] = cores.get(host.node_of_cpu(cpu), 0) + 1
    def of_cores(count, a_core, a_participant):
        return count * (a_core + wants.participants * a_participant // 2**20)

    a_core, a_participant, beside = HUGE_MB_A_CORE, HUGE_BYTES_A_PARTICIPANT, 0
    if wants.backend == "dpdk" and not wants.dpdk.get("huge_pages", True):
        if not wants.cards:
            return Finding("huge pages", "none for DPDK, as configured", NOTE)
        return Finding("huge pages", "none for DPDK, as configured", CHANGE, "some for the card",
                       ["huge_pages = true in [dataplane.dpdk]"], "a card takes no other memory")
    if wants.backend == "dpdk":
        more = sum(max(0, wants.dpdk.get(key, usual) - usual) * size for key, (usual, size) in DESCRIPTORS.items())
        a_core, a_participant, beside = a_core + DPDK_MB_A_CORE + more // 2**20, a_participant + DPDK_BYTES_A_PARTICIPANT, DPDK_MB
    short, said = [], []
    for node, count in sorted(cores.items()):
        needed = of_cores(count, a_core, a_participant) + beside
        slabs = of_cores(count, HUGE_MB_A_CORE, HUGE_BYTES_A_PARTICIPANT)
        reserved, free, small = host.huge_pages_mb(node)
        said.append(f"node {node}: {reserved} MB, {free} free")
        # DPDK takes pages of any size, the cores' slabs do not.
        if free < needed:
            short.append((node, needed, ""))
        elif small < slabs:
            said[-1] += f", {small} of them of 2 MB"
            short.append((node, slabs, " in pages of 2 MB"))
    if not short:
        return Finding("huge pages", "; ".join(said), GOOD)
    wanted = "; ".join(f"node {node}: {needed} MB free{pages}" for node, needed, pages in short)
    commands = [f"echo {-(-needed // 2)} > /sys/devices/system/node/node{node}/hugepages/hugepages-2048kB/nr_hugepages"
                for node, needed, _ in short]
    if wants.backend == "dpdk" and any(not pages for _, _, pages in short):
        return Finding("huge pages", "; ".join(said), CHANGE, wanted, commands,
                       "DPDK starts without them only with huge_pages = false, and slower")
    return Finding("huge pages", "; ".join(said), ADVICE, wanted, commands, "with many participants a core misses its TLB")


def swap(host, wants):
    if len(host.read("/proc/swaps").splitlines()) <= 1:
        return Finding("swap", "none", GOOD)
    return Finding("swap", "on", ADVICE, "off", ["swapoff -a, and out of /etc/fstab"], "a page that comes from disk is a late tick")


def descriptors(host, wants):
    if wants.backend == "dpdk":
        return None
    needed = -(-8 * (2 * wants.participants * len(wants.cpus) + DESCRIPTORS_BESIDE) // CALLS_EIGHTHS)
    limit = host.limit("Max open files")
    if limit is None or limit >= needed:
        return Finding("open files", f"{limit or 'no limit'}", GOOD)
    return Finding("open files", f"{limit} at most", CHANGE, f"{needed}",
                   [f"LimitNOFILE={needed} in the unit", f"or: ulimit -Hn {needed}"],
                   f"two sockets a call: no more than {max(0, limit - limit // 8 - DESCRIPTORS_BESIDE) // 2} calls")


def locked_memory(host, wants):
    """vfio counts all memory that a card may reach as locked."""
    limit = host.limit("Max locked memory")
    if wants.backend != "dpdk" or not wants.cards:
        return None
    if limit is None:
        return Finding("locked memory", "no limit", GOOD)
    return Finding("locked memory", f"{limit // 2**20} MB at most", ADVICE, "no limit",
                   ["LimitMEMLOCK=infinity in the unit", "or: ulimit -l unlimited"],
                   "for who is not root, a card is refused beyond it (cannot set up DMA remapping)")


def io_uring(host, wants):
    if wants.backend == "dpdk":
        return None
    if host.number("/proc/sys/kernel/io_uring_disabled", 0) == 0:
        return Finding("io_uring", "allowed", GOOD)
    return Finding("io_uring", "switched off", CHANGE, "allowed",
                   ["echo kernel.io_uring_disabled=0 >> /etc/sysctl.d/tutti.conf", "sysctl --system"])


def local_ports(host, wants):
    """Other programs' sockets sit in the kernel's range; with DPDK on media's addresses only by the tap."""
    if wants.backend == "dpdk" and wants.dpdk.get("kernel_path") != "tap":
        return None
    words = host.read("/proc/sys/net/ipv4/ip_local_port_range").split()
    if len(words) != 2:
        return None
    first, last = (int(word) for word in words)
    rtp_first, rtp_last = wants.rtp_ports
    if last < rtp_first or rtp_last < first:
        return Finding("local ports", f"{first}-{last}, apart from RTP's", GOOD)
    commands = [f"echo net.ipv4.ip_local_reserved_ports={rtp_first}-{rtp_last} >> /etc/sysctl.d/tutti.conf", "sysctl --system"]
    if rtp_first <= first and last <= rtp_last:  # with all reserved, no program could connect to anywhere
        commands = [f"leave some of {first}-{last} out of rtp_ports in [media], and reserve the others", *commands[1:]]
    why = "an answer that a program waits for at such a port goes to the call that has it" if wants.backend == "dpdk" else ""
    return Finding("local ports", f"{first}-{last} overlap RTP's {rtp_first}-{rtp_last}", ADVICE, "apart", commands, why)


def joined_packets(host, wants):
    """Before IP, where a receive ring is, packets that the kernel has put together are still one."""
    if wants.backend == "dpdk" or wants.rx != "packet":
        return None
    on = {name: sorted({"rx-gro-list", "rx-udp-gro-forwarding"} & host.features(name)) for name in host.interfaces()}
    if not any(on.values()):
        return Finding("joined packets", "none of UDP", GOOD)
    return Finding("joined packets", ", ".join(f"{name}: {' '.join(which)}" for name, which in on.items() if which), CHANGE,
                   "off where media is",
                   [f"ethtool -K {name} {' '.join(f'{feature} off' for feature in which)}" for name, which in on.items() if which],
                   'rx = "packet" loses what is more than its ring has room for, and before Linux 6.2 all of it')


def changed_packets(host, wants):
    """What comes to a receive ring as it was on the wire, comes to the socket as the kernel has made it: neither takes it."""
    if wants.backend == "dpdk" or wants.rx != "packet":
        return None
    loaded = {"nf_nat": "NAT", "esp4": "IPsec", "esp6": "IPsec"}
    found = sorted({what for module, what in loaded.items() if host.exists(f"/sys/module/{module}")})
    if not found:
        return Finding("changed packets", "neither NAT nor IPsec", GOOD)
    return Finding("changed packets", f"{' and '.join(found)} loaded", ADVICE, "not for RTP",
                   ["leave RTP's ports out of DNAT rules, and of IPsec's policies in transport mode", 'or: rx = "socket" in [cores]'],
                   'with rx = "packet" RTP that this host translates or decrypts is lost, and not counted')


def connection_tracking(host, wants):
    if wants.backend == "dpdk":
        return None
    if not host.exists("/proc/sys/net/netfilter/nf_conntrack_count"):
        return Finding("conntrack", "not loaded", GOOD)
    first, last = wants.rtp_ports
    return Finding("conntrack", "tracks each RTP flow", ADVICE, "RTP left out",
                   ["nft add table inet tutti",
                    "nft 'add chain inet tutti in { type filter hook prerouting priority raw; }'",
                    "nft 'add chain inet tutti out { type filter hook output priority raw; }'",
                    f"nft add rule inet tutti in udp dport {first}-{last} notrack",
                    f"nft add rule inet tutti out udp sport {first}-{last} notrack"],
                   "costs each packet a look-up, and its table fills")


ALL = (processor, media_cpus, isolation, threads_of_a_core, governor, idle_states, clock, interrupts, real_time, huge_pages,
       swap, descriptors, locked_memory, io_uring, local_ports, joined_packets, changed_packets, connection_tracking)
