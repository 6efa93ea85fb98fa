"""The curve of a core over DPDK: what a participant-frame costs against how many there are, and what was held by the clock."""

import subprocess

from bench.dpdk import ECHO, KINDS
from bench.plot import TERMINALS, data_block, quoted
from bench.search import HELD

COLOURS = {"rooms_of_8": "#1b4f8f", "one_room": "#c4571b", ECHO: "#777777"}
LEGENDS = {"rooms_of_8": "rooms of 8, all talk", "one_room": "one room, 4 talk", ECHO: "bare echo"}
CABLES = {"rings": (7, 1, ""), "memif": (4, 2, ", memif")}  # point, dash, legend
TOP_LEAST = 300


def points_of(bench):
    """What a curve is made of, and all that dpdk.json keeps: the least of each cost, and each try by the clock."""
    costs = [{"cable": kind.cable, "workload": kind.workload, **report} for kind in KINDS
             for count in sorted({report["participants"] for _, _, report in bench.tries})
             if (report := bench.least(kind, count))]
    held = [{"cable": kind.cable, "workload": kind.workload, "outcome": outcome, **report}
            for kind, outcome, report in bench.points]
    return {"costs": costs, "by_the_clock": held}


def held_point(tries, kind):
    """(participants, ns a frame of the core's load) of the most that were held, or None."""
    held = [one for one in tries if (one["cable"], one["workload"], one["outcome"]) == (kind.cable, kind.workload, HELD)]
    most = max(held, key=lambda one: one["participants"], default=None)
    return most and (most["participants"], 20e6 * most["load"] / most["participants"])


def script(points, title, terminal, output):
    """The whole input of gnuplot."""
    text, plots, top = "", [], TOP_LEAST
    for kind in KINDS:
        shape, dash, suffix = CABLES[kind.cable]
        look = f"lc rgb '{COLOURS[kind.workload]}' pt {shape}"
        pairs = sorted((one["participants"], one["ns_per_frame"]) for one in points["costs"]
                       if (one["cable"], one["workload"]) == (kind.cable, kind.workload))
        name = f"{kind.cable}_{kind.workload}"
        if pairs:
            top = max(top, *(ns for _, ns in pairs))
            text += data_block(name, pairs)
            plots.append(f"${name} with linespoints {look} dt {dash} lw 1.8 title '{LEGENDS[kind.workload]}{suffix}'")
        if held := held_point(points["by_the_clock"], kind):
            text += data_block(f"{name}_held", [held])
            plots.append(f"${name}_held with points lc rgb '{COLOURS[kind.workload]}' pt {3 if suffix else 2} ps 2 lw 2 "
                         f"title 'held by the clock{suffix}: {held[0]:,}'")
    # 20 ms over all participants: above it a core cannot keep up.
    plots.append("[1000:150000] 20e6 / x with lines lc rgb '#777777' dt 3 title 'all of a core'")
    return text + f"""set terminal {terminal}
set output '{output}'
set title "Tutti over DPDK: G.711 on one core\\n{{/*0.8 {quoted(title)}}}"
set logscale x
set xrange [800:160000]
set yrange [0:{1.4 * top:.0f}]
set grid lc rgb '#dddddd' lw 0.8
set tics nomirror
set format x "%.0f"
set xtics (1000, 2000, 4000, 8000, 16000, 32000, 64000, 100000, 131072) rotate by -30
set xlabel 'participants (20 ms packets each way)'
set ylabel 'ns of the core a participant-frame (a packet in, a packet out)'
set key top left Left reverse samplen 3 maxrows 6
plot """ + ", \\\n  ".join(plots) + "\nset output\n"


def draw(points, title, folder):
    """dpdk.svg and dpdk.png in the folder, and the script that made them."""
    for kind, terminal in TERMINALS.items():
        source = folder / f"dpdk.{kind}.gnuplot"
        source.write_text(script(points, title, terminal, folder / f"dpdk.{kind}"))
        subprocess.run(["gnuplot", source], check=True, stdin=subprocess.DEVNULL)
