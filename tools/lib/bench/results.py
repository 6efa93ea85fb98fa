"""Results: the folder of a run, the baseline of this machine class, and the page that is published."""

import itertools
import json
import os
import time

from bench.rows import Rows, goal_text, number, read_rows
from steps import ROOT

BASELINES = ROOT / "bench" / "baselines"
DOCS = ROOT / "docs"
CURVES = ("capacity.svg", "dpdk.svg")


def new_folder(parent=ROOT / "build" / "bench"):
    """build/bench/<date>/, of this run alone, and build/bench/latest leading to it."""
    date = time.strftime("%Y-%m-%d_%H%M%S")
    for number in itertools.count(1):
        folder = parent / (date if number == 1 else f"{date}-{number}")
        try:
            folder.mkdir(parents=True)
            break
        except FileExistsError:  # another run's, of the same second
            continue
    made = parent / f".latest-{os.getpid()}"
    made.unlink(missing_ok=True)
    os.symlink(folder.name, made)
    made.replace(parent / "latest")  # at once: there may be another run that does the same
    return folder


def baseline_file(machine):
    return BASELINES / f"{machine.class_name}.json"


def read_baseline(machine):
    return read_rows(baseline_file(machine))


def read_points(folder):
    file = folder / "curve.json"
    return json.loads(file.read_text())["points"] if file.exists() else []


def page(rows, machine, dpdk=False):
    """docs/CAPACITY.md; `dpdk`: its curve is published, too."""
    over_dpdk = ["Past the kernel, over DPDK (`./tools/bench dpdk`, rows `dpdk.*`):", "",
                 "![participants against what each costs, over DPDK](dpdk.svg)", ""] if dpdk else []
    lines = ["# Capacity", "",
             "Measured by `./tools/bench --publish`; [bench/README.md](../bench/README.md) says what each row is.", "",
             "![participants against core load, lateness and loss](capacity.svg)", "", *over_dpdk,
             "| row | value | unit | goal | commit |", "|---|---|---|---|---|"]
    lines += [f"| `{row['name']}` | {number(row['value'])} | {row['unit']} | "
              f"{goal_text(row['name'], row['value']).removeprefix('goal ')} | {row['commit']} |" for row in rows.rows]
    return "\n".join([*lines, "", "```", machine.facts().rstrip(), "```", ""])


def merged(baseline, rows, commit):
    """The baseline with what this run has measured in place of what it had; each row tells of which commit it is."""
    new = {row["name"]: {**row, "commit": commit} for row in rows.rows}
    kept = [new.pop(row["name"], row) for row in baseline.rows]
    return Rows([*kept, *new.values()])


def why_not_published(machine, whole):
    """None, or one sentence: each row names its commit, which must be what was measured; and a page with some parts' rows alone
    would lose what is known of the others."""
    if not machine.commit:
        return "--publish: each row names its commit, and git knows of none here"
    if machine.commit.endswith("+"):
        return f"--publish: each row names its commit, and this is {machine.commit[:-1]} with changes: commit them, or put them away (git status)"
    if whole or baseline_file(machine).exists():
        return None
    return (f"--publish: nothing is published of this class of machine ({machine.class_name}) yet, and some parts alone would be all of "
            "docs/CAPACITY.md; begin with tools/bench --publish")


def publish(folder, rows, machine):
    """What this run found goes into the baseline of its machine class, and with its curves into docs/."""
    BASELINES.mkdir(exist_ok=True)
    rows = merged(read_baseline(machine), rows, machine.commit)
    baseline_file(machine).write_text(rows.to_json())
    baseline_file(machine).with_suffix(".txt").write_text(machine.facts())
    written = [baseline_file(machine)]
    for name in CURVES:
        curve = folder / name
        if curve.exists():
            (DOCS / name).write_bytes(curve.read_bytes())
            written.append(DOCS / name)
    if (DOCS / CURVES[0]).exists():
        (DOCS / "CAPACITY.md").write_text(page(rows, machine, (DOCS / CURVES[1]).exists()))
        written.append(DOCS / "CAPACITY.md")
    return written
