"""Google Benchmark programs: run for their JSON, and the rows that are taken from it."""

import json
import re
import subprocess

import process

REPETITIONS = 9
LIMIT_S = 300.0  # of one program: many times what it takes where others want the CPU, too


class MicrobenchError(Exception):
    """A bench did not give what is looked for in it."""


def command(program, names, min_time_s=0.1, repetitions=REPETITIONS):
    """Repetitions of all in turn, so that a busy second hits none of them alone."""
    return [str(program), f"--benchmark_filter={names}", f"--benchmark_repetitions={repetitions}",
            f"--benchmark_min_time={min_time_s}", "--benchmark_enable_random_interleaving=true",
            "--benchmark_format=json"]


def run(command_line, log, limit_s=LIMIT_S):
    """The JSON that it printed. It has ended when this returns."""
    with log.open("w") as said:
        child = process.start(command_line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, text=True)
        try:
            out, _ = child.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            process.end(child)
            child.stdout.close()
            raise MicrobenchError(f"{command_line} did not end within {limit_s:.0f} s: see {log}") from None
    process.forget(child)
    if child.returncode != 0:
        raise MicrobenchError(f"{command_line} ended with {child.returncode}: see {log}")
    return json.loads(out)


def least(report, name, key="real_time"):
    """The least of a bench's repetitions: what it costs undisturbed. `name` is an expression for its whole name."""
    values = [to_ns(bench[key], bench) if key == "real_time" else bench[key] for bench in report["benchmarks"]
              if bench.get("run_type") == "iteration" and re.fullmatch(name, bench["run_name"]) and key in bench]
    if not values:
        raise MicrobenchError(f"no bench {name} with {key}")
    return min(values)


def to_ns(value, bench):
    return value * {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}[bench["time_unit"]]


KERNELS = r"^[^/]+/(expand_add|mix_minus_compress)_(8_)?ulaw$"
TALKERS = 8  # of the SIMD kernels with that number, which a conference of 8 is mixed with: one pass for all of them


def add_kernel_rows(report, rows):
    target = re.escape(report["context"]["target"])
    kernels = "expand_add", "mix_minus_compress"
    simd = [least(report, f"{target}/{name}_{TALKERS}_ulaw") / TALKERS for name in kernels]
    table = [least(report, f"table/{name}_ulaw") for name in kernels]
    rows.add("kernel.g711_decode_add_ns", simd[0], "ns")
    rows.add("kernel.g711_nminus1_encode_ns", simd[1], "ns")
    rows.add("kernel.simd_over_table_ratio", sum(table) / sum(simd), "times")


CORE = r"^turn/.*participants:4000/size:(8/talkers:8|4000/talkers:4)$"
CORE_LOADS = (("conf8", "participants:4000/size:8/talkers:8"), ("listener", "participants:4000/size:4000/talkers:4"))
# A row's ending and the counter that it takes: the tick's work, what receiving adds, and both.
CORE_COUNTERS = (("", "tick_ns_per_frame"), ("_reception", "reception_ns_per_frame"), ("_turn", "ns_per_frame"))
# As mixer/kernel/kernel_table.h names them, the best first.
TARGETS = ("AVX3_DL", "AVX3", "AVX2", "SSE4", "SSSE3", "NEON", "SCALAR")


def add_core_rows(report, rows):
    """Of the best target that is benched; of AVX2 as well, where that is another. A report's order tells nothing: its
    repetitions are interleaved at random."""
    benched = {bench["run_name"].split("participants:")[0] for bench in report["benchmarks"]}
    known = [f"turn/{target}/" for target in TARGETS if f"turn/{target}/" in benched]
    targets = known + sorted(benched - set(known))
    counters = CORE_COUNTERS
    if not any("tick_ns_per_frame" in bench for bench in report["benchmarks"]):
        counters = (("", "ns_per_frame"),)  # a core_bench that knows nothing finer
    for target in targets[:1] + [other for other in targets[1:] if other == "turn/AVX2/"]:
        of_target = "" if target == targets[0] else "_avx2"
        for load, name in CORE_LOADS:
            for ending, counter in counters:
                if any(bench["run_name"] == target + name for bench in report["benchmarks"]):
                    value = least(report, re.escape(target + name), counter)
                    rows.add(f"core.{load}{of_target}{ending}_ns_per_frame", value, "ns")
    if rows.value("core.conf8_ns_per_frame") is None:
        raise MicrobenchError("core_bench has none of the loads that are looked for")


PORT = r"^echo/endpoints:32000/connected:1$"


def add_port_row(report, rows):
    """dpdk_bench: a packet that DpdkPort receives and sends back."""
    rows.add("dpdk.port_ns_per_packet", least(report, PORT.strip("^$") + r".*", "ns_per_packet"), "ns")
