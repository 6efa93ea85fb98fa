"""Runs one interop case against a tuttid of its own: run.py CASE --program TUTTID --out FOLDER; run.py --list"""

import argparse
import gc
import pathlib
import sys
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "lib"))
import own_network  # noqa: E402
import process  # noqa: E402
from server import ServerError  # noqa: E402

import cases_audio  # noqa: E402
import cases_baresip  # noqa: E402
import cases_console  # noqa: E402
import cases_control  # noqa: E402
import cases_crowd  # noqa: E402
import cases_dial_out  # noqa: E402
import cases_dpdk  # noqa: E402
import cases_hostile  # noqa: E402
import cases_load  # noqa: E402
import cases_operations  # noqa: E402
import cases_page  # noqa: E402
import cases_sipp  # noqa: E402
from world import World  # noqa: E402

# A case is judged again when it went wrong and the machine had stalled our own callers meanwhile, by two packets: on a quiet
# one they are 17 ms late at most, and where they wait the server on the same CPUs does.
ATTEMPTS, STALL_MS = 3, 40.0
SKIPPED = 77  # the exit code; what the machine lacks is printed

GROUPS = {"audio": cases_audio, "sipp": cases_sipp, "hostile": cases_hostile, "baresip": cases_baresip,
          "load": cases_load, "dpdk": cases_dpdk, "crowd": cases_crowd, "control": cases_control, "dial_out": cases_dial_out,
          "operations": cases_operations, "console": cases_console, "page": cases_page}


def all_cases():
    """name -> (function, whether it is a long one)"""
    found = {}
    for group, module in GROUPS.items():
        for case in module.CASES + getattr(module, "LONG", []):
            found[f"{group}.{case.__name__}"] = (case, case not in module.CASES)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="?")
    parser.add_argument("--program", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--list", action="store_true", help="every case, the long ones marked, for CMake")
    options = parser.parse_args()
    cases = all_cases()
    if options.list:
        print("\n".join(f"{name} {'long' if is_long else 'short'}" for name, (_, is_long) in cases.items()))
        return 0
    if options.case not in cases or options.program is None or options.out is None:
        parser.error("a CASE of --list, --program and --out are needed")
    case, _ = cases[options.case]
    process.install_traps()
    gc.disable()  # a pause of this program is not the server's
    print(case.__doc__)
    # A network of its own, where it may have one: nobody else's server still sends to a port that is a caller's of ours now,
    # and nobody binds one that we have chosen. A case that wants another says so, and is skipped where it cannot have that.
    lacking = None
    if hasattr(case, "enter"):
        lacking = case.enter()
    else:
        own_network.enter()
    if lacking:
        print(f"skipped: {lacking}")
        return SKIPPED
    for attempt in range(1, ATTEMPTS + 1):
        failures, late_ms = run(case, options)
        print(f"latest packet of ours: {late_ms:.1f} ms")
        if not failures:
            return 0
        if late_ms < STALL_MS or attempt == ATTEMPTS:
            break
        # Nobody can be judged by callers who fell silent themselves.
        print(f"the machine kept our own callers for {late_ms:.0f} ms: once more")
    return 1


def run(case, options):
    """What was wrong in one run of a case, and how late our own packets were."""
    try:
        world = World(options.program, options.out, getattr(case, "config", ""), getattr(case, "rtp_ports", 400))
    except ServerError as error:
        print(error)
        return [str(error)], 0.0
    try:
        case(world)
    except Exception:  # whatever it is, the server's last words and its end belong to the report
        world.failures.append("the case broke off")
        traceback.print_exc()
    late_ms = world.pump.late_ms_max  # before the end, which waits for others
    world.finish()
    if world.failures:
        print(f"{len(world.failures)} wrong; the server said:\n{world.server.said()}")
    return world.failures, late_ms


if __name__ == "__main__":
    sys.exit(main())
