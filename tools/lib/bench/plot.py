"""The capacity curve: participants against core load, lateness and loss, as a script for gnuplot; SVG and PNG from it."""

import subprocess

from bench.search import DISTURBED, GENERATOR, HELD

# What others held on one core of this machine class, G.711 in rooms of 8 and in one: see bench/README.md.
OTHERS = [("FreeSWITCH", 240, 240), ("Asterisk", 400, 500), ("Janus", 560, 580)]
GOAL_PARTICIPANTS = 4000
LATE_GOAL, LATE_TOP = 1.0, 5.0  # in 1,000
LOSS_GOAL, LOSS_TOP = 0.1, 0.5  # in 100
# Line colour and point of each workload; apart in grey as well, by their points.
STYLES = {"rooms_of_8": ("#1b4f8f", 7, "rooms of 8, all talk"), "one_room": ("#c4571b", 9, "one room, 4 talk"),
          "sockets_rooms_of_8": ("#8fb0dc", 5, "rooms of 8, through sockets")}
GREY = "#777777"


def series(points, workload, field, of=1.0, top=None):
    """Ascending (participants, value) of what was kept; a value above the top stands on it. What the server is not to blame for apart."""
    kept, bound = {}, {}
    for point in points:
        value = point[field]
        if point["workload"] != workload or point.get("repeated") or value is None:
            continue
        value = of * value
        into = bound if point["outcome"] in (GENERATOR, DISTURBED) else kept
        into[point["participants"]] = value if top is None else min(value, top)
    return sorted(kept.items()), sorted(bound.items())


def held_text(points, workload):
    held = [point["participants"] for point in points if point["workload"] == workload and point["outcome"] == HELD]
    return f": {max(held):,} held" if held else ""


def loss_points(points):
    """The points with "loss": what of the packets did not come."""
    return [{**point, "loss": None if point["packets_share"] is None else max(0.0, 1 - point["packets_share"])}
            for point in points]


def data_block(name, pairs):
    return f"${name} << EOD\n" + "".join(f"{x} {y:.6g}\n" for x, y in pairs) + "EOD\n"


PANELS = [  # field, name, label of the axis, factor, top, goal, tics
    ("cpu", "load", "CPU of the media core (%)", 100.0, None, None, 20),
    ("late_ticks_per_1000", "late", "late ticks (of 1,000)", 1.0, LATE_TOP, LATE_GOAL, 1),
    ("loss", "loss", "packets lost (%)", 100.0, LOSS_TOP, LOSS_GOAL, 0.1),
]


def script(points, title, terminal, output):
    """The whole input of gnuplot."""
    points = loss_points(points)
    right = max([GOAL_PARTICIPANTS * 1.1, *(1.05 * point["participants"] for point in points)])
    text, plots = "", {}
    for field, name, _, factor, top, _, _ in PANELS:
        for workload, (colour, shape, legend) in STYLES.items():
            kept, bound = series(points, workload, field, factor, top)
            if kept:
                block = f"{name}_{workload}"
                text += data_block(block, kept)
                plots.setdefault(name, []).append(f"${block} with linespoints lc rgb '{colour}' pt {shape} ps 0.9 lw 1.8 "
                                                  f"title '{legend}{held_text(points, workload)}'")
            if bound:
                block = f"{name}_{workload}_bound"
                text += data_block(block, bound)
                plots.setdefault(name, []).append(f"${block} with points lc rgb '{colour}' pt 4 ps 1.0 lw 1.2 "
                                                  f"title '{legend.split(',')[0]}: no verdict (generator or machine)'")
    text += f"""set terminal {terminal}
set output '{output}'
set multiplot title "Tutti: G.711 participants on one core\\n{{/*0.8 {quoted(title)}}}" font ',15'
set lmargin 11
set rmargin 3
set grid lc rgb '#dddddd' lw 0.8 dt 1
set border lc rgb '#333333'
set tics nomirror
set format x ''
set xrange [0:{right:.0f}]
set style line 9 lc rgb '{GREY}' lw 1.2 dt 2
"""
    last = len(PANELS) - 1
    for number, (_, name, label, _, top, goal, step) in enumerate(PANELS):
        text += panel_layout(number)
        text += f"set label 9 '{label}' at screen 0.025, graph 0.5 center rotate by 90 font ',11'\n"
        text += f"set yrange [0:{top or 110}]\nset ytics {step}\n"
        text += f"set arrow 1 from {GOAL_PARTICIPANTS}, graph 0 to {GOAL_PARTICIPANTS}, graph 1 nohead ls 9\n"
        if goal is not None:
            text += f"set arrow 2 from graph 0, first {goal} to graph 1, first {goal} nohead ls 9\n"
            text += (f"set label 2 'at most {goal:g}' at graph 0.01, first {goal} offset 0,0.6 font ',9' "
                     f"tc rgb '{GREY}'\n")
        if number == 0:
            text += (f"set label 1 'goal: {GOAL_PARTICIPANTS:,}' at {GOAL_PARTICIPANTS}, graph 0.06 right "
                     f"offset -0.5,0 font ',10' tc rgb '{GREY}'\n")
            text += others()
            text += "set key top left at graph 0.2, graph 0.97 Left reverse samplen 2 font ',10'\n"
        else:
            text += "unset label 1\nunset key\n"
            text += "".join(f"unset label {20 + i}\nunset object {20 + i}\n" for i in range(len(OTHERS)))
        if number == last:
            text += "set format x '%.0f'\nset xlabel 'participants (20 ms packets each way, over loopback)'\n"
        text += "plot " + ", \\\n  ".join(plots.get(name, ["NaN notitle"])) + "\n"
    return text + "unset multiplot\nset output\n"


def panel_layout(number):
    """Three panels over each other, the first the highest."""
    top, bottom = [(0.88, 0.50), (0.475, 0.30), (0.275, 0.095)][number]
    return f"set tmargin at screen {top}\nset bmargin at screen {bottom}\n"


def others():
    """Marks of what others hold, with their names beside them: the first two before their mark, the last behind."""
    text = ""
    for i, (name, low, high) in enumerate(OTHERS):
        left, right = (low - 6, high + 6) if high == low else (low, high)
        at = right + 35 if i == len(OTHERS) - 1 else left - 35
        text += (f"set object {20 + i} rectangle from {left}, graph 0 to {right}, graph 1 fc rgb '#bbbbbb' "
                 f"fs solid 0.6 noborder behind\n"
                 f"set label {20 + i} '{name} {low if low == high else f'{low}-{high}'}' at {at}, graph 0.97 "
                 f"right rotate by 90 font ',9' tc rgb '#444444'\n")
    return text


def quoted(text):
    """Inside gnuplot's double quotes, for enhanced text."""
    return "".join("\\\\" + c if c in "{}_^@&~" else "" if c in '"\\' else c for c in text)


TERMINALS = {"svg": "svg size 900,760 font 'DejaVu Sans,12' background rgb 'white' enhanced",
             "png": "pngcairo size 1350,1140 fontscale 1.5 linewidth 1.5 font 'DejaVu Sans,12' enhanced"}


def draw(points, title, folder):
    """capacity.svg and capacity.png in the folder, and the script that made them."""
    for kind, terminal in TERMINALS.items():
        source = folder / f"capacity.{kind}.gnuplot"
        source.write_text(script(points, title, terminal, folder / f"capacity.{kind}"))
        subprocess.run(["gnuplot", source], check=True, stdin=subprocess.DEVNULL)
    return folder / "capacity.svg"
