"""Rows: what a run of the bench has found, by name; their JSON, their goals, and their ratio to an earlier run's."""

import json

# What issues B and C ask for; a goal that is missed is said, and fails nothing.
GOALS = {
    "core.conf8_ns_per_frame": ("<=", 30),
    "core.conf8_avx2_ns_per_frame": ("<=", 60),
    "core.listener_ns_per_frame": ("<=", 12),
    "dpdk.participants_by_cost_rooms_of_8": (">=", 100_000),
    "dpdk.participants_by_cost_one_room": (">=", 120_000),
    "dpdk.participants_per_core": (">=", 100_000),
    "dpdk.participants_per_core_rooms_of_8": (">=", 100_000),
    "dpdk.participants_per_core_one_room": (">=", 120_000),
    "dpdk.rooms_of_8_100k_over_1k": ("<=", 1.5),
    "dpdk.one_room_100k_over_1k": ("<=", 1.5),
    "server.participants_per_core": (">=", 4000),
    "server.participants_per_core_rooms_of_8": (">=", 4000),
    "server.participants_per_core_one_room": (">=", 4000),
    "server.ratio_to_bare_udp": (">=", 0.85),
    "server.bytes_per_participant": ("<=", 16_000),
    "server.delay_ms_p50": ("<=", 10),
    "server.delay_ms_p99": ("<=", 22),
    "api.requests_per_s_late_permille": ("<=", 1),
    "api.reloads_late_permille": ("<=", 1),
    "soak.late_ticks_per_1000": ("<=", 1),
    "soak.still_held": ("<=", 0),
    "soak.come_and_go_growth_percent": ("<=", 3),
}


def goal_text(name, value):
    """"goal >= 4,000: met", or nothing where there is none."""
    if name not in GOALS:
        return ""
    sign, bound = GOALS[name]
    met = value >= bound if sign == ">=" else value <= bound
    return f"goal {sign} {bound:,}: {'met' if met else 'MISSED'}"


class Rows:
    def __init__(self, rows=()):
        self.rows = [dict(row) for row in rows]

    def add(self, name, value, unit):
        """The last of a name stands."""
        self.rows = [row for row in self.rows if row["name"] != name]
        self.rows.append({"name": name, "value": value, "unit": unit})

    def value(self, name):
        """None where there is no such row."""
        return next((row["value"] for row in self.rows if row["name"] == name), None)

    def to_json(self):
        lines = [json.dumps({**row, "value": rounded(row["value"])}) for row in self.rows]
        return "[\n  " + ",\n  ".join(lines) + "\n]\n" if lines else "[]\n"

    def table(self, baseline=None):
        """For people: a row a line, with its goal and its ratio to the baseline's."""
        text = f"  {'':<44}{'':>12} {'':<14}{'baseline':>12}{'ratio':>8}\n" if baseline else ""
        for row in self.rows:
            name, value = row["name"], row["value"]
            line = f"  {name:<44}{number(value):>12} {row['unit']:<14}"
            if baseline:
                then = baseline.value(name)
                line += f"{number(then):>12}{value / then:>8.2f}" if then else f"{'':>20}"
            goal = goal_text(name, value)
            text += (line + ("  " + goal if goal else "")).rstrip() + "\n"
        return text


def read_rows(path):
    """The rows of a file; none where there is no file."""
    return Rows(json.loads(path.read_text())) if path.exists() else Rows()


def rounded(value):
    """Five digits are more than any of these figures is worth."""
    return value if isinstance(value, int) else float(f"{value:.5g}")


def number(value):
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.4g}"
