"""SIP over DPDK, by a sample: twenty callers of the interop case, who dial tuttid and hear each other without a lost packet."""

import subprocess
import sys
import time

import process
from bench.dpdk import DpdkError
from steps import ROOT

CASE = "dpdk.callers_20"
CALLERS = 20
SKIPPED = 77  # the exit code of tests/interop/run.py; what the machine lacks is printed


def outcome(code, said):
    """(how many callers it was, a sentence); None of them where this machine does not let a network be made."""
    if code == 0:
        return CALLERS, f"{CALLERS} callers over af_packet on a veth: no packet lost, everyone heard whom they should"
    if code == SKIPPED:
        why = [line for line in said.splitlines() if line.startswith("skipped: ")]
        return None, why[-1] if why else "skipped"
    raise DpdkError(f"interop.{CASE} ended with {code}:\n" + "\n".join(said.splitlines()[-20:]))


def sample(bin_folder, folder, beat, limit_s=150.0):
    """Runs the case."""
    log = folder / "dpdk_sip.log"
    command = [sys.executable, ROOT / "tests" / "interop" / "run.py", CASE, "--program", bin_folder / "tuttid", "--out", folder / "sip"]
    with log.open("w") as said:
        child = process.start([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + limit_s
        while child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.25)
            beat()
        late = child.poll() is None
        process.end(child)
    if late:
        raise DpdkError(f"interop.{CASE} did not end within {limit_s:.0f} s: see {log}")
    return outcome(child.returncode, log.read_text(errors="replace"))
