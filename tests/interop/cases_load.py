"""tutti-load against the server: what it finds, what its JSON holds, what its exit code says."""

import json
import statistics
import subprocess
import time

import process
from server import free_udp_range
from world import JOIN_S


def load(world, *arguments, uri=None, seconds=60.0):
    """(exit code, JSON, what it said) of a run."""
    program = world.program.parent / "tutti-load"
    file, said = world.out / "load.json", world.out / "load.out"
    file.unlink(missing_ok=True)
    with said.open("w") as sink:
        child = process.start([str(program), "--uri", uri or f"sip:load{{room}}@{world.server.sip}", "--json", str(file),
                               *arguments], stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT)
        try:
            status = child.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        process.end(child)
    text = said.read_text(errors="replace")
    print(text)
    if not world.expect(status is not None, f"tutti-load still ran after {seconds:.0f} s"):
        return status, {}, text
    found = json.loads(file.read_text()) if file.exists() and file.stat().st_size else {}
    return status, found, text


def forty_callers(world):
    """Five rooms of eight, three of them talking: every call answered, every packet there, every cell right."""
    status, found, _ = load(world, "--rooms", "5", "--per-room", "8", "--talkers", "3", "--secs", "6",
                          "--codec", "both")
    world.expect(status == 0, f"tutti-load ended with {status}")
    if not world.expect(found, "it wrote no JSON"):
        return
    # Callers that fell silent themselves judge nobody: see run.py.
    world.pump.late_ms_max = max(world.pump.late_ms_max, found["generator"]["sent_late_ms_max"])
    world.expect(found["callers"] == found["answered"] == 40, f"{found['answered']} calls were answered")
    world.expect(found["ended_early"] == found["byes_unanswered"] == 0, "calls did not end as they should")
    world.expect(found["packets_expected"] == 40 * 6 * 50, f"{found['packets_expected']} packets were expected")
    world.expect(found["packets_received"] >= 0.999 * found["packets_expected"],
                 f"{found['packets_received']} packets came")
    world.expect(found["strangers"] == found["malformed"] == found["restarts"] == found["duplicates"] == 0,
                 "packets came that should not")
    world.expect(found["jitter_ms"]["count"] == 40, f"the jitter of {found['jitter_ms']['count']} streams is known")
    matrix = found["matrix"]
    # Of every listener: 15 tones, three of each of the five rooms.
    world.expect(matrix["judged"] == len(matrix["cells"]) == 40 * 15 and matrix["wrong"] == 0,
                 f"{matrix['judged']} cells, {matrix['wrong']} wrong: {matrix['wrong_cells']}")
    heard = [cell for cell in matrix["cells"] if cell["hearing"] == "heard"]
    world.expect(len(heard) == 5 * (3 * 2 + 5 * 3), f"{len(heard)} cells are heard")
    delay = found["delay_ms"]
    # Three sweeps, in each room seven listeners to one who marks; a stalled machine may break one.
    world.expect(90 <= delay["count"] <= 105, f"{delay['count']} sweeps were found")
    world.expect(0 < delay["p50"] <= delay["p99"] <= delay["max"] < 700, f"delays of {delay}")
    world.expect(found["right"] and not found["reasons"], f"it says {found['reasons']}")


def somebody_elses_server(world):
    """SIPp as the server, whose SIP and SDP are none of ours, and which gives each caller its own RTP back: every call answered
    and ended, every packet there. Who hears whom is not the point: they hear themselves."""
    child, port = world.sipp_called("echo", "-rtp_echo", "-mp", str(free_udp_range(4)), calls=6)
    status, found, _ = load(world, "--rooms", "2", "--per-room", "3", "--talkers", "2", "--secs", "4",
                               uri=f"sip:any{{room}}@127.0.0.1:{port}")
    world.sipp_end(child)  # with 0 only after the BYE of each
    if not world.expect(found, f"it wrote no JSON and ended with {status}"):
        return
    world.pump.late_ms_max = max(world.pump.late_ms_max, found["generator"]["sent_late_ms_max"])
    world.expect(found["callers"] == found["answered"] == 6, f"{found['answered']} calls were answered: {found['failures']}")
    world.expect(found["ended_early"] == found["byes_unanswered"] == 0, "calls did not end as they should")
    world.expect(found["packets_expected"] == 6 * 4 * 50, f"{found['packets_expected']} packets were expected")
    world.expect(found["packets_received"] >= 0.99 * found["packets_expected"], f"{found['packets_received']} packets came")
    world.expect(found["strangers"] == found["malformed"] == found["restarts"] == found["duplicates"] == 0,
                 "packets came that should not")
    # The proof that it is the echo which came back.
    own = [cell for cell in found["matrix"]["wrong_cells"] if "hears their own voice" in cell]
    world.expect(len(own) == 4, f"of the four who talk these hear themselves: {own}")


