"""What DPDK wants of the network cards, and of the way to them."""

from host_check.finding import ADVICE, CHANGE, GOOD, NOTE, Finding, kernel_line

BYPASS_DRIVERS = ("vfio-pci", "igb_uio", "uio_pci_generic")
# DPDK drives these beside the kernel, bound as they are: those of dataplane/dpdk/host_facts.cpp.
SHARED_DRIVERS = ("mlx4_core", "mlx5_core")
MELLANOX, INTEL = "0x15b3", "0x8086"
E810 = range(0x1591, 0x159C)  # device numbers of the E810's ports
E810_PACKAGES = ("/lib/firmware/updates/intel/ice/ddp", "/lib/firmware/intel/ice/ddp")


def iommu(host, wants):
    if wants.backend != "dpdk":
        return None
    if host.names("/sys/kernel/iommu_groups"):
        return Finding("IOMMU", f"on, {len(host.names('/sys/kernel/iommu_groups'))} groups", GOOD)
    if host.read("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode") in ("Y", "1"):
        return Finding("IOMMU", "off, and vfio goes on without it", ADVICE, "on", _switch_on(host),
                       "a card that errs may write anywhere")
    commands = _switch_on(host) + ["where there is none (virtual machines): "
                                   "modprobe vfio enable_unsafe_noiommu_mode=1"]
    return Finding("IOMMU", "off", CHANGE if wants.cards else ADVICE, "on", commands, "without it vfio-pci takes no card")


def _switch_on(host):
    amd = "AuthenticAMD" in host.read("/proc/cpuinfo")
    return kernel_line("iommu=pt" if amd else "intel_iommu=on iommu=pt")


def chosen_cards(host, wants):
    """One finding a card that is to be DPDK's; of all others what they are."""
    findings, chosen = [], set()
    for name in wants.cards:
        card = host.card_named(name)
        if card is None:
            findings.append(Finding("card", f"{name}: no network card here", CHANGE,
                                    "one of " + (", ".join(host.card(card).title() for card in host.cards()) or "none")))
            continue
        chosen.add(card.address)
        findings += [_bound(host, card), _group(host, card), _firmware(host, card), _verbs(host, card), _near(host, card, wants)]
    findings += [_other(host.card(address)) for address in host.cards() if address not in chosen]
    return [finding for finding in findings if finding]


def _bound(host, card):
    driver = card.driver()
    if driver in SHARED_DRIVERS:
        return Finding("card", f"{card.title()} on {driver}, shared with DPDK", GOOD)
    if card.vendor() == MELLANOX:
        return Finding("card", f"{card.title()} on {driver or 'no driver'}", CHANGE, "mlx5_core",
                       ["modprobe mlx5_core", f"dpdk-devbind.py --bind=mlx5_core {card.address}"],
                       "DPDK drives this maker's cards beside the kernel's own driver, not by vfio-pci")
    if driver in BYPASS_DRIVERS:
        return Finding("card", f"{card.address} on {driver}", GOOD)
    if set(card.interfaces()) & host.default_interfaces():
        return Finding("card", f"{card.title()} carries the default route", CHANGE, "another card",
                       ["give DPDK a card of its own: this one is the way to the host"])
    commands = [*(f"ip link set {name} down" for name in card.interfaces()), "modprobe vfio-pci",
                f"dpdk-devbind.py --bind=vfio-pci {card.address}",
                f"after each boot: driverctl set-override {card.address} vfio-pci"]
    return Finding("card", f"{card.title()} on {driver or 'no driver'}", CHANGE, "vfio-pci", commands,
                   "the kernel has it; dpdk-devbind.py is in the package dpdk, driverctl in its own")


def _group(host, card):
    """vfio hands out whole groups."""
    others = [host.card(address) for address in host.names(f"{card.folder}/iommu_group/devices") if address != card.address]
    kernels = [other for other in others if other.driver() and other.driver() not in (*BYPASS_DRIVERS, "pcieport")]
    if card.driver() in SHARED_DRIVERS or not kernels:
        return None
    return Finding("IOMMU group", f"{card.address} with " + ", ".join(f"{other.title()} on {other.driver()}" for other in kernels),
                   CHANGE, "the card alone",
                   [f"dpdk-devbind.py --bind=vfio-pci {other.address}" for other in kernels] +
                   ["or put the card into another slot, behind a bridge that keeps slots apart (ACS)"],
                   "vfio gives no card away whose group the kernel uses too")


def _firmware(host, card):
    """Without its package an E810 has one queue, and DPDK's driver refuses it."""
    if card.vendor() != INTEL or card.device() not in E810:
        return None
    found = [name for folder in E810_PACKAGES for name in host.names(folder) if name.endswith(".pkg")]
    if found:
        return Finding("card's package", f"{found[0]} for {card.address}", GOOD)
    return Finding("card's package", f"none for {card.address}", CHANGE, "intel/ice/ddp/ice.pkg",
                   ["apt install firmware-misc-nonfree (from non-free-firmware), or Intel's \"ice COMMS\" package as "
                    "/lib/firmware/intel/ice/ddp/ice.pkg"],
                   "DPDK's driver ice loads it into an E810 at start, and does not start without")


def _verbs(host, card):
    if card.driver() not in ("mlx4_core", "mlx5_core"):
        return None
    if any(name.startswith("uverbs") for name in host.names("/dev/infiniband")):
        return Finding("verbs", "there", GOOD)
    return Finding("verbs", "no /dev/infiniband/uverbs*", CHANGE, "there",
                   ["apt install rdma-core", "modprobe -a mlx5_ib ib_uverbs"], "DPDK's driver mlx5 speaks to the card through them")


def _near(host, card, wants):
    node = card.node()
    if node is None:
        return None
    far = [cpu for cpu in wants.cpus if host.node_of_cpu(cpu) != node]
    if not far:
        return Finding("card's node", f"{card.address} and media on node {node}", GOOD)
    return Finding("card's node", f"{card.address} on node {node}, CPUs {', '.join(map(str, far))} on others", ADVICE,
                   f"CPUs of node {node}", [f"name CPUs of /sys/devices/system/node/node{node}/cpulist in cores.cpus"],
                   "each packet crosses between the processors")


def _other(card):
    return Finding("card", f"{card.title()} on {card.driver() or 'no driver'}", NOTE)


def exception_path(host, wants):
    if wants.backend != "dpdk":
        return None
    if not host.exists("/dev/net/tun"):
        return Finding("tap", "no /dev/net/tun", ADVICE, "there", ["modprobe tun"], "SIP over DPDK's port needs one")
    return Finding("tap", "there", GOOD)


ALL = (iommu, chosen_cards, exception_path)
