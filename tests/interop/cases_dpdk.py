"""Media over DPDK: its drivers of a veth, with real callers behind the kernel at the other end."""

import os
import time

import cable
import cases_baresip
import cases_sipp
from cases_audio import everybody
from cases_load import load

AF_PACKET = f"net_af_packet0,iface={cable.NEAR}"
AF_XDP = f"net_af_xdp0,iface={cable.NEAR}"


def _all_by_dpdk(world):
    """No socket of the server's has media: its ports are those of addresses that no kernel has."""
    for call in world.calls:
        world.expect(call.remote_rtp()[0] in cable.NEAR_IPS, f"{call.name} was sent to {call.remote_rtp()}")


# Buffers that a core keeps: to write into (dpdk::SpareBuffers), and those that packets came in, for the next ones (ReusedBuffers).
KEPT_AT_HAND = 64 + 15 + 512


def _card(world):
    """What /metrics tells of the card: name -> the sum of its samples, with "NAME{LABEL" for those of one label."""
    told = {}
    for line in world.server.get("/metrics")[1].decode().splitlines():
        if line.startswith("tutti_dpdk_"):
            series, value = line.rsplit(" ", 1)
            for name in {series.split("{")[0], series}:
                told[name] = told.get(name, 0) + float(value)
    return told


def _buffers_used(card):
    return card["tutti_dpdk_buffers"] - card["tutti_dpdk_buffers_free"]


def callers_20(world):
    """Twenty callers in four rooms: no packet is lost, every one hears whom it should, every buffer comes back."""
    before = _card(world)
    _twenty(world)
    left = world.server.wait_for_empty_ledger(world.patience_s)
    world.expect(not left, f"the ledger still holds {left}")
    card, patience = _card(world), time.monotonic() + world.patience_s
    while _buffers_used(card) > _buffers_used(before) + KEPT_AT_HAND and time.monotonic() < patience:
        time.sleep(0.1)
        card = _card(world)
    world.expect(_buffers_used(card) <= _buffers_used(before) + KEPT_AT_HAND,
                 f"{_buffers_used(card):.0f} buffers are in use, {_buffers_used(before):.0f} were before the calls")
    for name in ("polls_total", "burst_packets_count", "exceptions_total", "slow_path_sent_total", "neighbours"):
        world.expect(card[f"tutti_dpdk_{name}"] > 0, f"{name} is {card[f'tutti_dpdk_{name}']:.0f}")
    for name in ("exceptions_lost_total", "hand_over_full_total", "no_buffers_total", "slow_path_lost_total"):
        world.expect(card[f"tutti_dpdk_{name}"] == 0, f"{name} is {card[f'tutti_dpdk_{name}']:.0f}")
    packets = card['tutti_dpdk_device{counter="rx_good_packets"}']
    world.expect(packets >= 20 * 6 * 50, f"the device has counted {packets:.0f} packets")


def _twenty(world):
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


def xdp(world):
    """The same twenty over AF_XDP, whose libraries say nothing beside the log."""
    callers_20(world)
    _libraries_are_quiet(world)


def _libraries_are_quiet(world):
    world.expect("libxdp:" not in world.server.said(200) and "libbpf:" not in world.server.said(200),
                 "AF_XDP's libraries wrote past the log")


def cable_pulled(world):
    """The cable is pulled in the middle of a call, and put back after three seconds: the callers hear each other again."""
    calls = [world.join("room", hz, 8000) for hz in world.tones(2)]
    time.sleep(1.0)
    world.expect(not cable.set_far("down"), "the far end could not be set down")
    time.sleep(3.0)
    world.expect(not cable.set_far("up"), "the far end could not be set up")
    time.sleep(1.0)
    since = time.monotonic()
    time.sleep(2.2)
    until = time.monotonic()
    for call in calls:
        world.leave(call)
    for call, other in zip(calls, reversed(calls)):
        world.judge_mix(call, [other], since, until)
        world.judge_stream(call, since, until)


def two_cores(world):
    """A room on two cores: what comes on the other core's queue is handed over."""
    if len(os.sched_getaffinity(0)) < 2:
        print("one CPU only: no second core to sit on")
        return
    everybody(world, 8, 4.2, 3500)
    _all_by_dpdk(world)


def sipp(world):
    """Three SIPps, through the kernel at the other end: a listener hears all three tones."""
    cases_sipp.three_staggered(world)
    _all_by_dpdk(world)


def kernel_path(world):
    """SIP at media's own address, by the tap beside the port: SIPp and a caller of ours dial it, and hear each other."""
    cases_sipp.three_staggered(world)
    _larger_than_a_frame(world)
    _all_by_dpdk(world)
    card = _card(world)
    for name in ("to_kernel_total", "from_kernel_total"):
        world.expect(card[f"tutti_dpdk_{name}"] > 0, f"{name} is {card[f'tutti_dpdk_{name}']:.0f}")


def _larger_than_a_frame(world):
    """An INVITE in three pieces, over UDP: the server's kernel puts them together."""
    call = world.caller("pieces")
    response = call.dial(extra=[(f"X-Filler-{n}", 800 * "x") for n in range(4)])
    if world.expect(response.status == 200, f"an INVITE of {len(call.invite)} bytes got {response.start}"):
        world.leave(call)


def baresips(world):
    """Two baresips and a caller of ours: each hears the others and not itself."""
    cases_baresip.two_and_a_listener(world)
    _all_by_dpdk(world)


def xdp_sipp(world):
    """The same three SIPps over AF_XDP."""
    sipp(world)
    _libraries_are_quiet(world)


def xdp_baresips(world):
    """The same two baresips over AF_XDP."""
    baresips(world)
    _libraries_are_quiet(world)


def _two_small_cores():
    return f'cpus = "{",".join(map(str, sorted(os.sched_getaffinity(0))[-2:]))}"\nparticipants_per_core = 4'


XDP_CASES = [xdp, xdp_sipp, xdp_baresips]
CASES = [callers_20, callers_8, cable_pulled, two_cores, sipp, baresips, kernel_path, *XDP_CASES]
for _case in CASES:
    _case.enter = cable.enter
    _case.config = cable.configuration(AF_PACKET)
kernel_path.enter = cable.enter_both
kernel_path.config = cable.configuration(AF_PACKET, more='kernel_path = "tap"\n')
for _case in XDP_CASES:
    _case.enter, _case.config = cable.enter_for_xdp, cable.configuration(AF_XDP)
two_cores.config = cable.configuration(AF_PACKET + ",qpairs=2", _two_small_cores())
