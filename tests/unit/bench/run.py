"""The bench's own tests: run.py passes every *_test.py beside it; run.py --smoke BIN OUT runs the whole of it, small."""

import json
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
LIB = HERE.parents[2] / "tools" / "lib"


def smoke(programs, out):
    """A search of two tries for each workload, its rows, its curve drawn."""
    out.mkdir(parents=True, exist_ok=True)
    for file in out.iterdir():
        file.unlink()
    rows_file = out / "given.json"
    ended = subprocess.run([sys.executable, LIB / "run_bench.py", "capacity", "--quick", "--bin", programs, "--out", out,
                            "--start", "16", "--most", "24", "--secs", "2", "--json", rows_file])
    assert ended.returncode == 0, f"it ended with {ended.returncode}"
    rows = {row["name"]: (row["value"], row["unit"]) for row in json.loads(rows_file.read_text())}
    curve = json.loads((out / "curve.json").read_text())
    for workload in ("rooms_of_8", "one_room"):
        value, unit = rows[f"server.participants_per_core_{workload}"]
        points = [point for point in curve["points"] if point["workload"] == workload]
        # How many a busy machine holds is no matter here; that every try was called, watched and judged is.
        assert unit == "participants" and 0 <= value <= 24 and points, (workload, value, points)
        assert any(point["cpu"] and point["load"] is not None and point["packets_share"] > 0.5 and point["cells_judged"]
                   for point in points), points
    svg = (out / "capacity.svg").read_text()
    assert "rooms of 8, all talk" in svg and "participants" in svg
    assert (out / "capacity.png").read_bytes().startswith(b"\x89PNG")
    assert "class" in (out / "machine.txt").read_text()
    over_dpdk(programs)
    return 0


def over_dpdk(programs):
    """In virtual time: however slow the machine, what is listened to is the exact sum."""
    for shape in ([], ["--one-room"]):
        told = subprocess.run([programs / "dpdk_rooms", "--participants", "512", "--lock-step", "1", *shape],
                              capture_output=True, text=True, check=True).stdout
        report = json.loads(told)
        # Of 25,600; a room whose tick moves has one less.
        assert report["packets_out"] >= 25_000 and report["ns_per_frame"] > 0, report
        assert report["audio_packets"] >= 1_500 and report["audio_wrong"] <= 0.01 * report["audio_packets"], report


def main():
    if sys.argv[1:2] == ["--smoke"]:
        return smoke(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
    sys.path.insert(0, str(LIB))
    found = unittest.defaultTestLoader.discover(HERE, "*_test.py")
    return 0 if unittest.TextTestRunner().run(found).wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
