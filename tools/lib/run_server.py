"""tools/run after its packages are there: builds release, then becomes the server, or runs the demo against one."""

import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import process  # noqa: E402
from server import Server, ServerError  # noqa: E402
from steps import JOBS, LOGS, ROOT, Progress, run, tail_of_log  # noqa: E402

BIN = ROOT / "build" / "release" / "bin"
OWN_FLAGS = ("--sip", "--media", "--rtp-ports", "--http")  # of the demo's server, which is on free ports
DEMO_FLAGS = ("--callers", "--seconds", "--room", "--out")  # with a value; tutti-demo's, the others are tuttid's


def build(targets):
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / "run.log"
    log.write_text("")
    progress = Progress(2)
    for title, command, pattern in (
            ("configure", ["cmake", "--preset", "release"], r"^-- ()"),
            ("build " + " ".join(targets), ["cmake", "--build", "build/release", "-j", str(JOBS), "--target", *targets],
             r"^(\[\d+/\d+\])")):
        progress.begin(title)
        ok = run(command, log, progress, re.compile(pattern))
        progress.end("" if ok else "  FAILED")
        if not ok:
            tail_of_log(log)
            return False
    return True


def split_flags(arguments):
    """(the demo's flags, the server's flags)"""
    demo, server = [], []
    rest = list(arguments)
    while rest:
        flag = rest.pop(0)
        if flag.split("=")[0] in DEMO_FLAGS:
            demo.append(flag)
            if "=" not in flag and rest:
                demo.append(rest.pop(0))
        elif flag != "--":
            server.append(flag)
    return demo, server


def why_not(server_flags):
    """None, or why the demo cannot have a server of these flags."""
    own = [flag for flag in server_flags if flag.split("=")[0] in OWN_FLAGS]
    return f"--demo has a server of its own on free ports of the loopback, without {own[0]}" if own else None


def demo(arguments):
    demo_flags, server_flags = split_flags(arguments)
    if why := why_not(server_flags):
        print(f"tools/run: {why}", file=sys.stderr)
        return 2
    out = ROOT / "build" / "demo"
    out.mkdir(parents=True, exist_ok=True)
    if not any(flag.split("=")[0] == "--out" for flag in demo_flags):
        demo_flags += ["--out", str(out)]
    try:
        server = Server(BIN / "tuttid", out / "tuttid.log", flags=server_flags)
        server.token = os.environ.get("TUTTI_TOKEN", "")
        server.ledger()  # before three callers talk for nothing
        print(server.ready_line, flush=True)
        caller = process.start([BIN / "tutti-demo", "--server", server.sip, *demo_flags], stdin=subprocess.DEVNULL)
        status = caller.wait()
        process.forget(caller)
        left = server.wait_for_empty_ledger()
        if left:
            print(f"the server still holds what the calls had: {left}", file=sys.stderr)
            status = status or 1
        server.stop()
        return status
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1


def main():
    arguments = sys.argv[1:]
    wants_demo = "--demo" in arguments
    if not build(["tuttid", "tutti-demo"] if wants_demo else ["tuttid", "tuttictl"]):
        return 1
    if wants_demo:
        process.install_traps()
        arguments.remove("--demo")
        return demo(arguments)
    if "--" in arguments:
        arguments.remove("--")
    sys.stdout.flush()
    os.execv(BIN / "tuttid", ["tuttid", *arguments])


if __name__ == "__main__":
    sys.exit(main())
