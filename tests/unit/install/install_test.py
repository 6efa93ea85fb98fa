"""What cmake --install puts into a folder works there, and what tools/package makes holds it. BUILD: the build's folder."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from server import Server

BUILD = pathlib.Path(os.environ["BUILD"])
DPDK = """[cores]
participants_per_core = 16
backend = "dpdk"
[dataplane.dpdk]
devices = ["net_null0"]
addresses = ["192.0.2.10/24"]
huge_pages = false
"""


def said(*command):
    return subprocess.run([str(word) for word in command], check=True, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60).stdout


def faults_of(unit):
    """What systemd says of it; of other units of this machine it may say more."""
    return [line for line in said("systemd-analyze", "verify", "--man=no", unit).splitlines() if "tuttid" in line]


class InstallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.prefix = pathlib.Path(folder.name) / "usr"
        said("cmake", "--install", BUILD, "--prefix", cls.prefix)

    def test_programs_start_where_they_lie(self):
        self.assertIn("tuttid ", said(self.prefix / "sbin/tuttid", "--version"))
        for program in ("tuttictl", "tutti-load"):
            self.assertIn(program, said(self.prefix / "bin" / program, "--help"))

    def test_the_server_finds_its_part_for_dpdk(self):
        file = self.prefix / "dpdk.toml"
        file.write_text(DPDK)
        server = Server(self.prefix / "sbin/tuttid", self.prefix / "log", ("--config", file))
        self.assertIn("by dpdk", (self.prefix / "log").read_text())
        server.stop()

    def test_host_check_reads_this_host(self):
        answer = subprocess.run([self.prefix / "bin/tutti-host-check", "--json"], check=False, text=True, timeout=60,
                                stdout=subprocess.PIPE)
        self.assertIn(answer.returncode, (0, 1))
        self.assertIn("verdict", answer.stdout)

    def test_systemd_takes_the_unit(self):
        unit = self.prefix / "lib/systemd/system/tuttid.service"
        self.assertEqual(faults_of(unit), [])
        for name in ("packet", "dpdk"):
            addition = unit.with_name("tuttid.service.d") / f"{name}.conf"
            addition.parent.mkdir(exist_ok=True)
            addition.write_text((self.prefix / f"share/doc/tutti/{name}.conf").read_text())
            self.assertEqual(faults_of(unit), [], f"with {name}.conf")
            addition.unlink()

    def test_the_unit_gives_away_little(self):
        unit = self.prefix / "lib/systemd/system/tuttid.service"
        said("systemd-analyze", "security", "--offline=yes", "--threshold=25", unit)  # of 100: the exposure

    def test_packages_hold_what_is_installed(self):
        out = self.prefix / "deb"
        said("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", out, "-D", "CPACK_STRIP_FILES=OFF")
        held = {}
        for package in out.glob("*.deb"):
            self.assertIn("libc6", said("dpkg-deb", "--field", package, "Depends"))
            lines = said("dpkg-deb", "--contents", package).splitlines()
            held[package.name.split("_")[0]] = {line.split()[5] for line in lines if not line.endswith("/")}
        self.assertEqual(held.keys(), {"tutti", "tutti-dpdk"})
        self.assertEqual(held["tutti-dpdk"], {"./usr/lib/tutti/tutti-dpdk.so"})
        self.assertLessEqual({"./usr/sbin/tuttid", "./usr/bin/tuttictl", "./usr/bin/tutti-host-check",
                              "./usr/lib/systemd/system/tuttid.service"}, held["tutti"])


if __name__ == "__main__":
    unittest.main()
