"""tools/host-check on hosts that are folders: a good one, and each thing wrong with it."""

import io
import json
import pathlib
import re
import tempfile
import unittest
import unittest.mock

from host_check import cards, features, main
from host_check.finding import ADVICE, CHANGE, GOOD, NOTE
from host_check.host import Host, as_cpu_list, cpu_list

CPU = "/sys/devices/system/cpu"
NODE = "/sys/devices/system/node"
PCI = "/sys/bus/pci/devices"
ROUTES = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"


class HostCheckTest(unittest.TestCase):
    def setUp(self):
        """Eight CPUs on two nodes, 1 to 7 media's, as one would wish; a card on vfio-pci, the kernel's another."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write(f"{CPU}/online", "0-7")
        self.write(f"{CPU}/isolated", "1-7")
        self.write(f"{CPU}/nohz_full", "1-7")
        for cpu in range(8):
            self.write(f"{CPU}/cpu{cpu}/topology/thread_siblings_list", str(cpu))
            self.write(f"{CPU}/cpu{cpu}/cpufreq/scaling_governor", "performance")
            self.write(f"{CPU}/cpu{cpu}/cpuidle/state1/latency", "2")
            (self.root / f"{CPU}/cpu{cpu}/node{cpu // 4}".lstrip("/")).mkdir()
        self.write("/proc/cpuinfo", "vendor_id : AuthenticAMD\nflags : fpu avx2 avx512bw avx512vl avx512vbmi\n")
        self.write("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc")
        self.write("/proc/sys/kernel/sched_rt_runtime_us", "-1")
        for node in (0, 1):
            pages = f"{NODE}/node{node}/hugepages/hugepages-2048kB"
            self.write(f"{pages}/nr_hugepages", "512")
            self.write(f"{pages}/free_hugepages", "400")
        self.write("/proc/swaps", "Filename Type Size Used Priority\n")
        self.write("/proc/self/limits", "Max open files            1024                 1048576              files\n"
                   "Max locked memory         8388608              unlimited            bytes\n")
        self.write("/proc/sys/kernel/io_uring_disabled", "0")
        self.write("/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999")
        self.write("/proc/net/route", ROUTES + "eth0 00000000 0100000A 0003 0 0 0 00000000 0 0 0\n")
        self.write("/dev/net/tun", "")
        self.write("/sys/kernel/iommu_groups/0/type", "DMA-FQ")
        self.card("0000:01:00.0", "vfio-pci", [], 0)
        self.card("0000:02:00.0", "ixgbe", ["eth0"], 1)

    def write(self, name, text):
        file = self.root / name.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")

    def remove(self, name):
        (self.root / name.lstrip("/")).unlink()

    def card(self, address, driver, interfaces, node):
        self.write(f"{PCI}/{address}/class", "0x020000")
        self.write(f"{PCI}/{address}/numa_node", str(node))
        link = self.root / f"{PCI}/{address}/driver".lstrip("/")
        link.unlink(missing_ok=True)
        if driver:
            link.symlink_to(f"../../../bus/pci/drivers/{driver}")
        for name in interfaces:
            self.write(f"{PCI}/{address}/net/{name}/operstate", "up")

    def run_check(self, *arguments):
        out = io.StringIO()
        code = main.run([*arguments, "--root", str(self.root), "--json"], "", out)
        return code, json.loads(out.getvalue())

    def finding(self, what, *arguments):
        found = [finding for finding in self.run_check(*arguments)[1] if finding["what"] == what]
        self.assertEqual(len(found), 1, what)
        return found[0]

    def assert_found(self, verdict, what, *arguments, says="", does=""):
        found = self.finding(what, *arguments)
        self.assertEqual(found["verdict"], verdict, found)
        self.assertIn(says, found["found"])
        self.assertIn(does, "\n".join(found["commands"]))
        if verdict in (ADVICE, CHANGE):
            self.assertTrue(found["commands"], found)

    def test_a_good_host_has_nothing_to_change(self):
        for arguments in ((), ("--card", "0000:01:00.0", "--cpus", "1-3")):
            code, findings = self.run_check(*arguments)
            self.assertEqual(code, 0)
            self.assertEqual({finding["verdict"] for finding in findings}, {GOOD, NOTE}, findings)
            self.assertFalse(any(finding["commands"] for finding in findings))

    def test_what_has_to_change_is_the_exit_code(self):
        self.write("/proc/sys/kernel/io_uring_disabled", "2")
        self.assertEqual(self.run_check()[0], 1)
        self.assertEqual(self.run_check("--backend", "dpdk")[0], 0)
        self.write("/proc/sys/kernel/io_uring_disabled", "0")
        self.write("/proc/swaps", "Filename\n/dev/sda2 partition 1 0 -2\n")
        self.assertEqual(self.run_check()[0], 0)  # advice is none

    def test_simd(self):
        self.write("/proc/cpuinfo", "flags : fpu ssse3 avx2")
        self.assert_found(GOOD, "SIMD", says="AVX2")
        self.write("/proc/cpuinfo", "flags : fpu ssse3")
        self.assert_found(ADVICE, "SIMD", says="SSSE3")
        self.write("/proc/cpuinfo", "flags : fpu")
        self.assert_found(ADVICE, "SIMD", says="none")

    def test_media_cpus(self):
        self.assert_found(GOOD, "media CPUs", says="1-7")
        self.assert_found(CHANGE, "media CPUs", "--cpus", "6-9", says="8-9 not online")
        self.assert_found(ADVICE, "media CPUs", "--cpus", "0-7", says="all there are")
        self.write(f"{CPU}/online", "0-3")
        self.assert_found(GOOD, "media CPUs", says="3")  # the last, as tuttid itself chooses

    def test_isolation(self):
        self.write(f"{CPU}/isolated", "1-6")
        self.assert_found(ADVICE, "isolated CPUs", says="7 not isolated", does="isolcpus=managed_irq,domain,1-7 nohz_full=1-7")
        self.write(f"{CPU}/isolated", "1-7")
        self.write(f"{CPU}/nohz_full", "(null)")
        self.assert_found(ADVICE, "isolated CPUs", says="1-7 not nohz_full", does="GRUB")
        self.assert_found(ADVICE, "isolated CPUs", "--cpus", "2,4", does="rcu_nocbs=2,4")

    def test_core_threads(self):
        for cpu in range(8):
            self.write(f"{CPU}/cpu{cpu}/topology/thread_siblings_list", f"{cpu % 4},{cpu % 4 + 4}")
        self.assert_found(ADVICE, "core threads", says="1-3,5-7 share cores")
        self.assert_found(ADVICE, "core threads", "--cpus", "1-3", says="5-7 run beside media", does=f"{CPU}/cpu6/online")
        self.write(f"{CPU}/online", "0-4")
        self.assert_found(GOOD, "core threads", "--cpus", "1-3")

    def test_governor(self):
        self.write(f"{CPU}/cpu2/cpufreq/scaling_governor", "schedutil")
        self.assert_found(ADVICE, "governor", says="performance, schedutil", does="cpu2/cpufreq")
        self.assert_found(GOOD, "governor", "--cpus", "1,3")
        for cpu in range(8):
            self.remove(f"{CPU}/cpu{cpu}/cpufreq/scaling_governor")
        self.assert_found(NOTE, "governor", says="none here")

    def test_idle_states(self):
        self.write(f"{CPU}/cpu3/cpuidle/state3/latency", "133")
        self.assert_found(ADVICE, "idle states", says="133 us", does="state3/disable")
        self.write(f"{CPU}/cpu3/cpuidle/state3/disable", "1")
        self.assert_found(GOOD, "idle states")

    def test_clock(self):
        self.write("/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet")
        self.assert_found(CHANGE, "clock", says="hpet", does="echo tsc")

    def test_interrupts(self):
        self.write("/proc/812/comm", "irqbalance")
        self.assert_found(ADVICE, "interrupts", does="IRQBALANCE_BANNED_CPULIST=1-7")

    def test_real_time_is_throttled_for_who_never_sleeps(self):
        self.write("/proc/sys/kernel/sched_rt_runtime_us", "950000")
        self.assert_found(GOOD, "real time")
        self.assert_found(CHANGE, "real time", "--backend", "dpdk", says="950000", does="sched_rt_runtime_us=-1")

    def test_huge_pages_count_where_the_cores_are(self):
        self.write(f"{NODE}/node1/hugepages/hugepages-2048kB/free_hugepages", "3")
        self.assert_found(ADVICE, "huge pages", says="node 1: 1024 MB, 6 free", does="node1/hugepages")
        self.assert_found(CHANGE, "huge pages", "--backend", "dpdk")
        self.assert_found(GOOD, "huge pages", "--cpus", "1-3")
        # 1 GB pages do for DPDK alone.
        self.write(f"{NODE}/node1/hugepages/hugepages-1048576kB/nr_hugepages", "2")
        self.write(f"{NODE}/node1/hugepages/hugepages-1048576kB/free_hugepages", "2")
        self.assert_found(ADVICE, "huge pages", says="node 1: 3072 MB, 2054 free, 6 of them of 2 MB")
        self.assert_found(ADVICE, "huge pages", "--backend", "dpdk")
        self.write(f"{NODE}/node1/hugepages/hugepages-2048kB/free_hugepages", "60")
        self.assert_found(GOOD, "huge pages", "--backend", "dpdk")

    def test_dpdk_needs_more(self):
        self.write(f"{NODE}/node1/hugepages/hugepages-2048kB/free_hugepages", "1")
        wanted = {backend: self.finding("huge pages", "--cpus", "4", "--participants", "32768", "--backend", backend)["wanted"]
                  for backend in ("uring", "dpdk")}
        self.assertEqual(wanted, {"uring": "node 1: 86 MB free", "dpdk": "node 1: 180 MB free"})

    def test_more_participants_need_more(self):
        small = self.finding("huge pages", "--cpus", "1", "--participants", "1000000")["wanted"]
        large = self.finding("huge pages", "--cpus", "1", "--participants", "2000000")["wanted"]
        self.assertGreater(int(large.split()[2]), int(small.split()[2]))

    def test_swap(self):
        self.write("/proc/swaps", "Filename\n/dev/sda2 partition 1 0 -2\n")
        self.assert_found(ADVICE, "swap", does="swapoff")

    def test_open_files(self):
        self.write("/proc/self/limits", "Max open files            1024                 20000              files")
        self.assert_found(CHANGE, "open files", says="20000 at most", does="LimitNOFILE=131328")
        self.assert_found(GOOD, "open files", "--cpus", "1", "--participants", "8600")
        self.write("/proc/self/limits", "Max open files            1024                 unlimited            files")
        self.assert_found(GOOD, "open files", says="no limit")

    def test_local_ports(self):
        self.write("/proc/sys/net/ipv4/ip_local_port_range", "1024\t65000")
        self.assert_found(ADVICE, "local ports", does="ip_local_reserved_ports=16384-32767")
        self.assert_found(ADVICE, "local ports", "--rtp-ports", "2000-3000", does="2000-3000")
        # To reserve all there are would leave programs none.
        self.assert_found(ADVICE, "local ports", "--rtp-ports", "1024-65535", does="leave some of 1024-65000 out of rtp_ports")

    def test_local_ports_beside_dpdk(self):
        file = self.root / "tuttid.toml"
        dpdk = '[cores]\nbackend = "dpdk"\n[media]\nrtp_ports = "16384-40000"\n[dataplane.dpdk]\nkernel_path = "{}"\n'
        file.write_text(dpdk.format("none"))
        self.assertFalse([found for found in self.run_check("--config", str(file))[1] if found["what"] == "local ports"])
        file.write_text(dpdk.format("tap"))
        self.assert_found(ADVICE, "local ports", "--config", str(file), says="overlap RTP's 16384-40000", does="reserved_ports=16384-40000")

    def test_packets_that_a_receive_ring_loses(self):
        self.write("tuttid.toml", '[cores]\nrx = "packet"')
        ring = ("--config", f"{self.root}/tuttid.toml")
        self.write("/sys/class/net/eth1/mtu", "1500")
        with unittest.mock.patch("host_check.features.active", return_value={"rx-gro"}) as active:
            self.assert_found(GOOD, "joined packets", *ring)
            self.write("/sys/module/esp4/refcnt", "0")
            self.assert_found(ADVICE, "changed packets", *ring, says="IPsec loaded", does='rx = "socket"')
            active.return_value = {"rx-gro", "rx-gro-list"}
            self.assert_found(CHANGE, "joined packets", *ring, says="eth1: rx-gro-list", does="ethtool -K eth1 rx-gro-list off")
            self.assertFalse([found for found in self.run_check()[1] if found["what"] == "joined packets"])
        self.assertEqual(features.active("no such"), set())

    def test_connection_tracking(self):
        self.write("/proc/sys/net/netfilter/nf_conntrack_count", "0")
        self.assert_found(ADVICE, "conntrack", does="udp dport 16384-32767 notrack")

    def test_iommu(self):
        card = ("--card", "0000:01:00.0", "--cpus", "1")
        (self.root / "sys/kernel/iommu_groups/0/type").unlink()
        (self.root / "sys/kernel/iommu_groups/0").rmdir()
        self.assert_found(CHANGE, "IOMMU", *card, does="iommu=pt")
        self.write("/proc/cpuinfo", "vendor_id : GenuineIntel\nflags : avx2")
        self.assert_found(CHANGE, "IOMMU", *card, does="intel_iommu=on")
        self.write("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y")
        self.assert_found(ADVICE, "IOMMU", *card, says="goes on without")

    def card_finding(self, *arguments):
        """Of the card that is asked for, first of all cards."""
        return next(finding for finding in self.run_check(*arguments)[1] if finding["what"] == "card")

    def test_a_card_that_the_kernel_has(self):
        self.card("0000:03:00.0", "ixgbe", ["eth1"], 0)
        for name in ("eth1", "0000:03:00.0", "03:00.0"):
            found = self.card_finding("--card", name)
            self.assertEqual(found["verdict"], CHANGE)
            self.assertEqual(found["commands"][-2], "dpdk-devbind.py --bind=vfio-pci 0000:03:00.0")
            self.assertIn("ip link set eth1 down", found["commands"])
        self.card("0000:03:00.0", None, [], 0)
        self.assertIn("no driver", self.card_finding("--card", "03:00.0")["found"])
        self.card("0000:03:00.0", "mlx5_core", [], 0)
        self.assertEqual(self.card_finding("--card", "03:00.0")["verdict"], GOOD)

    def test_shares_those_that_tuttid_shares(self):
        source = pathlib.Path(__file__).parents[3] / "dataplane/dpdk/host_facts.cpp"
        shared = re.search(r"kShared = {(.*)};", source.read_text()).group(1)
        self.assertEqual(cards.SHARED_DRIVERS, tuple(re.findall(r'"(\w+)"', shared)))
        # Debian's DPDK has no net_mana.
        self.card("0000:03:00.0", "mana", ["eth1"], 0)
        self.assertEqual(self.card_finding("--card", "eth1")["verdict"], CHANGE)

    def test_a_mellanox_card_stays_with_its_kernel_driver(self):
        self.card("0000:03:00.0", "vfio-pci", [], 0)
        self.write(f"{PCI}/0000:03:00.0/vendor", "0x15b3")
        self.assertEqual(self.card_finding("--card", "03:00.0")["verdict"], CHANGE)
        self.card("0000:03:00.0", None, [], 0)
        found = self.card_finding("--card", "03:00.0")
        self.assertEqual((found["verdict"], found["wanted"]), (CHANGE, "mlx5_core"))
        self.assertNotIn("vfio", "\n".join(found["commands"]))
        self.card("0000:03:00.0", "mlx5_core", ["eth1"], 0)
        self.assert_found(CHANGE, "verbs", "--card", "eth1", does="modprobe -a mlx5_ib ib_uverbs")
        self.write("/dev/infiniband/uverbs0", "")
        self.assert_found(GOOD, "verbs", "--card", "eth1")

    def test_a_card_whose_group_the_kernel_uses(self):
        self.card("0000:01:00.1", "ice", ["eth3"], 0)
        self.write(f"{PCI}/0000:01:00.0/iommu_group/devices/0000:01:00.0/x", "")
        self.write(f"{PCI}/0000:01:00.0/iommu_group/devices/0000:01:00.1/x", "")
        self.assert_found(CHANGE, "IOMMU group", "--card", "01:00.0", says="0000:01:00.1 eth3 on ice",
                          does="dpdk-devbind.py --bind=vfio-pci 0000:01:00.1")
        for driver in ("vfio-pci", "pcieport", None):
            self.card("0000:01:00.1", driver, [], 0)
            self.assertFalse([found for found in self.run_check("--card", "01:00.0")[1] if found["what"] == "IOMMU group"])

    def test_an_e810_wants_its_package(self):
        self.write(f"{PCI}/0000:01:00.0/vendor", "0x8086")
        self.write(f"{PCI}/0000:01:00.0/device", "0x1592")
        self.assert_found(CHANGE, "card's package", "--card", "01:00.0", does="firmware-misc-nonfree")
        self.write("/lib/firmware/intel/ice/ddp/ice-1.3.30.0.pkg", "")
        self.assert_found(GOOD, "card's package", "--card", "01:00.0", says="ice-1.3.30.0.pkg")
        self.write(f"{PCI}/0000:01:00.0/device", "0x1572")
        self.assertFalse([found for found in self.run_check("--card", "01:00.0")[1] if found["what"] == "card's package"])

    def test_locked_memory(self):
        self.assert_found(GOOD, "locked memory", "--card", "01:00.0")
        self.write("/proc/self/limits", "Max locked memory         8388608              8388608              bytes")
        self.assert_found(ADVICE, "locked memory", "--card", "01:00.0", says="8 MB at most", does="LimitMEMLOCK=infinity")

    def test_reads_the_card_that_tuttid_is_to_have(self):
        file = self.root / "tuttid.toml"
        dpdk = '[cores]\nbackend = "dpdk"\ncpus = "4"\n[dataplane.dpdk]\ndevices = ["{}"]\n'
        file.write_text(dpdk.format("0000:02:00.0,safe-mode-support=1"))
        self.assertIn("0000:02:00.0 eth0 carries the default route", self.card_finding("--config", str(file))["found"])
        file.write_text(dpdk.format("net_af_packet0,iface=eth1") + "huge_pages = false\n")
        self.assert_found(NOTE, "huge pages", "--config", str(file), says="as configured")
        file.write_text(dpdk.format("0000:01:00.0") + "huge_pages = false\n")
        self.assert_found(CHANGE, "huge pages", "--config", str(file), does="huge_pages = true")
        # Descriptors are buffers.
        self.write(f"{NODE}/node1/hugepages/hugepages-2048kB/free_hugepages", "1")
        file.write_text(dpdk.format("0000:01:00.0"))
        usual = self.finding("huge pages", "--config", str(file))["wanted"]
        file.write_text(dpdk.format("0000:01:00.0") + "receive_descriptors = 32768\n")
        self.assertGreater(int(self.finding("huge pages", "--config", str(file))["wanted"].split()[2]),
                           int(usual.split()[2]) + 80)

    def test_the_way_in_is_not_taken_away(self):
        found = self.card_finding("--card", "eth0")
        self.assertIn("default route", found["found"])
        self.assertNotIn("devbind", "\n".join(found["commands"]))
        # IPv6's way in is one, too.
        self.write("/proc/net/route", ROUTES)
        self.write("/proc/net/ipv6_route", f"{'0' * 32} 00 {'0' * 32} 00 fe80{'0' * 27}1 00000400 1 0 00000003 eth0\n")
        self.assertIn("default route", self.card_finding("--card", "eth0")["found"])

    def test_a_card_that_is_not_there(self):
        found = self.card_finding("--card", "eth7")
        self.assertEqual(found["verdict"], CHANGE)
        self.assertIn("0000:02:00.0 eth0", found["wanted"])

    def test_a_card_far_from_its_cores(self):
        self.assert_found(ADVICE, "card's node", "--card", "01:00.0", says="CPUs 4, 5, 6, 7", does="node0/cpulist")
        self.assert_found(GOOD, "card's node", "--card", "01:00.0", "--cpus", "1-3")

    def test_interfaces_of_virtio_stand_a_folder_below(self):
        self.card("0000:04:00.0", "virtio-pci", [], -1)
        self.write(f"{PCI}/0000:04:00.0/virtio2/net/eth4/operstate", "up")
        self.assertIn("eth4", self.card_finding("--card", "eth4")["found"])

    def test_tap(self):
        self.write("/dev/vhost-net", "")
        self.assertEqual(self.finding("tap", "--backend", "dpdk")["found"], "there")  # the tap's file is all it takes
        self.remove("/dev/net/tun")
        self.assert_found(ADVICE, "tap", "--backend", "dpdk", does="modprobe tun")

    def test_reads_what_tuttid_reads(self):
        file = self.root / "tuttid.toml"
        file.write_text('[cores]\ncpus = "1-2"\nparticipants_per_core = 3000000\n[media]\nrtp_ports = "40000-50000"\n')
        found = self.finding("local ports", "--config", str(file))
        self.assertIn("40000-50000", found["found"])
        self.assert_found(CHANGE, "open files", "--config", str(file), does="13714542")
        self.assert_found(GOOD, "media CPUs", "--config", str(file), "--cpus", "3", says="3")  # the flag stands over it

    def refusal(self, *arguments):
        with self.assertRaises(SystemExit) as ended, unittest.mock.patch("sys.stderr", io.StringIO()) as said:
            self.run_check(*arguments)
        self.assertEqual(ended.exception.code, 2)
        return said.getvalue()

    def test_what_is_wrong_with_the_line_or_the_file_is_said(self):
        for arguments in (["--cpus", "one"], ["--cpus", "3-1"], ["--rtp-ports", "5"], ["--rtp-ports", "9-8"], ["--config", "/nowhere"],
                          ["--participants", "x"], ["--participants", "-1"]):
            self.assertIn(arguments[1], self.refusal(*arguments))
        for text in (b"cores = 3", b"# \xfc", b"dataplane.dpdk = 3", b'dataplane.dpdk.receive_descriptors = "x"',
                     b'dataplane.dpdk.devices = "x"', b'cores.backend = "x"', b"cores.participants_per_core = true"):
            (self.root / "t.toml").write_bytes(text)
            self.refusal("--config", str(self.root / "t.toml"))

    def test_the_table_is_for_people(self):
        self.write("/proc/swaps", "Filename\n/dev/sda2 partition 1 0 -2\n")
        self.write("/proc/sys/kernel/io_uring_disabled", "2")
        out = io.StringIO()
        main.run(["--root", str(self.root)], "", out)
        text = out.getvalue()
        self.assertLess(text.index("Has to change: io_uring"), text.index("Would be better: swap"))
        self.assertNotIn("Nothing to change", text)
        self.write("/proc/swaps", "Filename\n")
        self.write("/proc/sys/kernel/io_uring_disabled", "0")
        out = io.StringIO()
        main.run(["--root", str(self.root)], "", out)
        self.assertIn("Nothing to change.", out.getvalue())

    def test_an_empty_host_is_no_error(self):
        with tempfile.TemporaryDirectory() as folder:
            main.run(["--root", folder, "--card", "eth0"], "", io.StringIO())

    def test_lists_of_cpus(self):
        for text, cpus in (("0", [0]), ("0-2,5", [0, 1, 2, 5]), ("", []), ("3,1", [1, 3])):
            self.assertEqual(cpu_list(text), cpus)
        self.assertEqual(as_cpu_list([5, 0, 1, 2]), "0-2,5")
        self.assertEqual(as_cpu_list([]), "")

    def test_this_very_host(self):
        """Whatever it is."""
        self.assertIn(main.run(["--backend", "dpdk"], "", io.StringIO()), (0, 1))
        self.assertTrue(Host().online())


if __name__ == "__main__":
    unittest.main()
