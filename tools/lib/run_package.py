"""tools/package after its packages are there: builds release, and makes Debian packages of what is installed."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from run_server import build  # noqa: E402
from steps import LOGS, ROOT, Progress, run, tail_of_log  # noqa: E402

TARGETS = ("tuttid", "tutti-dpdk", "tuttictl", "tutti-load")
OUT = ROOT / "build" / "deb"


def main(arguments):
    if arguments:
        print("tools/package takes no arguments", file=sys.stderr)
        return 2
    if not build(TARGETS):
        return 1
    log = LOGS / "package.log"
    log.write_text("")
    progress = Progress(1)
    progress.begin("package")
    made = run(["cpack", "--config", "build/release/CPackConfig.cmake", "-B", str(OUT)], log, progress,
               re.compile(r"^CPack: - package: ()"))
    progress.end("" if made else "  FAILED")
    if not made:
        tail_of_log(log)
        return 1
    for package in re.findall(r"package: (\S+\.deb) generated", log.read_text()):
        print(pathlib.Path(package).relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
