"""Media over DPDK: its drivers of a veth, with real callers behind the kernel at the other end."""

import os

import cable
import cases_baresip
import cases_sipp
from cases_audio import everybody
from cases_load import load

AF_PACKET = f"net_af_packet0,iface={cable.NEAR}"


def _all_by_dpdk(world):
    """No socket of the server's has media: its ports are those of addresses that no kernel has."""
    for call in world.calls:
        world.expect(call.remote_rtp()[0] in cable.NEAR_IPS, f"{call.name} was sent to {call.remote_rtp()}")


def callers_20(world):
    """Twenty callers in four rooms: no packet is lost, every one hears whom it should."""
    status, found, _ = load(world, "--allow-remote", "--rooms", "4", "--per-room", "5", "--talkers", "5", "--secs", "6")
    world.expect(status == 0, f"tutti-load ended with {status}")
    if not world.expect(found, "it wrote no JSON"):
        return
    world.pump.late_ms_max = max(world.pump.late_ms_max, found["generator"]["sent_late_ms_max"])
    world.expect(found["answered"] == 20, f"{found['answered']} calls were answered")
    world.expect(found["packets_received"] == found["packets_expected"] == 20 * 6 * 50,
                 f"{found['packets_received']} of {found['packets_expected']} packets came")
    matrix = found["matrix"]
    world.expect(matrix["judged"] > 0 and matrix["wrong"] == 0, f"{matrix['wrong']} cells of {matrix['judged']} are wrong")


def callers_8(world):
    """Eight callers hear one another, over two addresses."""
    everybody(world, 8, 4.2, 3500)
    _all_by_dpdk(world)
    world.expect({call.remote_rtp()[0] for call in world.calls} == set(cable.NEAR_IPS), "one address had all")


def two_cores(world):
    """A room on two cores: what comes on the other core's queue is handed over."""
    everybody(world, 8, 4.2, 3500)
    _all_by_dpdk(world)


def sipp(world):
    """Three SIPps, through the kernel at the other end: a listener hears all three tones."""
    cases_sipp.three_staggered(world)
    _all_by_dpdk(world)


def baresips(world):
    """Two baresips and a caller of ours: each hears the others and not itself."""
    cases_baresip.two_and_a_listener(world)
    _all_by_dpdk(world)


def _two_small_cores():
    return f'cpus = "{",".join(map(str, sorted(os.sched_getaffinity(0))[-2:]))}"\nparticipants_per_core = 4'


CASES = [callers_20, callers_8, two_cores, sipp, baresips]
for _case in CASES:
    _case.enter = cable.enter
    _case.config = cable.configuration(AF_PACKET)
two_cores.config = cable.configuration(AF_PACKET + ",qpairs=2", _two_small_cores())