def refused(world):
    """A target that nobody may call, a flag that is none, a port where nobody is: codes 2, 2 and 1."""
    status, _, text = load(world, uri="sip:room{room}@192.0.2.1")
    world.expect(status == 2 and "--allow-remote" in text, f"a remote target: {status}")
    status, _, text = load(world, "--bogus")
    world.expect(status == 2 and "--bogus" in text, f"an unknown flag: {status}")
    status, found, text = load(world, uri="sip:room{room}@127.0.0.1:9")
    world.expect(status == 1 and found.get("answered") == 0 and "is a server running" in text,
                 f"nobody there: {status}, {found.get('answered')}")


def no_headroom(world):
    """A core that must keep 99 % of its time free: one caller comes in, and hardly any of the 100 after it; each gets
    503 with Retry-After at once, the first one's stream goes on as if nobody had called, and leaves make room."""
    first = world.join("room", 500)
    time.sleep(JOIN_S)
    since = time.monotonic()
    surplus, refusals = [], []
    for number in range(100):
        call = world.caller(f"other{number}")
        began = time.monotonic()
        response = call.dial()
        if response.status == 503:
            refusals.append((int(response.header("retry-after") or 0), time.monotonic() - began))
        elif world.expect(response.status == 200, f"{call.name} dialled and got {response.start}"):
            surplus.append(call)
    print(f"{len(surplus)} of 100 came in")
    world.expect(len(surplus) < 30, f"{len(surplus)} of 100 came in")
    world.expect(all(5 <= wait <= 10 for wait, _ in refusals), f"Retry-After of {sorted({w for w, _ in refusals})}")
    world.expect(statistics.median(took for _, took in refusals) < 0.1, "refusals took long")
    time.sleep(1.0)
    world.judge_stream(first, since, time.monotonic())
    world.judge_mix(first, [], since, time.monotonic())
    world.expect("calls refused for want of headroom" in world.server.said(), "the log says nothing")

    for call in [*surplus, first]:
        world.leave(call)
    world.expect(not world.server.wait_for_empty_ledger(), "not all left")
    world.leave(world.join("again", 500))


def memory(world):
    """A server with room for 8,192 callers holds little before they come, and more only for those who do."""
    def resident_kb():
        with open(f"/proc/{world.server.child.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
    empty = resident_kb()
    # Both bounds are half as much again as what is usual: libraries, and huge pages that are begun (BUDGETS.md).
    world.expect(empty < 32_000, f"an empty server holds {empty} kB")
    status, found, _ = load(world, "--rooms", "23", "--per-room", "8", "--talkers", "1", "--secs", "4", "--sample", "1",
                             "--rate", "100")
    world.expect(found.get("answered") == 184, f"{found.get('answered')} calls were answered, and {status}")
    full = resident_kb()
    print(f"{empty} kB empty, {full} kB after 184 callers")
    world.expect(full - empty < 20_000, f"184 callers took {full - empty} kB")


memory.config = "[cores]\nparticipants_per_core = 8192\nconferences_per_core = 4096\n[admission]\nmode = \"off\"\n"
no_headroom.config = "[admission]\nheadroom_percent = 99\n"

CASES = [forty_callers, somebody_elses_server, refused, no_headroom, memory]
